"""Random questions for explanations: one request, and controls whose rules are all about it."""

from hypothesis import strategies as st
from rpds import HashTrieMap

from nslsm.controls.policy import PolicyControl
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import BOOL, Unknown
from nslsm.kernel.state import CellKey, State
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Mode, Namespace, NamespaceTree
from nslsm.protocol.things import Credentials, Identity, Task, Value
from nslsm.testing.events import Situation, requests
from nslsm.testing.programs import ATTRIBUTES, FLAG, NOWHERE, atoms

ACTIONS = ("read", "write")


@st.composite
def conditions(draw: st.DrawFn, hook: str, depth: int = 2) -> ir.Expr:
    """A condition over a few atoms, of any shape."""
    shape = draw(st.integers(0, 6)) if depth else 0
    if shape <= 2:
        return draw(atoms(hook))
    one, other = draw(conditions(hook, depth - 1)), draw(conditions(hook, depth - 1))
    match shape:
        case 3:
            return ir.Not(one, BOOL)
        case 4:
            return ir.And((one, other), BOOL)
        case 5:
            return ir.Or((one, ir.Named("let", other, BOOL)), BOOL)
        case _:
            return ir.Conditional(one, other, draw(atoms(hook)), BOOL)


@st.composite
def actions(draw: st.DrawFn, hook: str) -> tuple[ir.Action, ...]:
    """One or two operations that the hook belongs to, guarded now and then."""
    guards = st.one_of(st.none(), conditions(hook, 1))
    names = ACTIONS[: draw(st.integers(1, 2))]
    return tuple(ir.Action(name, (ir.Target(hook, None, draw(guards)),)) for name in names)


@st.composite
def programs(draw: st.DrawFn, hook: str, name: str) -> ir.Control:
    """A control with one to three rules about the hook."""
    rules: list[ir.Rule] = []
    for number in range(draw(st.integers(1, 3))):
        when = draw(st.one_of(st.none(), *[conditions(hook)] * 9))
        about = draw(actions(hook))
        if draw(st.booleans()):
            rules.append(
                ir.Deny(
                    id=f"deny-{number}", span=NOWHERE, inbound=False, actions=about, when=when, errno=None, because="x"
                )
            )
            continue
        allows = tuple(
            ir.Allow(
                id=f"confine-{number}.allow-{place}",
                span=NOWHERE,
                actions=draw(st.sampled_from((("read",), ("write",), ACTIONS))),
                when=draw(conditions(hook)),
            )
            for place in range(draw(st.integers(0, 2)))
        )
        rules.append(
            ir.Confine(
                id=f"confine-{number}", span=NOWHERE, actions=about, where=when, errno=None, because="x", allows=allows
            )
        )
    return ir.Control(
        name=name,
        doc="",
        annotations=ir.Annotations(),
        parameters=(),
        attributes=ATTRIBUTES,
        tables=(),
        rules=tuple(rules),
        span=NOWHERE,
    )


@st.composite
def questions(draw: st.DrawFn) -> Situation:
    """One request, always fatal, in a namespace with one or two above it, each with a control or none."""
    depth = draw(st.integers(1, 2))
    uids: tuple[int | Unknown, ...] = (0, 1000, Unknown.UNKNOWN)
    person = Task(
        pid=10,
        tgid=10,
        ppid=1,
        credentials=Credentials(uid=draw(st.sampled_from(uids)), namespace=depth - 1),
    )
    other = Task(pid=11, tgid=11, ppid=1, credentials=Credentials(uid=1001, namespace=0))
    request = draw(requests(person, (person, other)))._replace(consequence=Consequence.FATAL)
    tree = NamespaceTree(HashTrieMap())
    path = ""
    for number in range(depth):
        path = f"{path}.n{number}".lstrip(".")
        bindings = tuple(
            Binding(
                name=f"c{place}",
                control=PolicyControl(draw(programs(request.hook.name, f"random.c{number}{place}"))),
                mode=draw(st.sampled_from((Mode.ENFORCE, Mode.ENFORCE, Mode.ENFORCE, Mode.COMPLAIN))),
            )
            for place in range(draw(st.integers(0 if number else 1, 2)))
        )
        tree = tree.with_namespace(
            Namespace(
                id=number,
                name=f"n{number}",
                parent=number - 1 if number else None,
                path=path,
                depth=number,
                bindings=bindings,
            )
        )
    cells: HashTrieMap[CellKey, Value | Unknown] = HashTrieMap()
    flag = draw(st.sampled_from((None, True, False, Unknown.UNKNOWN)))
    if flag is not None:
        cells = cells.insert(CellKey(0, "c0", FLAG), flag)
    state = State(
        namespaces=tree,
        tasks=HashTrieMap({10: person, 11: other}),
        cells=HashTrieMap({Identity("task", 10): cells}),
    )
    return Situation(state, (request,))
