"""What a search tries: the world that it begins in, and the steps that tasks take there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import product
from typing import Final

from nslsm.diagnostics.span import Span
from nslsm.hooks.linux import Signal
from nslsm.hooks.types import INT, PATH, SIGNAL, STRING, Enumeration, Type
from nslsm.kernel.boot import ORDINARY_UID
from nslsm.language.check.cases import Act, Endpoint, FileFixture, StepValue, TaskFixture, TaskName
from nslsm.language.check.claims import Attempt, Claim, Fixture
from nslsm.language.check.steps import CALLS, CallShape, Form, Operand
from nslsm.protocol.namespace import NamespaceTree
from nslsm.simulation.exploration.mentions import MAX_SAMPLES, Mentions, mentions
from nslsm.simulation.exploration.words import MAKING, words_for

FRESH: Final = "/tmp/new"  # noqa: S108 - a name in a simulated kernel
"""A path that nothing has at the beginning, for what makes files."""
NEW_NAMESPACE: Final = "new"
OUTSIDE: Final = Endpoint(ip_address("192.0.2.1"), 443)
"""An address of nobody's, RFC 5737, where a policy names none."""
PLAIN: Final = "/srv/file"
"""A file, where nobody mentions one."""

OPENINGS: Final = (frozenset({"read"}), frozenset({"write"}))
MAPPINGS: Final = (frozenset({"read"}), frozenset({"exec"}), frozenset({"write", "shared"}))
ACCESSES: Final = (frozenset({"read"}), frozenset({"write"}), frozenset({"exec"}))
SPACES: Final = (frozenset({"newuser"}), frozenset({"newns"}))
PLAINLY: Final = (frozenset[str](),)
_MEMBERS: Final = {"family": ("inet", "unix"), "type": ("stream", "regular")}
MAKES_FILES: Final = frozenset({"rename", "link", "symlink", "mkdir", "mknod"})
"""Words whose last path is that of a file to be."""


@dataclass(frozen=True, slots=True)
class Template:
    """A step that any task can take: a call and its operands. Tasks among them may be left to be filled in."""

    call: str
    operands: tuple[StepValue | None, ...]
    tasks: tuple[int, ...] = ()
    """The operands that are tasks, each of those that live in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The world that a search begins in, and what is tried there."""

    given: tuple[Fixture, ...]
    words: tuple[str, ...]
    """The calls that are tried."""
    templates: tuple[Template, ...]
    named: frozenset[str] = frozenset()
    """Tasks that a step calls by name: they cannot change places with others."""

    @property
    def places(self) -> Iterator[str]:
        """Every text by which a step, or a symbolic link that there is, can lead somewhere."""
        yield from (value for each in self.templates for value in each.operands if isinstance(value, str))
        for each in self.given:
            if isinstance(each, FileFixture):
                yield each.path
                yield from (str(value) for name, value in each.facts if name == "target")

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths in steps."""
        texts = (value for each in self.templates for value in each.operands if isinstance(value, str))
        return tuple(dict.fromkeys(text for text in texts if text.startswith("/")))

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks at the beginning."""
        return tuple(each.name for each in self.given if isinstance(each, TaskFixture))


def filled(template: Template, name: str, living: Sequence[str], child: str) -> Iterator[Act]:
    """The steps that a template stands for where task ``name`` takes it; ``child`` is what a new task would be called."""
    span = Span()
    binds = () if CALLS[template.call].binds else None
    if template.call in MAKING:
        yield Act(task=name, call=template.call, operands=(TaskName(child),), span=span)
        return
    for others in product(living, repeat=len(template.tasks)):
        operands = list(template.operands)
        for place, other in zip(template.tasks, others, strict=True):
            operands[place] = TaskName(other)
        yield Act(task=name, call=template.call, operands=tuple(operands), binds=binds, span=span)


def vocabulary(claim: Claim, tree: NamespaceTree, attempts: tuple[Attempt, ...] | None = None) -> Vocabulary:
    """What a search for a break of ``claim`` tries; ``attempts`` in place of the claim's own.

    What the claim leaves open is made of what it and the policy speak of (:class:`Mentions`).
    """
    spoken = mentions(tree, claim)
    chosen = attempts or claim.attempts
    if chosen is None:
        chosen = tuple(Attempt(call=word, span=claim.span) for word in words_for(spoken.hooks, spoken.facts))
    words = tuple(dict.fromkeys(each.call for each in chosen))
    declared = [each.path for each in claim.given if isinstance(each, FileFixture)]
    said = [str(value) for each in chosen for value in each.operands or () if isinstance(value, str)]
    wanted = declared or [*list(spoken.paths)[:MAX_SAMPLES]]
    if not wanted and not any(text.startswith("/") for text in said):
        wanted = [PLAIN]
    files = tuple(each for each in claim.given if isinstance(each, FileFixture)) or tuple(_files(wanted, claim))
    tasks = tuple(each for each in claim.given if isinstance(each, TaskFixture)) or tuple(_tasks(tree, claim))
    paths = dict.fromkeys([*wanted, *(text for text in said if text.startswith("/"))])
    pools = _Pools(spoken, tuple(paths), tasks)
    templates = dict.fromkeys(template for each in chosen for template in pools.templates(each))
    named = {value.name for each in chosen for value in each.operands or () if isinstance(value, TaskName)}
    return Vocabulary(given=(*files, *tasks), words=words, templates=tuple(templates), named=frozenset(named))


