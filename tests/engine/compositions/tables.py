"""Small situations, and what each system makes of them, written down by hand from what is known of the systems.

The subject is in ``leaf``, below ``mid``, below ``root``; a process that it may signal is in ``other``, below ``mid`` too. Each
binding watches what it hears of. A row says ``verdict errno who | who was asked, in order | whose observers ran``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nslsm.controls.policy import PolicyControl
from nslsm.engine.compositions import Composition
from nslsm.engine.decision import Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.linux import Errno
from nslsm.kernel.state import State
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Mode, Namespace
from nslsm.protocol.opinion import Answer, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.view import View
from nslsm.testing.builders import Scripted, file_at, request, state_with, task_in
from nslsm.testing.programs import NOWHERE

HOOKS = ("file_open", "task_kill", "bprm_committed_creds")
LETTERS = {"root": "r", "mid": "m", "leaf": "l", "other": "o"}


def breaks(request: Request, view: View) -> Answer:
    """What a broken control does."""
    raise ZeroDivisionError(request.hook.name, view.namespace.name)


ALLOWS = Answer(Stance.ALLOW, "allows")
DOUBTS = Answer(Stance.UNKNOWN, unknown=frozenset({"object.sha256"}))


def denies(errno: Errno | None = None) -> Answer:
    """A denial."""
    return Answer(Stance.DENY, "denies", errno)


def binding(name: str, said: object, *, complains: bool = False, inbound: bool = False) -> Binding:
    """A binding that says one thing about every hook, and watches each."""
    answers = dict.fromkeys(HOOKS, said)
    control = Scripted(
        name,
        answers={} if inbound else answers,  # type: ignore[arg-type]
        inbound=answers if inbound else {},  # type: ignore[arg-type]
        sees=dict.fromkeys(HOOKS, (Observation("watches", "", certain=True),)),
    )
    return Binding(name=name, control=control, mode=Mode.COMPLAIN if complains else Mode.ENFORCE)


def closed_world(name: str) -> Binding:
    """A complaining binding of the language, whose region allows nothing; it watches as well."""
    action = ir.Action("file_open", (ir.Target("file_open"),))
    region = ir.Confine(
        id="known", span=NOWHERE, actions=(action,), where=None, errno=Errno.EROFS, because="", allows=()
    )
    watches = ir.Audit(id="watches", span=NOWHERE, inbound=False, actions=(action,), when=None, because="")
    program = ir.Control(
        name=f"tables.{name}",
        doc="",
        annotations=ir.Annotations(),
        parameters=(),
        attributes=(),
        tables=(),
        rules=(region, watches),
        span=NOWHERE,
    )
    return Binding(name=name, control=PolicyControl(program), mode=Mode.COMPLAIN)


@dataclass(frozen=True)
class Case:
    """Who binds what, and what each composition is to make of a request."""

    expected: Mapping[str, str]
    root: Answer | Sequence[Binding] = ALLOWS
    mid: Answer | Sequence[Binding] = ALLOWS
    leaf: Answer | Sequence[Binding] = ALLOWS
    other: Sequence[Binding] = ()
    hook: str = "file_open"
    modes: Mapping[str, Mode] = field(default_factory=dict)


def table(*rows: tuple[str, str]) -> dict[str, str]:
    """Rows by the names of the compositions that they are about, commas between them."""
    return {name.strip(): row for names, row in rows for name in names.split(",")}


EVERYBODY_SEES = "conjunction, selinux-ns, ima"

CASES: dict[str, Case] = {
    "nobody objects": Case(
        table(
            (EVERYBODY_SEES, "grant | l m r | l m r"),
            ("lsm-core, apparmor-stack", "grant | r m l | r m l"),
            ("landlock", "grant | l m r |"),
        )
    ),
    "the middle objects": Case(
        table(
            ("conjunction", "deny EROFS m | l m r | l m r"),
            ("lsm-core", "deny EROFS m | r m | r m"),
            ("selinux-ns", "deny EACCES m | l m | l m"),
            ("apparmor-stack", "deny EROFS m | r m l | r m l"),
            ("landlock", "deny EACCES m | l m r | m"),
            ("ima", "deny EACCES m | l m r | l m r"),
        ),
        mid=denies(Errno.EROFS),
    ),
    "root and leaf object": Case(
        table(
            ("conjunction", "deny EROFS l | l m r | l m r"),
            ("lsm-core", "deny EPERM r | r | r"),
            ("selinux-ns", "deny EACCES l | l | l"),
            ("apparmor-stack", "deny EROFS l | r m l | r m l"),
            ("landlock", "deny EACCES l | l m r | l"),
            ("ima", "deny EACCES l | l m r | l m r"),
        ),
        root=denies(Errno.EPERM),
        leaf=denies(Errno.EROFS),
    ),
    "two bindings of one namespace object": Case(
        table(
            ("conjunction", "deny EPERM a | a b m r | a b m r"),
            ("lsm-core", "deny EPERM a | r m a | r m a"),
            ("selinux-ns", "deny EACCES a | a b | a b"),
            ("apparmor-stack", "deny EROFS b | r m a b | r m a b"),
            ("landlock", "deny EACCES a | a b m r | a b"),
            ("ima", "deny EACCES a | a b m r | a b m r"),
        ),
        leaf=(binding("a", denies(Errno.EPERM)), binding("b", denies(Errno.EROFS))),
    ),
    "two bindings of one namespace object, not in the order of their names": Case(
        table(
            ("conjunction", "deny EPERM z | z a m r | z a m r"),
            ("lsm-core", "deny EPERM z | r m z | r m z"),
            ("selinux-ns", "deny EACCES z | z a | z a"),
            ("apparmor-stack", "deny EPERM z | r m a z | r m a z"),
            ("landlock", "deny EACCES z | z a m r | z a"),
            ("ima", "deny EACCES z | z a m r | z a m r"),
        ),
        leaf=(binding("z", denies(Errno.EPERM)), binding("a", denies(Errno.EROFS))),
    ),
    "the middle complains": Case(
        table(
            (EVERYBODY_SEES, "grant | l m r | l m r"),
            ("lsm-core", "grant | r m l | r m l"),
            ("apparmor-stack", "deny EROFS m | r m l | r m l"),
            ("landlock", "deny EACCES m | l m r | m"),
        ),
        mid=denies(Errno.EROFS),
        modes={"mid": Mode.COMPLAIN},
    ),
    "the middle complains by a region": Case(
        table(
            (EVERYBODY_SEES, "grant | l m r | l m r"),
            ("lsm-core, apparmor-stack", "grant | r m l | r m l"),
            ("landlock", "deny EACCES m | l m r | m"),
        ),
        mid=(closed_world("m"),),
    ),
    "the middle complains, the root objects": Case(
        table(
            ("conjunction", "deny EPERM r | l m r | l m r"),
            ("lsm-core", "deny EPERM r | r | r"),
            ("selinux-ns", "deny EACCES r | l m r | l m r"),
            ("apparmor-stack", "deny EROFS m | r m l | r m l"),
            ("landlock", "deny EACCES m | l m r | m"),
            ("ima", "deny EACCES r | l m r | l m r"),
        ),
        root=denies(Errno.EPERM),
        mid=denies(Errno.EROFS),
        modes={"mid": Mode.COMPLAIN},
    ),
    "the leaf does not know, the root objects": Case(
        table(
            ("conjunction", "deny EPERM r | l m r | l m r"),
            ("lsm-core", "deny EPERM r | r | r"),
            ("selinux-ns", "deny EACCES r | l m r | l m r"),
            ("apparmor-stack", "deny EPERM r | r m l | r m l"),
            ("landlock", "deny EACCES r | l m r | r"),
            ("ima", "deny EACCES r | l m r | l m r"),
        ),
        root=denies(Errno.EPERM),
        leaf=DOUBTS,
    ),
    "the root does not know, the leaf objects": Case(
        table(
            ("conjunction", "deny EPERM l | l m r | l m r"),
            ("lsm-core", "deny EPERM l | r m l | r m l"),
            ("selinux-ns", "deny EACCES l | l | l"),
            ("apparmor-stack", "deny EPERM l | r m l | r m l"),
            ("landlock", "deny EACCES l | l m r | l"),
            ("ima", "deny EACCES l | l m r | l m r"),
        ),
        root=DOUBTS,
        leaf=denies(Errno.EPERM),
    ),
    "the middle does not know": Case(
        table(
            (EVERYBODY_SEES, "indeterminate EACCES | l m r | l m r"),
            ("lsm-core, apparmor-stack", "indeterminate EACCES | r m l | r m l"),
            ("landlock", "indeterminate EACCES | l m r |"),
        ),
        mid=DOUBTS,
    ),
    "the leaf breaks": Case(
        table(
            ("conjunction, ima", "deny EACCES l | l m r | l m r"),
            ("lsm-core, apparmor-stack", "deny EACCES l | r m l | r m l"),
            ("selinux-ns", "deny EACCES l | l | l"),
            ("landlock", "deny EACCES l | l m r | l"),
        ),
        leaf=(binding("l", breaks),),
    ),
    "the middle complains and breaks": Case(
        table(
            (EVERYBODY_SEES, "grant | l m r | l m r"),
            ("lsm-core, apparmor-stack", "grant | r m l | r m l"),
            ("landlock", "deny EACCES m | l m r | m"),
        ),
        mid=(binding("m", breaks, complains=True),),
    ),
    "the object's side objects": Case(
        table(
            ("conjunction", "deny EROFS o | l m r o | l m r"),
            ("lsm-core, apparmor-stack", "deny EROFS o | r m l o | r m l"),
            ("selinux-ns, ima", "grant | l m r | l m r"),
            ("landlock", "grant | l m r |"),
        ),
        other=(binding("o", denies(Errno.EROFS), inbound=True),),
        hook="task_kill",
    ),
    "both sides object": Case(
        table(
            ("conjunction", "deny EPERM l | l m r o | l m r"),
            ("lsm-core", "deny EPERM l | r m l | r m l"),
            ("selinux-ns", "deny EACCES l | l | l"),
            ("apparmor-stack", "deny EROFS o | r m l o | r m l"),
            ("landlock", "deny EPERM l | l m r | l"),
            ("ima", "deny EACCES l | l m r | l m r"),
        ),
        leaf=denies(),
        other=(binding("o", denies(Errno.EROFS), inbound=True),),
        hook="task_kill",
    ),
    "a hook only tells": Case(
        table(
            (EVERYBODY_SEES, "grant | | l m r"),
            ("lsm-core, apparmor-stack", "grant | | r m l"),
            ("landlock", "grant | |"),
        ),
        mid=denies(),
        hook="bprm_committed_creds",
    ),
}


def state_of(case: Case) -> State:
    """The namespaces of a case."""
    state = state_with(**{level: _bound(case, level) for level in ("root", "mid", "leaf")})
    beside = Namespace(id=3, name="other", parent=1, path="root.mid.other", depth=2, bindings=tuple(case.other))
    return State(namespaces=state.namespaces.with_namespace(beside))


def _bound(case: Case, level: str) -> Sequence[Binding]:
    said = getattr(case, level)
    if not isinstance(said, Answer):
        bound: Sequence[Binding] = said
        return bound
    return (binding(LETTERS[level], said, complains=case.modes.get(level) is Mode.COMPLAIN),)


def request_of(case: Case, state: State) -> Request:
    """What is asked."""
    target = task_in(state, "other", pid=11) if case.hook == "task_kill" else file_at("/srv/a")
    return request(case.hook, task_in(state, "leaf"), target)


def told(composition: Composition, case: Case, walk: Walk = Walk.FULL) -> str:
    """What a composition makes of a case, in the words of the table."""
    state = state_of(case)
    judgement = composition.judge(request_of(case, state), state, walk)
    asked = " ".join(opinion.binding.name for opinion in judgement.opinions)
    seen = " ".join(each.binding.name for each in composition.observations(judgement, state))
    answer = [str(judgement.verdict)]
    if judgement.verdict is not Verdict.GRANT:
        assert judgement.errno is not None
        answer.append(judgement.errno.name)
    if judgement.deciding is not None:
        answer.append(judgement.deciding.binding.name)
    return f"{' '.join(answer)} | {asked} | {seen}".replace("|  |", "| |").rstrip()


def assert_as_told(composition: Composition, case: Case) -> None:
    """The composition makes of the case what the table says."""
    assert told(composition, case) == case.expected[composition.name]
