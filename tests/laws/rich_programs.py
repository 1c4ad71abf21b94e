"""Random conditions that use most of the language: attributes with every sort of join and default, tables, sets, methods.

:mod:`nslsm.testing.programs` makes smaller ones, as strategies that hypothesis can shrink. These here are drawn from a
generator of random numbers: a seed is all that hypothesis knows of them, so that a hundred times as many can be looked at.
"""

from random import Random
from typing import Any, Final

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import CREDENTIALS, FILE, NAMESPACE, TASK
from nslsm.hooks.linux import Capability
from nslsm.hooks.types import (
    ADDRESS,
    BOOL,
    CAPABILITY,
    GLOB,
    INT,
    NETWORK,
    PATH,
    STRING,
    Enumeration,
    Kind,
    SetOf,
    Type,
)
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.testing import programs as small
from nslsm.testing.programs import FLAG, GLOBS, MARK, NETWORKS, NOWHERE, PORTS, SEEN, SUBJECT, UIDS

HOOKS: Final = (
    *("file_open", "task_kill", "bprm_check_security", "path_rename") * 2,
    *("ptrace_access_check", "socket_connect", "capable", "file_receive", "task_fix_setuid"),
    *("ipc_permission", "user_access", "namespace_enter", "bprm_committed_creds", "inode_setxattr"),
)
"""What rules are about: files at one end and at two, tasks, things with a home, a probe, an element, a hook that tells."""

LEVEL_TYPE: Final = Enumeration("level", ("low", "middle", "high"), ordered=True)
INTS: Final = SetOf(INT)
WORDS: Final = SetOf(STRING)
EXTREMES: Final = (-(2**63), -1, 0, 1, 2, 2**63 - 1)

COUNT: Final = "task.count"
NUMBER: Final = "task.number"
LEVEL: Final = "task.level"
WORD: Final = "task.word"
LAST: Final = "task.last"
LABEL: Final = "file.label"
TALLY: Final = "namespace.tally"


def const(value: Any, type_: Type) -> ir.Constant:
    """A constant."""
    return ir.Constant(value, type_)


def _declared(key: str, type_: Type, default: ir.Expr, foreign: ir.Expr | None, join: str | None) -> ir.Attribute:
    kind = {"task": TASK, "file": FILE, "namespace": NAMESPACE}[key.partition(".")[0]]
    return ir.Attribute(key=key, kind=kind, type=type_, default=default, foreign=foreign, join=join, span=NOWHERE)


OBJECT_FILE: Final = ir.Thing("object", FILE)
OBJECT_TASK: Final = ir.Thing("object", TASK)

KILL: Final = const(Capability.CAP_KILL, CAPABILITY)

ATTRIBUTES: Final = (
    *(each for each in small.ATTRIBUTES if each.key in (FLAG, SEEN, MARK)),
    _declared(COUNT, INT, ir.FactOf(OBJECT_TASK, "uid", INT), const(7, INT), "max"),
    _declared(NUMBER, INT, const(0, INT), None, None),
    _declared(LEVEL, LEVEL_TYPE, const("middle", LEVEL_TYPE), const("low", LEVEL_TYPE), "min"),
    _declared(WORD, STRING, ir.Builtin("basename", (ir.FactOf(OBJECT_TASK, "exe", PATH),), STRING), None, "first"),
    _declared(LAST, STRING, const("_", STRING), const("?", STRING), "last"),
    _declared(LABEL, STRING, ir.FactOf(OBJECT_FILE, "sha256", STRING), None, None),
    _declared(TALLY, INT, const(0, INT), None, "max"),
)
"""One of each sort: every join and none, plain and derived defaults, with a value for foreign things and without."""

TYPES: Final[dict[str, Type]] = {each.key: each.type for each in ATTRIBUTES}

