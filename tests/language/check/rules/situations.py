"""Random controls whose rules often meet, and requests with known and unknown facts, for claims about what rules can do."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from random import Random

from hypothesis import strategies as st

from nslsm.diagnostics.span import Span
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import FILE, OPEN_FLAGS
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import ADDRESS, BOOL, INT, NETWORK, NO_ADDRESS, PATH, STRING, UNKNOWN, SetOf, Unknown
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.check.types import flag_of
from nslsm.language.check.whole import Whole
from nslsm.protocol.opinion import Answer, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, NamespaceFacts, Object, Socket, Task, Value
from nslsm.protocol.view import UNSET, Unset
from nslsm.testing.programs import ATTRIBUTES, FLAG, SUBJECT

HOOKS = ("file_open", "socket_connect")
PATHS = ("/srv/a", "/srv/b/c", "/srv", "/etc/passwd", "/", "pipe:[7]", "/srv/.x")
GLOBS = ("/srv/*", "/srv/**", "/**", "/etc/passwd", "/{srv,etc}/**", "/srv/[ab]*", "**", "/s*/a")
ROOTS = ("/srv", "/srv/b", "/", "/etc")
NUMBERS = (0, 1, 2, 22, 80)
NETWORKS = tuple(map(IPv4Network, ("10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "192.0.2.0/24")))
ADDRESSES = (*map(IPv4Address, ("10.1.2.3", "10.9.9.9", "192.0.2.9", "198.51.100.4")), NO_ADDRESS)
FLAGS = tuple(frozenset(each) for each in ((), ("read",), ("write",), ("read", "write")))

PORT = ir.Argument("port", INT)
HOST = ir.Argument("address", ADDRESS)
FLAGS_OF = ir.Argument("flags", OPEN_FLAGS)
FILE_OF = ir.Thing("object", FILE)
PATH_OF = ir.FactOf(FILE_OF, "path", PATH)
UID = ir.FactOf(SUBJECT, "uid", INT)
OWNER = ir.FactOf(FILE_OF, "owner", INT)
NO_NEW_PRIVS = ir.FactOf(SUBJECT, "no_new_privs", BOOL)


def _numbers(term: ir.Expr) -> st.SearchStrategy[ir.Expr]:
    whole = st.tuples(st.sampled_from(("==", "!=", "<", "<=", ">", ">=")), st.sampled_from((-1, *NUMBERS, 2**40))).map(
        lambda each: ir.Compare(each[0], term, ir.Constant(each[1], INT), BOOL)
    )
    several = st.tuples(st.sampled_from(("in", "not in")), st.frozensets(st.sampled_from(NUMBERS), max_size=3)).map(
        lambda each: ir.Compare(each[0], term, ir.Constant(each[1], SetOf(INT)), BOOL)
    )
    return st.one_of(whole, several)


def _globs(globs: frozenset[str]) -> ir.Expr:
    return ir.Matches(PATH_OF, ir.Constant(globs, SetOf(STRING)), tuple(map(Glob, sorted(globs))), BOOL)


_ANYWHERE = st.one_of(
    _numbers(UID),
    st.just(NO_NEW_PRIVS),
    st.just(ir.AttributeOf(SUBJECT, FLAG, BOOL)),
    st.just(ir.Constant(False, BOOL)),
)
ATOMS = {
    "file_open": st.one_of(
        _ANYWHERE,
        st.frozensets(st.sampled_from(GLOBS), min_size=1, max_size=2).map(_globs),
        st.frozensets(st.sampled_from(GLOBS), min_size=1, max_size=2).map(_globs),
        st.frozensets(st.sampled_from(ROOTS), max_size=2).map(
            lambda each: ir.Under(PATH_OF, ir.Constant(each, SetOf(PATH)), BOOL)
        ),
        st.sampled_from(PATHS).map(lambda each: ir.Compare("==", PATH_OF, ir.Constant(each, PATH), BOOL)),
        st.just(ir.Compare("==", UID, OWNER, BOOL)),
        st.just(ir.Compare("!=", OWNER, OWNER, BOOL)),
        st.tuples(st.sampled_from(("has all", "has any")), st.sampled_from(FLAGS)).map(
            lambda each: ir.Compare(each[0], FLAGS_OF, ir.Constant(each[1], OPEN_FLAGS), BOOL)
        ),
        st.sampled_from(("read", "write")).map(
            lambda each: ir.Compare("has", FLAGS_OF, ir.Constant(each, flag_of(OPEN_FLAGS)), BOOL)
        ),
    ),
    "socket_connect": st.one_of(
        _ANYWHERE,
        _numbers(PORT),
        st.tuples(st.sampled_from(("in", "not in")), st.frozensets(st.sampled_from(NETWORKS), max_size=2)).map(
            lambda each: ir.Compare(each[0], HOST, ir.Constant(each[1], SetOf(NETWORK)), BOOL)
        ),
    ),
}


def _conditions(hook: str) -> st.SearchStrategy[ir.Expr]:
    return st.recursive(
        ATOMS[hook],
        lambda inner: st.one_of(
            inner.map(lambda each: ir.Not(each, BOOL)),
            inner.map(lambda each: ir.Named("named", each, BOOL)),
            st.lists(inner, min_size=2, max_size=3).map(lambda each: ir.And(tuple(each), BOOL)),
            st.lists(inner, min_size=2, max_size=3).map(lambda each: ir.Or(tuple(each), BOOL)),
            st.tuples(inner, inner, inner).map(lambda each: ir.Conditional(*each, BOOL)),
        ),
        max_leaves=4,
    )


CONDITIONS = {hook: _conditions(hook) for hook in HOOKS}


@st.composite
def actions(draw: st.DrawFn, hook: str) -> tuple[ir.Action, ...]:
    """An operation on one hook, now and then with a guard, or the hook itself."""
    if draw(st.booleans()):
        return (ir.Action(hook, (ir.Target(hook),)),)
    guards = draw(st.lists(ATOMS[hook], min_size=1, max_size=2))
    return (ir.Action(f"case.{draw(st.integers(1, 9))}", tuple(ir.Target(hook, None, guard) for guard in guards)),)


@st.composite
def _against(draw: st.DrawFn, hook: str, guards: list[ir.Expr | None]) -> ir.Expr | None:
    """A condition, now and then one that takes back what is asked already."""
    written = [each for each in guards if each is not None]
    if written and draw(st.integers(0, 3)) == 0:
        contrary = tuple(ir.Not(each, BOOL) for each in written)
        return ir.And((*contrary, draw(ATOMS[hook])), BOOL)
    return draw(st.one_of(st.none(), CONDITIONS[hook], CONDITIONS[hook], CONDITIONS[hook]))


@st.composite
def controls(draw: st.DrawFn) -> ir.Control:
    """A control of several rules, each at a place of its own, so that a finding says which it is about."""
    places = _places()
    rules: list[ir.Rule] = []
    for number in range(draw(st.integers(1, 5))):
        hook = draw(st.sampled_from(HOOKS))
        named = draw(actions(hook))
        rules.append(
            ir.Deny(
                id=f"deny-{number}",
                span=next(places),
                inbound=draw(st.integers(0, 5)) == 0,
                actions=named,
                when=draw(_against(hook, [target.guard for target in named[0].targets])),
                errno=draw(st.sampled_from((None, None, None, Errno.EACCES, Errno.EPERM))),
                because=draw(st.sampled_from(("", "", "because"))),
            )
        )
    for number in range(draw(st.integers(0, 2))):
        hook = draw(st.sampled_from(HOOKS))
        named = draw(actions(hook))
        span = next(places)
        where = draw(st.one_of(st.none(), CONDITIONS[hook]))
        allows = draw(st.lists(_against(hook, [where]), max_size=3))
        rules.append(
            ir.Confine(
                id=f"confine-{number}",
                span=span,
                actions=named,
                where=where,
                errno=None,
                because="",
                allows=tuple(
                    ir.Allow(id=f"confine-{number}.allow-{n}", span=next(places), actions=(named[0].name,), when=when)
                    for n, when in enumerate(allows)
                ),
            )
        )
    for number in range(draw(st.integers(0, 3))):
        hook = draw(st.sampled_from(HOOKS))
        rules.append(
            ir.Effect(
                id=f"on-{number}",
                span=next(places),
                denied=False,
                actions=draw(actions(hook)),
                when=draw(CONDITIONS[hook]),
                assignments=(ir.Assign(SUBJECT, FLAG, ir.Constant(True, BOOL)),),
            )
        )
    return replace(PLAIN, rules=tuple(draw(st.permutations(rules))))


PLAIN = ir.Control(
    name="case.c",
    doc="",
    annotations=ir.Annotations(),
    parameters=(),
    attributes=ATTRIBUTES,
    tables=(),
    rules=(),
    span=Span("random", 1, 1, 1, 1),
)
"""A control that says nothing."""


def _places() -> Iterator[Span]:
    number = 0
    while True:
        number += 1
        yield Span("random", number, 1, number, 1)


def whole(control: ir.Control) -> Whole:
    """A program of one control."""
    return Whole(
        roots=(),
        modules={},
        controls={control.name: control},
        policies={},
        namespaces={},
        is_read=lambda _: True,
        meaning=lambda _: None,
        behind=lambda _: None,
        matched=list,
        sound=True,
    )


def without(control: ir.Control, place: Span | None) -> ir.Control:
    """The control without the rule, or the allow, at a place."""
    rules: list[ir.Rule] = []
    for rule in control.rules:
        if rule.span == place:
            continue
        if isinstance(rule, ir.Confine):
            rules.append(replace(rule, allows=tuple(allow for allow in rule.allows if allow.span != place)))
        else:
            rules.append(rule)
    assert len(rules) < len(control.rules) or tuple(rules) != control.rules
    return replace(control, rules=tuple(rules))


@dataclass(frozen=True)
class Still:
    """A view of a state that has one flag."""

    flag: bool | Unknown | Unset = UNSET
    namespace: NamespaceFacts = field(default=NamespaceFacts(1, "n", "n", 0, sealed=False))

    def cell(self, attribute: str, thing: Identity) -> Value | Unknown | Unset:
        """The flag; nothing else is set."""
        del thing
        return self.flag if attribute == FLAG else UNSET

    def foreign(self, thing: Object) -> bool:
        """Nothing is."""
        del thing
        return False

    def parent(self, file: File) -> File | Unknown:
        """Nobody knows."""
        del file
        return UNKNOWN

    def namespace_path(self, task: Task) -> str:
        """The only one."""
        del task
        return "n"

    def is_ancestor_of(self, one: Task, other: Task) -> bool | Unknown:
        """Nobody knows."""
        del one, other
        return UNKNOWN

    def accepts_tracer(self, one: Task, other: Task) -> bool | Unknown:
        """Nobody knows."""
        del one, other
        return UNKNOWN


def _request(randomly: Random, *, unknown: bool) -> tuple[Request, Still]:
    def some(values: tuple[Value, ...]) -> Value | Unknown:
        return UNKNOWN if unknown and randomly.random() < 0.3 else randomly.choice(values)

    hook = CATALOGUE[randomly.choice(HOOKS)]
    credentials = Credentials(uid=some(NUMBERS), no_new_privs=some((True, False)))  # type: ignore[arg-type]
    task = Task(pid=1, tgid=1, ppid=0, credentials=credentials)
    thing: Object = Socket(Identity("socket", 1), 1)
    if hook.object == FILE:
        thing = File(some(PATHS), Identity("file", 1), owner=some(NUMBERS))  # type: ignore[arg-type]
    values = {"flags": some(FLAGS), "port": some(NUMBERS), "address": some(ADDRESSES)}
    request = Request(hook, task, thing, tuple(values.get(fact.name, UNKNOWN) for fact in hook.facts))
    flag = some((True, False))
    assert isinstance(flag, bool | Unknown)
    return request, Still(flag)


_RANDOMLY = Random(4711)
KNOWN = [_request(_RANDOMLY, unknown=False) for _ in range(250)]
"""Requests with what can be seen beside them: every fact is known that a rule here can read."""
UNSURE = [_request(_RANDOMLY, unknown=True) for _ in range(250)]
"""The same, but of some facts nothing is known."""


def said(answer: Answer, request: Request) -> tuple[object, ...]:
    """What an answer comes to for the one who asked."""
    errno = (answer.errno or request.hook.default_errno) if answer.stance is Stance.DENY else None
    return (answer.stance, errno, answer.because)
