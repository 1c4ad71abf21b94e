"""What a policy and a claim speak of: paths, addresses, ports, users, extended attributes, as samples to try."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from nslsm.controls.policy import DeclaredEntry, PolicyControl
from nslsm.hooks.linux import Signal
from nslsm.hooks.types import GLOB, PATH, STRING, Flags, SetOf, Type
from nslsm.kernel.paths import parent_of
from nslsm.language.check import ir
from nslsm.language.check.claims import Claim
from nslsm.language.check.glob import Glob
from nslsm.language.check.walk import nodes
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import Value

MAX_SAMPLES: Final = 8
"""How many paths, endpoints, … a search makes up at most; who wants others says them."""

IDS: Final = frozenset({"uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid", "owner", "group"})


@dataclass
class Mentions:
    """Samples of what is spoken of, in the order in which they are met."""

    paths: dict[str, None] = field(default_factory=dict)
    addresses: dict[IPv4Address | IPv6Address, None] = field(default_factory=dict)
    ports: dict[int, None] = field(default_factory=dict)
    ids: dict[int, None] = field(default_factory=dict)
    modes: dict[int, None] = field(default_factory=dict)
    signals: dict[Signal, None] = field(default_factory=dict)
    flags: dict[str, None] = field(default_factory=dict)
    xattrs: dict[tuple[str, str], None] = field(default_factory=dict)
    facts: dict[str, None] = field(default_factory=dict)
    """The names of facts that any condition reads."""
    hooks: dict[str, None] = field(default_factory=dict)
    """The hooks of effects, of ``enter on`` and of the claim."""

    @property
    def directories(self) -> tuple[str, ...]:
        """The directories that the paths are in."""
        return tuple(dict.fromkeys(parent_of(path) for path in self.paths))


def mentions(tree: NamespaceTree, claim: Claim) -> Mentions:
    """What the controls of ``tree`` and ``claim`` speak of; the claim first."""
    found = Mentions()
    for never in claim.nevers:
        _hooks(found, never.actions)
        _read(found, (never.actions, never.when), ())
    for number in sorted(tree.members):
        namespace = tree.members[number]
        for binding in namespace.bindings:
            if isinstance(binding.control, PolicyControl):
                program = binding.control.program
                for rule in program.rules:
                    if isinstance(rule, ir.Effect):
                        _hooks(found, rule.actions)
                judged = tuple(rule for rule in program.rules if not isinstance(rule, ir.Audit))
                _read(found, (judged, program.attributes), program.tables)
        if isinstance(namespace.entry, DeclaredEntry):
            for enter in namespace.entry.enters:
                _hooks(found, enter.actions)
                _read(found, (enter,), enter.tables)
    return found


def _hooks(found: Mentions, actions: Iterable[ir.Action]) -> None:
    found.hooks.update(dict.fromkeys(target.hook for action in actions for target in action.targets))


def _read(found: Mentions, root: tuple[object, ...], tables: Iterable[ir.Table]) -> None:
    for node in sorted_nodes(root):
        match node:
            case ir.FactOf(name=name):
                found.facts[name] = None
            case ir.MethodOf(name=name, arguments=arguments):
                found.facts[name] = None
                if name == "xattr" and arguments and isinstance(arguments[0], ir.Constant):
                    found.xattrs.setdefault((str(arguments[0].value), ""), None)
            case ir.Compare(left=left, right=right):
                _compared(found, left, right)
                _compared(found, right, left)
            case ir.Matches(globs=globs) if globs is not None:
                for glob in globs:
                    _path(found, sample(glob))
            case ir.Under(directories=ir.Constant(value=value)):
                for directory in _each(value):
                    _path(found, f"{str(directory).rstrip('/')}/file")
    for table in tables:
        for keys in sorted(table.rows, key=str)[:MAX_SAMPLES]:
            for kind, key, below in zip(table.keys, keys, table.trees, strict=True):
                _value(found, kind, f"{key}/file" if below else key)


def sorted_nodes(root: tuple[object, ...]) -> list[object]:
    """The nodes of a program, always in the same order."""
    return list(nodes(root))[::-1]


def _compared(found: Mentions, side: ir.Expr, constant: ir.Expr) -> None:
    """Constants, by what they are compared with."""
    if not isinstance(constant, ir.Constant):
        return
    name = side.name if isinstance(side, ir.FactOf | ir.Argument) else ""
    if isinstance(side, ir.MethodOf) and side.name == "xattr" and isinstance(side.arguments[0], ir.Constant):
        found.xattrs[str(side.arguments[0].value), str(constant.value)] = None
    for value in _each(constant.value):
        if isinstance(value, int) and not isinstance(value, bool):
            wanted = found.ids if name in IDS else found.modes if name == "mode" else None
            wanted = found.ports if name == "port" else wanted
            if wanted is not None:
                wanted[int(value)] = None
        else:
            _value(found, _element(constant.type), value)


def _value(found: Mentions, kind: Type, value: Value) -> None:
    if isinstance(value, IPv4Network | IPv6Network):
        inside = value.network_address + (1 if value.num_addresses > 1 else 0)
        found.addresses[inside] = None
    elif isinstance(value, IPv4Address | IPv6Address):
        found.addresses[value] = None
    elif isinstance(value, Signal):
        found.signals[value] = None
    elif isinstance(kind, Flags):
        found.flags[str(value)] = None
    elif kind == GLOB:
        _path(found, sample(Glob(str(value))))
    elif kind in (PATH, STRING) and str(value).startswith("/"):
        _path(found, str(value))


def _path(found: Mentions, path: str | None) -> None:
    if (
        path is not None
        and path.startswith("/")
        and len(path) > 1
        and not path.startswith(("/proc/", "/sys/", "/dev/"))
    ):
        found.paths[path.rstrip("/")] = None


def _each(value: Value) -> Iterator[Value]:
    if isinstance(value, frozenset):
        yield from sorted(value, key=str)
    else:
        yield value


def _element(kind: Type) -> Type:
    return kind.element if isinstance(kind, SetOf) else kind


def sample(glob: Glob) -> str | None:
    """A path that a pattern matches, as plain as possible; None where none was found.

    >>> sample(Glob("/srv/phi/**")), sample(Glob("/opt/{a,b}/[x-z]?*"))
    ('/srv/phi/file', '/opt/a/xafile')
    """
    text, path, place = glob.text, "", 0
    while place < len(text):
        mark = text[place]
        if mark == "*":
            path += "file"
            while place < len(text) and text[place] == "*":
                place += 1
            continue
        if mark == "?":
            path += "a"
        elif mark == "[":
            end = text.find("]", place + 2)
            path += text[place + 1] if end > 0 else mark
            place = max(place, end)
        elif mark == "{":
            end = text.find("}", place)
            path += text[place + 1 : end].split(",")[0] if end > 0 else mark
            place = max(place, end)
        elif mark == "\\" and place + 1 < len(text):
            place += 1
            path += text[place]
        else:
            path += mark
        place += 1
    return path if glob.matches(path) else None