GIVEN: Final = {
    "ports": ir.Table(
        name="t.ports",
        keys=(PATH,),
        trees=(False,),
        value=INTS,
        rows={("/usr/bin/x",): frozenset({1, 1000}), ("/srv/a",): frozenset({0})},
        otherwise=frozenset({2}),
    ),
}
"""The arguments of every control: a table."""

TABLES: Final = (
    ir.Table(
        name="t.rights",
        keys=(PATH,),
        trees=(True,),
        value=WORDS,
        rows={("/",): frozenset({"r"}), ("/srv",): frozenset({"w", "r"}), ("/srv/a",): frozenset({"x"})},
        otherwise=frozenset(),
    ),
    ir.Table(
        name="t.pairs",
        keys=(INT, INT),
        trees=(False, False),
        value=BOOL,
        rows={(0, 1): True, (1000, 1000): True, (1001, 2): True},
        otherwise=False,
    ),
    ir.Table(
        name="t.kinds",
        keys=(GLOB, INT),
        trees=(False, False),
        value=WORDS,
        rows={
            ("/srv/*", 0): frozenset({"r"}),
            ("/srv/**", 1000): frozenset({"w"}),
            ("/srv/a", 0): frozenset({"x"}),
            ("/{usr,srv}/**", 0): frozenset({"y"}),
        },
        otherwise=frozenset({"none"}),
    ),
    ir.Table(
        name="t.reach",
        keys=(INT, PATH),
        trees=(False, False),
        value=WORDS,
        rows={(0, "/srv/a"): frozenset({"r"}), (1000, "/srv/a"): frozenset({"w"}), (1000, "/srv/b"): frozenset({"r"})},
        otherwise=frozenset({"none"}),
    ),
)


# Expressions, by type


def _attribute(thing: ir.Thing, key: str) -> ir.AttributeOf:
    return ir.AttributeOf(thing, key, TYPES[key])


def object_kind(hook: str) -> Kind | None:
    """The kind of object of a hook."""
    return CATALOGUE[hook].object


def ints(chance: Random, hook: str) -> ir.Expr:
    """An integer."""
    match chance.randrange(6):
        case 0:
            return ir.Arithmetic(chance.choice("+-&"), _int(chance, hook), _int(chance, hook), INT)
        case 1:
            return ir.Conditional(_attribute(SUBJECT, FLAG), _int(chance, hook), _int(chance, hook), INT)
    return _int(chance, hook)


def _int(chance: Random, hook: str) -> ir.Expr:
    namespace = ir.Thing("namespace", NAMESPACE)
    known: list[ir.Expr] = [
        ir.FactOf(SUBJECT, "uid", INT),
        _attribute(SUBJECT, COUNT),
        _attribute(SUBJECT, NUMBER),
        _attribute(namespace, TALLY),
        ir.FactOf(namespace, "depth", INT),
        ir.Builtin("size", (_attribute(SUBJECT, SEEN),), INT),
    ]
    if object_kind(hook) == FILE:
        known.append(ir.FactOf(OBJECT_FILE, "owner", INT))
    if object_kind(hook) == TASK:
        known += [ir.FactOf(OBJECT_TASK, "uid", INT), _attribute(OBJECT_TASK, COUNT)]
    if hook == "task_fix_setuid":
        known += [ir.FactOf(ir.Thing(name, CREDENTIALS), "uid", INT) for name in ("old", "new")]
    return const(chance.choice((*UIDS, *EXTREMES)), INT) if chance.random() < 0.5 else chance.choice(known)


def int_sets(chance: Random, hook: str) -> ir.Expr:
    """A set of integers."""
    if chance.random() < 0.3:
        return ir.Arithmetic(chance.choice("+-&"), _int_set(chance, hook), _int_set(chance, hook), INTS)
    return _int_set(chance, hook)


