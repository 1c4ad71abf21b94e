"""Random controls: rules of every sort over :mod:`tests.laws.rich_programs`, and controls in Python, which may break."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.facts import FLAGS
from nslsm.hooks.kinds import FILE, NAMESPACE, TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.hooks.types import BOOL, STRING
from nslsm.language.check import ir
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Task
from nslsm.protocol.view import View
from nslsm.testing.programs import FLAG, MARK, NOWHERE, SEEN, SUBJECT
from tests.laws.rich_programs import (
    ATTRIBUTES,
    COUNT,
    GIVEN,
    INTS,
    LABEL,
    LAST,
    LEVEL,
    NUMBER,
    OBJECT_TASK,
    TABLES,
    TALLY,
    WORD,
    condition,
    const,
    int_sets,
    ints,
    levels,
    maybe_condition,
    object_kind,
    words,
)

ERRNOS: Final = (None, Errno.EPERM, Errno.ENOENT, Errno.EHOSTUNREACH)


def _when(flag: str) -> ir.Expr:
    return ir.Compare("has", ir.Argument("flags", FLAGS.type), const(flag, STRING), BOOL)


WRITE: Final = ir.Action(
    "write",
    (
        ir.Target("file_open", guard=_when("write")),
        ir.Target("path_rename"),
        ir.Target("path_rename", at="new"),
        ir.Target("inode_setxattr"),
    ),
)
READ: Final = ir.Action("read", (ir.Target("file_open", guard=_when("read")), ir.Target("file_receive")))
BOTH_ENDS: Final = ir.Action("move", (ir.Target("path_rename"), ir.Target("path_rename", at="new")))

OPERATIONS: Final = {"write": WRITE, "read": READ, "move": BOTH_ENDS}


def hook_action(hook: str) -> ir.Action:
    """A hook by itself."""
    return ir.Action(hook, (ir.Target(hook),))


def about(chance: Random, hooks: tuple[str, ...]) -> tuple[str, tuple[ir.Action, ...]]:
    """What a rule is about, and a hook that has no more facts than all of it: operations on files, or a hook."""
    if chance.random() < 0.3:
        names = chance.sample(sorted(OPERATIONS), chance.randint(1, 2))
        return "file_receive", tuple(OPERATIONS[name] for name in names)
    hook = chance.choice(hooks)
    return hook, (hook_action(hook),)


def deniable(hook: str) -> bool:
    """Whether an answer counts there."""
    return CATALOGUE[hook].hook_class is HookClass.ACCESS


def deny(chance: Random, number: int, hooks: tuple[str, ...]) -> ir.Deny:
    """A ``deny``; where things have a home, often an inbound one."""
    hook, actions = about(chance, tuple(filter(deniable, hooks)))
    kind = object_kind(hook)
    return ir.Deny(
        id=f"deny-{number}",
        span=NOWHERE,
        inbound=kind is not None and kind.fact("foreign") is not None and chance.random() < 0.6,
        actions=actions,
        when=maybe_condition(chance, hook),
        errno=chance.choice(ERRNOS),
        because="no",
    )


def confine(chance: Random, number: int, hooks: tuple[str, ...]) -> ir.Confine:
    """A region of one or two actions, with allows for some of them."""
    hook, actions = about(chance, tuple(filter(deniable, hooks)))
    names = [action.name for action in actions]
    return ir.Confine(
        id=f"confine-{number}",
        span=NOWHERE,
        actions=actions,
        where=maybe_condition(chance, hook),
        errno=chance.choice(ERRNOS),
        because="region",
        allows=tuple(
            ir.Allow(
                id=f"confine-{number}.allow-{place}",
                span=NOWHERE,
                actions=tuple(chance.sample(names, chance.randint(1, len(names)))),
                when=maybe_condition(chance, hook),
            )
            for place in range(1, chance.randint(1, 4))
        ),
    )


def audit(chance: Random, number: int, hooks: tuple[str, ...]) -> ir.Audit:
    """An observing rule."""
    hook, actions = about(chance, hooks)
    return ir.Audit(
        id=f"audit-{number}",
        span=NOWHERE,
        inbound=chance.random() < 0.5,
        actions=actions,
        when=maybe_condition(chance, hook),
        because="seen",
    )


def effect(chance: Random, number: int, hooks: tuple[str, ...]) -> ir.Effect:
    """``on`` or ``on denied``, setting one or two attributes of whatever the hook has.

    Two effects may set one attribute for one request: the checker would not let them, the model knows what it means.
    """
    hook, actions = about(chance, hooks)
    return ir.Effect(
        id=f"on-{number}",
        span=NOWHERE,
        denied=chance.random() < 0.35,
        actions=actions,
        when=maybe_condition(chance, hook),
        assignments=tuple(assign(chance, hook) for _ in range(chance.randint(1, 2))),
    )


def assign(chance: Random, hook: str) -> ir.Assign:
    """``set thing.attribute = value``."""
    kind = object_kind(hook)
    keys = [FLAG, COUNT, NUMBER, LEVEL, WORD, LAST, SEEN, TALLY]
    keys += [MARK, LABEL] * 3 if kind == FILE else []
    key = chance.choice(keys)
    match key.partition(".")[0]:
        case "file":
            thing = ir.Thing("object", FILE)
        case "namespace":
            thing = ir.Thing("namespace", NAMESPACE)
        case _:
            thing = OBJECT_TASK if kind == TASK and chance.random() < 0.5 else SUBJECT
    return ir.Assign(thing, key, _value(chance, key, hook))


def _value(chance: Random, key: str, hook: str) -> ir.Expr:
    match key:
        case "task.flag" | "file.mark":
            return condition(chance, hook)
        case "task.count" | "task.number" | "namespace.tally":
            return ints(chance, hook)
        case "task.level":
            return levels(chance, hook)
        case "task.seen" if chance.random() < 0.3:
            several = const(frozenset(range(100, 100 + chance.randint(1, 3))), INTS)
            return ir.Arithmetic("+", ir.AttributeOf(SUBJECT, SEEN, INTS), several, INTS)
        case "task.seen":
            return int_sets(chance, hook)
    return words(chance, hook)


def control(chance: Random, name: str, hooks: tuple[str, ...]) -> ir.Control:
    """A control with some rules of every sort about ``hooks``, some of which can be denied."""
    rules: list[ir.Rule] = [deny(chance, number, hooks) for number in range(chance.randint(0, 3))]
    rules += [confine(chance, number, hooks) for number in range(chance.randint(0, 1))]
    rules += [effect(chance, number, hooks) for number in range(chance.randint(0, 4))]
    rules += [audit(chance, number, hooks) for number in range(chance.randint(0, 2))]
    chance.shuffle(rules)
    return ir.Control(
        name=name,
        doc="",
        annotations=ir.Annotations(),
        parameters=tuple(ir.ParameterDeclaration(each, table.type, None) for each, table in GIVEN.items()),
        attributes=ATTRIBUTES,
        tables=TABLES,
        rules=tuple(rules),
        span=NOWHERE,
    )


# In Python

BREAKS: Final = ("judge", "rubbish", "effects", "wishes", "observe", "sights", "handles", "recursion")


@dataclass(frozen=True)
class Snake:
    """A control in Python that handles every hook: it says what it is told to, and breaks where it is told to."""

    name: str
    breaks: str
    answer: Answer = ABSTAIN
    sets: tuple[tuple[str, Any], ...] = ()

    @property
    def digest(self) -> str:
        """It has its name for a digest."""
        return self.name

    origin = digest

    def handles(self, hook: str) -> bool:
        """Every hook."""
        self._fall("handles")
        return bool(hook)

    def judge(self, request: Request, view: View) -> Answer:
        """What it was told to say."""
        self._fall("judge")
        if self.breaks == "recursion":
            return self.judge(request, view)
        return None if self.breaks == "rubbish" else self.answer  # type: ignore[return-value]

    judge_inbound = judge

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """What it was told to set, of the subject."""
        del view
        self._fall("effects")
        if self.breaks == "wishes":
            return None  # type: ignore[return-value]
        return tuple(
            Assignment(attribute, request.subject.identity, value, f"sets-{denied}", None)
            for attribute, value in self.sets
        )

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """Whatever is about a task."""
        del view
        self._fall("observe")
        if self.breaks == "sights":
            return ("rubbish",)  # type: ignore[return-value]
        return (Observation("saw", "", certain=True),) if isinstance(request.object, Task) else ()

    observe_inbound = observe

    def _fall(self, where: str) -> None:
        if self.breaks == where:
            raise RuntimeError(where)


ANSWERS: Final = (
    ABSTAIN,
    Answer(Stance.DENY, "no", None, "it says so"),
    Answer(Stance.ALLOW, "yes"),
    Answer(Stance.UNKNOWN, unknown=frozenset({"object.soul"})),
)


def snake(chance: Random, name: str) -> Snake:
    """A control in Python, as often whole as broken."""
    breaks = "nothing" if chance.random() < 0.5 else chance.choice(BREAKS)
    sets = tuple((chance.choice(("task.a", "task.b")), chance.randint(0, 1)) for _ in range(chance.randint(0, 2)))
    return Snake(name, breaks, chance.choice(ANSWERS), sets)
