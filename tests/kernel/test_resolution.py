"""Paths through random mounts, binds and links lead where a resolver of another make says, and never out of a chroot."""

from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.hooks.linux import Errno
from nslsm.kernel import operations as o
from nslsm.kernel.operations import At
from nslsm.protocol.things import Identity
from tests.kernel.machine import Machine


@dataclass(eq=False)
class Node:
    """A file as an object with references, where the kernel here has text."""

    number: int
    above: "Node | None" = None
    entries: dict[str, "Node"] | None = field(default_factory=dict)
    target: str = ""


@dataclass(eq=False)
class Layer:
    """A mount."""

    top: Node
    above: "Layer | None" = None
    on: Node | None = None


class Where(NamedTuple):
    layer: Layer
    node: Node


class Fails(Exception):
    """A path that leads nowhere."""


class Naive:
    """path_resolution(7) and ``..`` over mounts, step by step and without any table to look up in."""

    def __init__(self, number: int) -> None:
        first = Layer(Node(number))
        first.top.above = first.top
        self.layers = [first]
        self.root = self.here = Where(first, first.top)

    def down(self, at: Where) -> Where:
        for layer in self.layers:
            if layer.above is at.layer and layer.on is at.node:
                return self.down(Where(layer, layer.top))
        return at

    def up(self, at: Where) -> Where:
        climbed = at
        while climbed != self.root and climbed.node is climbed.layer.top and climbed.layer.above is not None:
            assert climbed.layer.on is not None
            climbed = Where(climbed.layer.above, climbed.layer.on)
        if climbed == self.root or climbed.node is climbed.layer.top:
            return self.down(at)
        assert climbed.node.above is not None
        return self.down(Where(climbed.layer, climbed.node.above))

    def resolve(self, text: str, *, follow: bool = True) -> Where:
        at, rest, links = (self.root if text.startswith("/") else self.here), text.split("/"), 0
        while rest:
            name, rest = rest[0], rest[1:]
            if at.node.entries is None:
                raise Fails(Errno.ENOTDIR)
            if name in ("", "."):
                continue
            if name == "..":
                at = self.up(at)
                continue
            if name not in at.node.entries:
                raise Fails(Errno.ENOENT)
            found = self.down(Where(at.layer, at.node.entries[name]))
            if found.node.target and (follow or any(rest)):
                links += 1
                if links > 40:
                    raise Fails(Errno.ELOOP)
                rest = [*found.node.target.split("/"), *rest]
                at = self.root if found.node.target.startswith("/") else at
                continue
            at = found
        return at

    def holder(self, text: str) -> tuple[Where, str]:
        directory, _, name = text.rpartition("/")
        return self.resolve(directory or ("/" if text.startswith("/") else ".")), name

    def is_inside(self, at: Where) -> bool:
        """Whether the root is above a place, or is it."""
        while at != self.root:
            if at.node is not at.layer.top:
                assert at.node.above is not None
                at = Where(at.layer, at.node.above)
            elif at.layer.above is None:
                return False
            else:
                assert at.layer.on is not None
                at = Where(at.layer.above, at.layer.on)
        return True


TREE = ("/a", "/a/a", "/a/b", "/b", "/b/a", "/b/a/b")
texts = st.builds(
    lambda start, parts: start + "/".join(parts) if parts else start or ".",
    st.sampled_from(("/", "/", "")),
    st.lists(st.sampled_from(("a", "b", "a", "b", "..", "..", ".", "l")), max_size=4),
)
fresh = st.builds(lambda text, name: f"{text.rstrip('/')}/{name}", texts, st.sampled_from(("l", "l", "c")))
_moves = (
    st.tuples(st.just("link"), fresh, texts),
    st.tuples(st.just("tmpfs"), texts, st.just("")),
    st.tuples(st.just("bind"), texts, texts),
    st.tuples(st.just("bind"), texts, texts),
    st.tuples(st.just("move"), texts, texts),
    st.tuples(st.just("tree"), texts, st.just("")),
    st.tuples(st.just("chdir"), texts, st.just("")),
    st.tuples(st.just("chdir"), texts, st.just("")),
    st.tuples(st.just("look"), texts, st.just("")),
)
confined = st.one_of(*_moves)
steps = st.one_of(*_moves, st.tuples(st.just("chroot"), texts, st.just("")))