def _int_set(chance: Random, hook: str) -> ir.Expr:
    match chance.randrange(5):
        case 0:
            return _attribute(SUBJECT, SEEN)
        case 1:
            return ir.FactOf(SUBJECT, "groups", INTS)
        case 2:
            return const(frozenset(chance.sample(UIDS, chance.randrange(3))), INTS)
        case 3:
            return ir.SetOfParts((ints(chance, hook), ints(chance, hook)), INTS)
    return ir.Lookup(ir.of_parameter("ports"), (paths(chance, hook),), (False,), INTS)


def paths(chance: Random, hook: str) -> ir.Expr:
    """A path."""
    known: list[ir.Expr] = [ir.FactOf(SUBJECT, "exe", PATH), const("/srv/a", PATH)]
    if object_kind(hook) == FILE:
        known += [ir.FactOf(OBJECT_FILE, "path", PATH)] * 3
        known.append(ir.Builtin("dirname", (ir.FactOf(OBJECT_FILE, "path", PATH),), PATH))
    if hook == "path_rename":
        known.append(ir.FactOf(ir.Thing("new", FILE), "path", PATH))
    return chance.choice(known)


def words(chance: Random, hook: str) -> ir.Expr:
    """A string."""
    known: list[ir.Expr] = [
        const("x", STRING),
        const("aa", STRING),
        _attribute(SUBJECT, WORD),
        _attribute(SUBJECT, LAST),
        ir.FactOf(ir.Thing("namespace", NAMESPACE), "name", STRING),
        ir.FactOf(SUBJECT, "namespace", STRING),
    ]
    if object_kind(hook) == FILE:
        absent = (const("user.note", STRING), const("none", STRING))
        known += [
            _attribute(OBJECT_FILE, LABEL),
            ir.FactOf(OBJECT_FILE, "sha256", STRING),
            ir.MethodOf(OBJECT_FILE, "xattr", absent, STRING),
            ir.MethodOf(OBJECT_FILE, "xattr", absent[:1], STRING),
        ]
    if object_kind(hook) == TASK:
        known += [_attribute(OBJECT_TASK, WORD), _attribute(OBJECT_TASK, LAST)]
    found = chance.choice(known)
    if chance.random() < 0.1:
        context = ir.Builtin(
            "context_of", (found, const("r", STRING), const("x", STRING), const("s0", STRING), found), STRING
        )
        return ir.Builtin(chance.choice(("context_user", "context_type", "context_high")), (context,), STRING)
    return found


def levels(chance: Random, hook: str) -> ir.Expr:
    """A member of an ordered enumeration."""
    if chance.random() < 0.5:
        return const(chance.choice(LEVEL_TYPE.members), LEVEL_TYPE)
    things = [SUBJECT, OBJECT_TASK] if object_kind(hook) == TASK else [SUBJECT]
    return _attribute(chance.choice(things), LEVEL)


ORDERED: Final = ("==", "!=", "<", "<=", ">", ">=")


def atom(chance: Random, hook: str) -> ir.Expr:
    """A condition without parts."""
    if chance.random() < 0.3:
        return _of_this_hook(chance, hook)
    match chance.randrange(11):
        case 0:
            return const(chance.random() < 0.5, BOOL)
        case 1:
            return _attribute(SUBJECT, FLAG)
        case 2:
            return ir.Compare(chance.choice(ORDERED), ints(chance, hook), ints(chance, hook), BOOL)
        case 3:
            both = levels(chance, hook), levels(chance, hook)
            return ir.Compare(chance.choice(ORDERED), *both, BOOL, LEVEL_TYPE.members)
        case 4:
            return ir.Compare(chance.choice(("==", "!=")), words(chance, hook), words(chance, hook), BOOL)
        case 5:
            return ir.Compare(chance.choice(("in", "not in")), ints(chance, hook), int_sets(chance, hook), BOOL)
        case 6:
            return ir.Compare("has", int_sets(chance, hook), ints(chance, hook), BOOL)
        case 7:
            operator = chance.choice(("has all", "has any"))
            return ir.Compare(operator, int_sets(chance, hook), int_sets(chance, hook), BOOL)
        case 8:
            return ir.Compare("has", ir.FactOf(SUBJECT, "effective", SetOf(CAPABILITY)), KILL, BOOL)
        case 9:
            texts = frozenset(chance.sample(GLOBS, chance.randint(1, 2)))
            globs = tuple(Glob(text) for text in sorted(texts))
            return ir.Matches(paths(chance, hook), const(texts, WORDS), globs, BOOL)
        case 10:
            return ir.Under(paths(chance, hook), const(chance.choice(("/", "/srv", "/srv/a")), PATH), BOOL)
    return _lookup(chance, hook)


