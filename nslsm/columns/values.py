"""Values of requests as JSON, and back: what the dictionaries of a recording in columns hold.

An identity that is not a file's own path is a *slot*, a security namespace a *place*: their numbers stand here, what they
are stands with the event, so that a thousand sockets that are asked about alike are one entry.
"""

from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from json import dumps
from typing import Any, Final, NamedTuple, TypeAlias, cast

from rpds import HashTrieMap

from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN, NoAddress, Unknown
from nslsm.kernel.paths import Hidden, Spot, parent_of
from nslsm.protocol.things import Credentials, File, Identity, NamespaceFacts, Object, Socket, Task, Thing, Value

Form: TypeAlias = Any
"""What :mod:`json` writes and reads."""

NOWHERE: Final = Spot(0, "")
ROOT: Final = File("/", Identity("file", 0), type="directory")
"""The root directory, as recordings know it from the start."""
CREDENTIAL_FIELDS: Final = tuple(name for name in Credentials.__slots__ if name not in ("__weakref__", "namespace"))


class Unencodable(ValueError):
    """Nothing that a recording of Linux holds."""


class Handle(str):
    """The path of a directory, with the directory itself."""

    __slots__ = ("file",)

    file: File

    @classmethod
    def of(cls, file: File) -> "Handle":
        """The handle of a directory whose path is known."""
        handle = cls(file.path)
        handle.file = file
        return handle


class Located(Hidden):
    """A file's path, with the directory that held it."""

    __slots__ = ("holder",)

    holder: Callable[[], File]

    @classmethod
    def held_by(cls, text: str, holder: Callable[[], File]) -> "Located":
        """The path ``text`` in a directory that is made when it is asked for."""
        located = cls.at(text, NOWHERE, "")
        assert isinstance(located, Located)
        located.holder = holder
        return located

    def parent(self) -> Hidden:
        """The handle of the directory, by which it is found again."""
        return cast("Hidden", Handle.of(self.holder()))


def plain(path: str) -> File:
    """A directory of which a recording has told nothing, with all above it as plain.

    >>> plain("/usr/lib").identity
    Identity(kind='file', name='/usr/lib', generation=0)
    """
    located = Located.held_by(path, partial(plain, parent_of(path)))
    if path == "/":
        return ROOT._replace(path=located)
    return File(located, Identity("file", path), type="directory")


class Writer(NamedTuple):
    """How what depends on the event is written: the number of an identity's slot, of a namespace's place; holders."""

    slot: Callable[[Identity, str | None], Form]
    place: Callable[[int], int]
    holder: Callable[[File], "File | Unknown"]


class Reader(NamedTuple):
    """How it is read again."""

    identity: Callable[[int], Identity]
    place: Callable[[int], int]


# Writing


def encoded(value: Value | Unknown | None, writer: Writer) -> Form:
    """The JSON of a value; :class:`Unencodable` for what no recording of Linux holds."""
    match value:
        case Unknown():
            return None
        case None:
            return ["-"]
        case Capability():
            return ["c", int(value)]
        case Signal():
            return ["g", int(value)]
        case Errno():
            return ["e", int(value)]
        case bool() | int():
            return value
        case str():
            return str(value)
        case IPv4Address() | IPv6Address():
            return ["a", str(value)]
        case NoAddress():
            return ["a"]
        case IPv4Network() | IPv6Network():
            return ["n", str(value)]
        case frozenset():
            return _set(value, writer)
    return _thing(value, writer)


def _set(values: frozenset[Value], writer: Writer) -> Form:
    if values and all(isinstance(each, Capability) for each in values):
        return ["C", sum(1 << int(each) for each in values if isinstance(each, Capability))]
    return ["s", sorted((encoded(each, writer) for each in values), key=dumps)]


def _thing(thing: Object, writer: Writer) -> Form:
    match thing:
        case File():
            return _file(thing, writer)
        case Task():
            return task_form(thing, writer)
        case Credentials():
            return ["u", writer.place(thing.namespace), *_fields(thing, CREDENTIAL_FIELDS, writer)]
        case Socket():
            rest = _fields(thing, Socket._fields[2:], writer)
            return ["k", _identity(thing.identity, None, writer), writer.place(thing.home), *rest]
        case Thing():
            home = None if thing.home is None else writer.place(thing.home)
            facts = {name: encoded(thing.facts[name], writer) for name in sorted(thing.facts)}
            return ["o", thing.kind, _identity(thing.identity, None, writer), home, facts]
        case NamespaceFacts():
            raise Unencodable("namespaces of ours are in no recording of Linux")


def task_form(task: Task, writer: Writer) -> Form:
    """A task's JSON."""
    facts = _fields(task, ("pid", "tgid", "ppid", "exe", "comm", "dumpable"), writer)
    return ["t", *facts, encoded(task.credentials, writer)]


