"""Hypothesis strategies for controls as checked programs: random rules over a small vocabulary of hooks and facts.

What comes out would pass the checker: no two effects of one control set one attribute under guards that may overlap.
"""

from functools import cache
from ipaddress import IPv4Network
from typing import Final

from hypothesis import strategies as st

from nslsm.diagnostics.span import Span
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import FILE, SOCKET, TASK
from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import ADDRESS, BOOL, CAPABILITY, INT, NETWORK, PATH, STRING, Kind, SetOf, Type
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob

HOOKS: Final = (
    *("file_open",) * 4,
    *("task_kill",) * 2,
    "socket_connect",
    "capable",
    "bprm_check_security",
    "file_receive",
)
"""What rules and requests are about; some more often, so that they meet."""
PATHS: Final = ("/srv/a", "/srv/b", "/etc/passwd", "/usr/bin/x")
GLOBS: Final = ("/srv/*", "/**", "/etc/passwd", "/usr/**", "/nowhere")
HASHES: Final = ("aa", "bb")
UIDS: Final = (0, 1000, 1001)
PORTS: Final = (22, 80, 443)
NETWORKS: Final = (IPv4Network("10.0.0.0/8"), IPv4Network("0.0.0.0/0"), IPv4Network("192.0.2.0/24"))

NOWHERE: Final = Span("random", 1, 1, 1, 1)
SUBJECT: Final = ir.Thing("subject", TASK)

FLAG: Final = "task.flag"
COUNT: Final = "task.count"
SEEN: Final = "task.seen"
MARK: Final = "file.mark"


def constant(value: bool | int | str | Capability | IPv4Network | frozenset[int], type_: Type) -> ir.Constant:
    """A constant of the IR."""
    return ir.Constant(value, type_)


ATTRIBUTES: Final = (
    ir.Attribute(
        key=FLAG,
        kind=TASK,
        type=BOOL,
        default=constant(False, BOOL),
        foreign=constant(True, BOOL),
        join="or",
        span=NOWHERE,
    ),
    ir.Attribute(key=COUNT, kind=TASK, type=INT, default=constant(0, INT), foreign=None, join="max", span=NOWHERE),
    ir.Attribute(
        key=SEEN,
        kind=TASK,
        type=SetOf(INT),
        default=constant(frozenset(), SetOf(INT)),
        foreign=None,
        join="union",
        span=NOWHERE,
    ),
    ir.Attribute(
        key=MARK,
        kind=FILE,
        type=BOOL,
        default=ir.Matches(
            ir.FactOf(ir.Thing("object", FILE), "path", PATH), constant("/srv/*", STRING), (Glob("/srv/*"),), BOOL
        ),
        foreign=None,
        join="and",
        span=NOWHERE,
    ),
)
"""Every random control declares these: plain, saturating, a set, and one that is derived until it is set."""


def object_kind(hook: str) -> Kind | None:
    """The kind of object that the hook is about."""
    return CATALOGUE[hook].object


@cache
def atoms(hook: str) -> st.SearchStrategy[ir.Expr]:
    """Conditions without parts that a rule on ``hook`` may use."""
    thing = object_kind(hook)
    choices: list[st.SearchStrategy[ir.Expr]] = [
        st.sampled_from((constant(True, BOOL), constant(False, BOOL))),
        st.sampled_from(UIDS).map(lambda uid: _is(ir.FactOf(SUBJECT, "uid", INT), constant(uid, INT))),
        st.just(ir.AttributeOf(SUBJECT, FLAG, BOOL)),
        st.integers(0, 3).map(lambda n: ir.Compare(">", ir.AttributeOf(SUBJECT, COUNT, INT), constant(n, INT), BOOL)),
        st.sampled_from(UIDS).map(
            lambda n: ir.Compare("has", ir.AttributeOf(SUBJECT, SEEN, SetOf(INT)), constant(n, INT), BOOL)
        ),
    ]
    if thing == FILE:
        file = ir.Thing("object", FILE)
        path = ir.FactOf(file, "path", PATH)
        choices += [
            st.sampled_from(GLOBS).map(lambda g: ir.Matches(path, constant(g, STRING), (Glob(g),), BOOL)),
            st.sampled_from(HASHES).map(lambda h: _is(ir.FactOf(file, "sha256", STRING), constant(h, STRING))),
            st.just(ir.AttributeOf(file, MARK, BOOL)),
            st.just(ir.Under(path, constant("/srv", STRING), BOOL)),
        ]
    if thing == TASK:
        other = ir.Thing("object", TASK)
        choices += [
            st.just(ir.FactOf(other, "foreign", BOOL)),
            st.just(ir.AttributeOf(other, FLAG, BOOL)),
            st.just(_is(ir.FactOf(other, "uid", INT), ir.FactOf(SUBJECT, "uid", INT))),
        ]
    if thing == SOCKET:
        choices += [
            st.sampled_from(PORTS).map(lambda p: _is(ir.Argument("port", INT), constant(p, INT))),
            st.sampled_from(NETWORKS).map(
                lambda n: ir.Compare("in", ir.Argument("address", ADDRESS), constant(n, NETWORK), BOOL)
            ),
        ]
    if hook == "capable":
        choices.append(
            st.sampled_from((Capability.CAP_KILL, Capability.CAP_SYS_ADMIN)).map(
                lambda cap: _is(ir.Argument("cap", CAPABILITY), constant(cap, CAPABILITY))
            )
        )
    return st.one_of(choices)