def _of_this_hook(chance: Random, hook: str) -> ir.Expr:
    """A condition over the hook's object or its own facts, where they are of use."""
    kind = object_kind(hook)
    if kind is not None and kind.fact("foreign") is not None and chance.random() < 0.4:
        return ir.FactOf(ir.Thing("object", kind), "foreign", BOOL)
    if kind == TASK and chance.random() < 0.5:
        method = chance.choice(("same_process_as", "is_ancestor_of", "accepts_tracer"))
        return ir.MethodOf(SUBJECT, method, (OBJECT_TASK,), BOOL)
    if hook == "socket_connect" and chance.random() < 0.5:
        return ir.Compare("==", ir.Argument("port", INT), const(chance.choice(PORTS), INT), BOOL)
    if hook == "socket_connect":
        network = chance.choice(NETWORKS)
        return ir.Compare("in", ir.Argument("address", ADDRESS), const(network, NETWORK), BOOL)
    if hook == "capable":
        return ir.Compare("==", ir.Argument("cap", CAPABILITY), KILL, BOOL)
    if object_kind(hook) == FILE:
        return _attribute(OBJECT_FILE, MARK)
    if object_kind(hook) == TASK:
        return _attribute(OBJECT_TASK, FLAG)
    return ir.Compare("==", ir.FactOf(SUBJECT, "uid", INT), const(chance.choice(UIDS), INT), BOOL)


def _lookup(chance: Random, hook: str) -> ir.Expr:
    """A table: a set of pairs; directories above a path; patterns that match one; rows of several keys at once."""
    word = const(chance.choice(("r", "w", "x", "none")), STRING)
    match chance.randrange(4):
        case 3:
            found = ir.Lookup("t.kinds", (paths(chance, hook), int_sets(chance, hook)), (False, True), WORDS)
            return ir.Compare("has", found, word, BOOL)
        case 0:
            return ir.Lookup("t.pairs", (ints(chance, hook), ints(chance, hook)), (False, False), BOOL)
        case 1:
            found = ir.Lookup("t.rights", (paths(chance, hook),), (False,), WORDS)
            return ir.Compare("has", found, word, BOOL)
    found = ir.Lookup("t.reach", (int_sets(chance, hook), paths(chance, hook)), (True, False), WORDS)
    return ir.Compare("has", found, word, BOOL)


def condition(chance: Random, hook: str, depth: int = 2) -> ir.Expr:
    """A condition of any shape."""
    if depth == 0 or chance.random() < 0.4:
        return atom(chance, hook)
    inner = [condition(chance, hook, depth - 1) for _ in range(3)]
    match chance.randrange(5):
        case 0:
            return ir.Not(inner[0], BOOL)
        case 1:
            return ir.And(tuple(inner[: chance.randint(2, 3)]), BOOL)
        case 2:
            return ir.Or(tuple(inner[: chance.randint(2, 3)]), BOOL)
        case 3:
            return ir.Named("named", inner[0], BOOL)
    return ir.Conditional(inner[0], inner[1], inner[2], BOOL)


def maybe_condition(chance: Random, hook: str) -> ir.Expr | None:
    """A condition, or none."""
    return None if chance.random() < 0.3 else condition(chance, hook)