def _fields(thing: object, names: tuple[str, ...], writer: Writer) -> list[Form]:
    return [encoded(getattr(thing, name), writer) for name in names]


def _identity(identity: Identity | Unknown, own: str | None, writer: Writer) -> Form:
    return None if isinstance(identity, Unknown) else writer.slot(identity, own)


def _file(file: File, writer: Writer) -> Form:
    path = None if isinstance(file.path, Unknown) else str(file.path)
    form = ["f", path, _identity(file.identity, path, writer), _holder(file, writer)]
    form += _fields(file, File._fields[2:-1], writer)
    form.append(None if isinstance(file.xattrs, Unknown) else {name: file.xattrs[name] for name in sorted(file.xattrs)})
    while form[-1] is None and len(form) > 4:
        form.pop()
    return form


def _holder(file: File, writer: Writer) -> Form:
    """The directories above: None where nobody knows them, True where nothing was told of any, False: it is its own."""
    above = writer.holder(file)
    if isinstance(above, Unknown):
        return None
    if above == file:
        return False
    form = _file(above, writer)
    return True if form == _file_form_of_plain(str(above.path)) else form


def _file_form_of_plain(path: str) -> Form:
    if path == "/":
        return ["f", "/", ["file", 0, 0], False, "directory"]
    return ["f", path, True, True, "directory"]


# Reading


def decoded(form: Form, reader: Reader) -> Value | Unknown | None:
    """The value that a JSON form stands for; ValueError, KeyError, TypeError or IndexError for what is none."""
    if form is None:
        return UNKNOWN
    if not isinstance(form, list):
        if isinstance(form, bool | int | str):
            return form
        raise ValueError(f"{form!r:.40} is no value")
    return _READ[form[0]](form, reader)


def decoded_task(form: Form, reader: Reader) -> Task:
    """A task from its JSON form."""
    known: list[Any] = [decoded(each, reader) for each in form[1:]]
    pid, tgid, ppid, exe, comm, dumpable, credentials = known
    return Task(pid=pid, tgid=tgid, ppid=ppid, credentials=credentials, exe=exe, comm=comm, dumpable=dumpable)


def _read_credentials(form: Form, reader: Reader) -> Credentials:
    values: list[Any] = [decoded(each, reader) for each in form[2:]]
    facts = dict(zip(CREDENTIAL_FIELDS, values, strict=True))
    return Credentials(**facts, namespace=reader.place(form[1]))


def _read_file(form: Form, reader: Reader) -> File:
    path, identity, above = form[1:4]
    facts: list[Any] = [decoded(each, reader) for each in form[4:12]]
    known = path if path is not None else UNKNOWN
    if above is not None:
        known = Located.held_by(path, partial(plain, parent_of(path)))
    file = File(known, _read_identity(identity, path, reader), *facts)
    file = file if len(form) <= 12 else file._replace(xattrs=HashTrieMap(form[12]))
    if isinstance(known, Located) and above is not True:
        held = file if above is False else _read_file(above, reader)
        known.holder = lambda: held
    return file


def _read_identity(form: Form, own: str | None, reader: Reader) -> Identity | Unknown:
    if form is None:
        return UNKNOWN
    if form is True:
        return Identity("file", str(own))
    return Identity(*form) if isinstance(form, list) else reader.identity(form)


def _read_socket(form: Form, reader: Reader) -> Socket:
    rest: list[Any] = [decoded(each, reader) for each in form[3:]]
    return Socket(_read_identity(form[1], None, reader), reader.place(form[2]), *rest)


def _read_thing(form: Form, reader: Reader) -> Thing:
    home = None if form[3] is None else reader.place(form[3])
    facts: HashTrieMap[str, Any] = HashTrieMap({name: decoded(each, reader) for name, each in form[4].items()})
    return Thing(kind=form[1], identity=_read_identity(form[2], None, reader), home=home, facts=facts)


_READ: Final[dict[str, Callable[[Form, Reader], Value | Unknown | None]]] = {
    "-": lambda _form, _reader: None,
    "c": lambda form, _reader: Capability(form[1]),
    "g": lambda form, _reader: Signal(form[1]),
    "e": lambda form, _reader: Errno(form[1]),
    "a": lambda form, _reader: ip_address(form[1]) if len(form) > 1 else NO_ADDRESS,
    "n": lambda form, _reader: ip_network(form[1]),
    "C": lambda form, _reader: frozenset(each for each in Capability if form[1] >> int(each) & 1),
    "s": lambda form, reader: frozenset(decoded(each, reader) for each in form[1]),  # type: ignore[misc]
    "f": _read_file,
    "t": decoded_task,
    "u": _read_credentials,
    "k": _read_socket,
    "o": _read_thing,
}