def _is(left: ir.Expr, right: ir.Expr) -> ir.Expr:
    return ir.Compare("==", left, right, BOOL)


@cache
def conditions(hook: str) -> st.SearchStrategy[ir.Expr]:
    """Conditions of any shape that a rule on ``hook`` may use."""
    return st.recursive(
        atoms(hook),
        lambda inner: st.one_of(
            inner.map(lambda a: ir.Not(a, BOOL)),
            st.tuples(inner, inner).map(lambda both: ir.And(both, BOOL)),
            st.tuples(inner, inner).map(lambda both: ir.Or(both, BOOL)),
            inner.map(lambda a: ir.Named("named", a, BOOL)),
            st.tuples(inner, inner, inner).map(lambda three: ir.Conditional(*three, BOOL)),
        ),
        max_leaves=4,
    )


def _action(hook: str) -> ir.Action:
    return ir.Action(hook, (ir.Target(hook),))


_ERRNOS = st.sampled_from((None, Errno.EPERM, Errno.EACCES, Errno.EHOSTUNREACH))


@st.composite
def denies(draw: st.DrawFn, number: int) -> ir.Deny:
    """A ``deny`` rule, now and then an inbound one."""
    hook = draw(st.sampled_from(HOOKS))
    return ir.Deny(
        id=f"deny-{number}",
        span=NOWHERE,
        inbound=draw(st.integers(0, 3)) == 0,
        actions=(_action(hook),),
        when=draw(conditions(hook)),
        errno=draw(_ERRNOS),
        because="random",
    )


@st.composite
def confines(draw: st.DrawFn, number: int) -> ir.Confine:
    """A region with up to two allows."""
    hook = draw(st.sampled_from(HOOKS))
    allows = draw(st.lists(conditions(hook), max_size=2))
    return ir.Confine(
        id=f"confine-{number}",
        span=NOWHERE,
        actions=(_action(hook),),
        where=draw(conditions(hook)),
        errno=draw(_ERRNOS),
        because="random",
        allows=tuple(
            ir.Allow(id=f"confine-{number}.allow-{place}", span=NOWHERE, actions=(hook,), when=when)
            for place, when in enumerate(allows, 1)
        ),
    )


@st.composite
def audits(draw: st.DrawFn, number: int) -> ir.Audit:
    """An observing rule."""
    hook = draw(st.sampled_from(HOOKS))
    return ir.Audit(
        id=f"audit-{number}",
        span=NOWHERE,
        inbound=draw(st.booleans()),
        actions=(_action(hook),),
        when=draw(conditions(hook)),
        because="",
    )


_VALUES: Final = {
    FLAG: (constant(True, BOOL), constant(False, BOOL)),
    COUNT: (
        ir.Arithmetic("+", ir.AttributeOf(SUBJECT, COUNT, INT), constant(1, INT), INT),
        constant(2, INT),
        constant(2**63 - 1, INT),
    ),
    SEEN: (
        ir.Arithmetic(
            "+",
            ir.AttributeOf(SUBJECT, SEEN, SetOf(INT)),
            ir.SetOfParts((ir.FactOf(SUBJECT, "uid", INT),), SetOf(INT)),
            SetOf(INT),
        ),
        constant(frozenset({1000}), SetOf(INT)),
    ),
    MARK: (constant(True, BOOL), constant(False, BOOL)),
}


@st.composite
def effects(draw: st.DrawFn, number: int, key: str, *, denied: bool) -> ir.Effect:
    """An effect on one attribute, the only one of its control on that attribute for its outcome."""
    hooks = [hook for hook in HOOKS if key != MARK or object_kind(hook) == FILE]
    hook = draw(st.sampled_from(hooks))
    thing = ir.Thing("object", FILE) if key == MARK else SUBJECT
    if key == FLAG and object_kind(hook) == TASK and draw(st.booleans()):
        thing = ir.Thing("object", TASK)
    return ir.Effect(
        id=f"on-{number}",
        span=NOWHERE,
        denied=denied,
        actions=(_action(hook),),
        when=draw(st.one_of(st.none(), conditions(hook))),
        assignments=(ir.Assign(thing, key, draw(st.sampled_from(_VALUES[key]))),),
    )


@st.composite
def controls(draw: st.DrawFn, name: str = "random.control") -> ir.Control:
    """A control with a handful of rules of every sort."""
    rules: list[ir.Rule] = [draw(denies(number)) for number in range(draw(st.integers(0, 3)))]
    rules += [draw(confines(number)) for number in range(draw(st.integers(0, 1)))]
    for number, (key, denied) in enumerate((key, denied) for key in _VALUES for denied in (False, True)):
        if draw(st.integers(0, 3)) == 0:
            rules.append(draw(effects(number, key, denied=denied)))
    if draw(st.booleans()):
        rules.append(draw(audits(1)))
    return ir.Control(
        name=name,
        doc="",
        annotations=ir.Annotations(),
        parameters=(),
        attributes=ATTRIBUTES,
        tables=(),
        rules=tuple(draw(st.permutations(rules))),
        span=NOWHERE,
    )