def _files(paths: Iterable[str], claim: Claim) -> Iterator[FileFixture]:
    """Files that everybody may do anything with as far as permission bits go, so that only policies stand in the way."""
    listed = tuple(paths)
    directories = dict.fromkeys(path.rpartition("/")[0] for path in (*listed, FRESH))
    for directory in directories:
        if directory and directory not in listed:
            facts = (("type", "directory"), ("mode", 0o777))
            yield FileFixture(path=directory, facts=facts, span=claim.span)
    for path in listed:
        yield FileFixture(path=path, facts=(("mode", 0o777),), span=claim.span)


def _tasks(tree: NamespaceTree, claim: Claim) -> Iterator[TaskFixture]:
    """One task in each declared namespace, called as it is."""
    taken: set[str] = set()
    for number in sorted(tree.members):
        namespace = tree.members[number]
        name = namespace.name if namespace.name not in taken else namespace.path.replace(".", "_")
        taken.add(name)
        yield TaskFixture(name=f"in_{name}", namespace=namespace.path, facts=(), span=claim.span)


class _Pools:
    """What stands for each operand that was left open."""

    def __init__(self, spoken: Mentions, paths: tuple[str, ...], tasks: tuple[TaskFixture, ...]) -> None:
        self._spoken = spoken
        self._paths = paths
        users = [dict(each.facts).get("uid", ORDINARY_UID) for each in tasks]
        self._ids = tuple(dict.fromkeys([*spoken.ids, *(each for each in users if isinstance(each, int)), 0]))

    def templates(self, attempt: Attempt) -> Iterator[Template]:
        """The steps of one attempt."""
        shape = CALLS[attempt.call]
        if attempt.operands is not None:
            yield Template(attempt.call, attempt.operands)
            return
        if attempt.call in MAKING:
            yield Template(attempt.call, ())
            return
        tasks = tuple(place for place, each in enumerate(shape.operands) if each.form is Form.TASK)
        pools: list[tuple[StepValue | None, ...]] = []
        for place, operand in enumerate(shape.operands):
            pools.append((None,) if place in tasks else tuple(self._pool(shape, operand)))
        if shape.words:
            pools.append(self._words(shape.name))
        for operands in product(*pools):
            if shape.name in ("rename", "link") and operands[0] == operands[1]:
                continue
            yield Template(attempt.call, operands, tasks)

    def _pool(self, shape: CallShape, operand: Operand) -> Iterable[StepValue | None]:
        special: Mapping[tuple[str, str], Callable[[], Iterable[StepValue | None]]] = {
            ("mount", "source"): lambda: ("tmpfs",),
            ("mount", "kind"): lambda: ("tmpfs",),
            ("unshare", "name"): lambda: (NEW_NAMESPACE,),
            ("symlink", "target"): lambda: self._paths,
            ("chmod", "mode"): lambda: tuple(self._spoken.modes) or (0o777, 0),
            ("chown", "owner"): lambda: self._ids,
            ("chown", "group"): lambda: (None,),
            ("mkdir", "mode"): lambda: (None,),
            ("socket", "protocol"): lambda: (None,),
        }
        chosen = special.get((shape.name, operand.name))
        if chosen is not None:
            return chosen()
        if operand.form is Form.ENDPOINT:
            return self._endpoints()
        if operand.type == PATH:
            return self._places(shape.name)
        return self._values(operand.type, operand.name)

    def _places(self, word: str) -> tuple[str, ...]:
        if word in ("chdir", "chroot", "mount", "umount", "pivot_root", "rmdir"):
            return tuple(dict.fromkeys(path.rpartition("/")[0] or "/" for path in self._paths))
        if word in MAKES_FILES:
            if word in ("rename", "link"):
                return (*self._paths, FRESH)
            return (FRESH,)
        return (*self._paths, FRESH) if word in ("unlink", "open", "exec", "read", "write", "close") else self._paths

    def _endpoints(self) -> tuple[StepValue, ...]:
        ports = tuple(self._spoken.ports) or (OUTSIDE.port,)
        addresses = tuple(self._spoken.addresses)
        chosen = [Endpoint(address, port) for address in (*addresses, OUTSIDE.address) for port in ports]
        return tuple(chosen[:MAX_SAMPLES])

    def _values(self, kind: Type | None, name: str) -> tuple[StepValue | None, ...]:
        if kind == SIGNAL:
            return tuple(self._spoken.signals) or (Signal.SIGTERM,)
        if kind == INT:
            return self._ids
        if kind == STRING and name == "name":
            return tuple(dict.fromkeys(each for each, _ in self._spoken.xattrs)) or ("user.note",)
        if kind == STRING:
            return tuple(dict.fromkeys(value for _, value in self._spoken.xattrs if value)) or ("x",)
        if isinstance(kind, Enumeration):
            chosen = tuple(member for member in _MEMBERS.get(name, ()) if member in kind.members)
            return chosen or kind.members[:1]
        return (frozenset({0}), frozenset())

    def _words(self, word: str) -> tuple[frozenset[str], ...]:
        if word == "open":
            flags = self._spoken.flags.keys() & set(CALLS["open"].words) - {"read", "write"}
            return (*OPENINGS, *(frozenset({flag}) for flag in sorted(flags)))
        several = {"mmap": MAPPINGS, "access": ACCESSES, "new_spaces": SPACES, "setns": SPACES}
        return several.get(word, PLAINLY)