class Both:
    """The kernel here and the naive resolver, to which the same is done."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.pid = self.machine.process(0)
        self.naive = Naive(0)
        self.machine.run(self.pid, o.Mount(At("/"), flags=frozenset({"rec", "private"})))
        for path in TREE:
            self.does("directory", path, "")

    def number(self, text: str, *, follow: bool = True) -> int | Errno:
        """The inode to which a path leads, as a hook is asked about it."""
        ran = self.machine.run(self.pid, o.Status(At(text, follow=follow)))
        if ran.errno is not None:
            return ran.errno
        identity = ran.the("inode_getattr").object.identity
        assert isinstance(identity, Identity)
        assert isinstance(identity.name, int)
        return identity.name

    def agree(self, text: str, *, follow: bool = True) -> None:
        try:
            where = self.naive.resolve(text, follow=follow)
            expected: int | Errno = where.node.number
        except Fails as failure:
            expected = failure.args[0]
        assert self.number(text, follow=follow) == expected, text

    def does(self, verb: str, text: str, other: str) -> None:
        naive = self.naive
        match verb:
            case "directory":
                if self.ran(o.MakeDirectory(At(text), 0o755)):
                    self.made(text, Node(0))
            case "link":
                if self.ran(o.MakeSymbolicLink(other, At(text))):
                    self.made(text, Node(0, entries=None, target=other))
            case "tree":
                for name in ("a", "b"):
                    self.does("directory", f"{text.rstrip('/')}/{name}", "")
            case "chdir":
                if self.ran(o.ChangeDirectory(At(text))):
                    naive.here = naive.resolve(text)
            case "chroot":
                if self.ran(o.ChangeRoot(At(text))):
                    naive.root = naive.resolve(text)
            case _:
                self.mounts(verb, text, other)
        self.agree(text)
        self.agree(text, follow=False)

    def ran(self, operation: o.Operation) -> bool:
        return self.machine.run(self.pid, operation).errno is None

    def mounts(self, verb: str, text: str, other: str) -> None:
        """What is mounted comes to lie on top of what is mounted there already."""
        naive = self.naive
        if verb == "tmpfs" and self.ran(o.Mount(At(text), "none", "tmpfs")):
            top = Node(self.top_number())
            top.above = top
            naive.layers.append(Layer(top, *naive.down(naive.resolve(text))))
        elif verb == "bind" and self.ran(o.Mount(At(text), other, "", frozenset({"bind"}))):
            naive.layers.append(Layer(naive.resolve(other).node, *naive.down(naive.resolve(text))))
        elif verb == "move" and self.ran(o.Mount(At(text), other, "", frozenset({"move"}))):
            moved, onto = naive.resolve(other).layer, naive.down(naive.resolve(text))
            moved.above, moved.on = onto

    def top_number(self) -> int:
        """The inode of the root of the newest file system."""
        files = self.machine.state.files
        newest = files.mounts.volumes[max(files.mounts.volumes)]
        inode = files.inode_of(newest.top)
        assert inode is not None
        return inode.number

    def made(self, text: str, node: Node) -> None:
        holder, name = self.naive.holder(text)
        assert holder.node.entries is not None
        node.above = holder.node
        holder.node.entries[name] = node
        number = self.number(text, follow=False)
        assert isinstance(number, int)
        node.number = number


@settings(max_examples=250, deadline=None)
@given(st.lists(steps, min_size=10, max_size=30), st.lists(texts, min_size=8, max_size=8))
def test_paths_lead_where_another_resolver_says(course: list[tuple[str, str, str]], looks: list[str]) -> None:
    both = Both()

    for verb, text, other in course:
        both.does(verb, text, other)
    for text in looks:
        both.agree(text)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(confined, min_size=5, max_size=15),
    texts,
    st.lists(confined, min_size=5, max_size=15),
    st.lists(texts, min_size=8, max_size=8),
)
def test_no_path_leads_out_of_a_chroot(
    before: list[tuple[str, str, str]], jail: str, after: list[tuple[str, str, str]], looks: list[str]
) -> None:
    both = Both()
    for verb, text, other in before:
        both.does(verb, text, other)
    if both.machine.run(both.pid, o.ChangeRoot(At(jail))).errno is not None:
        return
    both.naive.root = both.naive.resolve(jail)
    both.does("chdir", "/", "")

    for verb, text, other in (*after, *(("look", text, "") for text in looks)):
        both.does(verb, text, other)
        if verb == "look":
            _is_inside_or_nowhere(both.naive, text)


def _is_inside_or_nowhere(naive: Naive, text: str) -> None:
    try:
        where = naive.resolve(text)
    except Fails:
        return
    assert naive.is_inside(where), text
