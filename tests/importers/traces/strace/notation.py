"""Values and calls, random, and how strace writes them: the other direction of the reader, for its laws."""

from hypothesis import strategies as st

from nslsm.kernel.call import (
    AT_FDCWD,
    Array,
    Call,
    Changed,
    Fd,
    Noted,
    Pointer,
    Struct,
    Symbols,
    Text,
    Value,
)


def escaped(octets: bytes, also: bytes = b'"\\') -> str:
    """Bytes in strace's escapes: named ones, else octal, as short as what follows lets it be."""
    named = {10: "\\n", 9: "\\t", 13: "\\r", 11: "\\v", 12: "\\f", 34: '\\"', 92: "\\\\"}
    text = ""
    for place, octet in enumerate(octets):
        if octet in named:
            text += named[octet]
        elif octet in also or not 32 <= octet < 127:
            digit_follows = octets[place + 1 : place + 2].isdigit()
            text += f"\\{octet:03o}" if digit_follows else f"\\{octet:o}"
        else:
            text += chr(octet)
    return text


def hexadecimal(octets: bytes) -> str:
    """Bytes as ``-xx`` writes them."""
    return "".join(f"\\x{octet:02x}" for octet in octets)


def written(value: Value) -> str:
    """The value as strace writes it."""
    match value:
        case None:
            return "NULL"
        case Pointer():
            return f"{int(value):#x}"
        case int():
            return str(value)
        case Text(text, cut):
            octets = text.encode("utf-8", "surrogateescape")
            mark = "@" if octets.startswith(b"\0") else ""
            return f'{mark}"{escaped(octets[len(mark) :])}"{"..." if cut else ""}'
        case Fd(number, path, deleted, device):
            name = "AT_FDCWD" if number == AT_FDCWD else str(number)
            if path is None:
                return name
            shown = escaped(path.encode("utf-8", "surrogateescape"), b'"\\<>')
            return f"{name}<{shown}{f'<{device}>' if device else ''}>{'(deleted)' if deleted else ''}"
        case Symbols(names, rest):
            return "|".join([*sorted(names), *([f"{rest:#x}"] if rest else [])])
        case Struct(fields, cut):
            members = [f"{name}={written(each)}" if name else written(each) for name, each in fields]
            return "{" + ", ".join([*members, *(["..."] if cut else [])]) + "}"
        case Array(items, cut, complement):
            return ("~[" if complement else "[") + ", ".join([*map(written, items), *(["..."] if cut else [])]) + "]"
        case Call(name, arguments):
            return f"{name}({', '.join(map(written, arguments))})"
        case Noted(inner, note):
            return f"{written(inner)} /* {note} */"
        case Changed(before, after):
            return f"{written(before)} => {written(after)}"
        case _:
            raise AssertionError(value)


octet_strings = st.binary(max_size=12)
texts = st.builds(
    lambda octets, cut: Text(octets.decode("utf-8", "surrogateescape"), cut), octet_strings, st.booleans()
)
paths = octet_strings.map(lambda octets: "/" + octets.replace(b"\0", b"").decode("utf-8", "surrogateescape"))
devices = st.sampled_from(["", "", "char 1:3", "block fe:0"])
descriptors = st.builds(
    Fd,
    st.integers(0, 99) | st.just(AT_FDCWD),
    paths.filter(lambda path: not path.endswith(" (deleted)")),
    st.booleans(),
    devices,
)
words = st.sampled_from(["O_RDWR", "O_CREAT", "S_IFREG", "AF_INET", "SIGCHLD", "CLONE_VM", "IPV4_DEVCONF_TAG-1"])
symbols = st.builds(Symbols, st.frozensets(words, min_size=1, max_size=3), st.sampled_from([0, 0, 0x40, 0x1B6]))
numbers = st.integers(-5, 10**6) | st.integers(0, 2**64 - 1).map(Pointer)
atoms = st.none() | numbers | texts | descriptors | symbols
names = st.sampled_from(["st_mode", "sa_family", "sin_port", "c_cc[VMIN]", "u32"])


def _larger(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    fields = st.lists(st.tuples(names, inner), max_size=3).map(tuple)
    items = st.lists(inner, max_size=3).map(tuple)
    return (
        st.builds(Struct, fields, st.booleans())
        | st.builds(Array, items, st.booleans(), st.booleans())
        | st.builds(Call, st.sampled_from(["htons", "makedev", "_IOC"]), items)
    )


values = st.recursive(atoms, _larger, max_leaves=12)
remarks = st.sampled_from(["5 vars", "O_RDWR|O_CLOEXEC", "1002 in strace's PID NS"])
arguments = (
    values | st.builds(Noted, numbers, remarks) | st.builds(Changed, st.builds(Array, st.tuples(numbers)), values)
)
