"""Effects that exclude each other, and the small prover that sees it: never wrong, and quick where there are many."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.hooks.types import BOOL, INT, PATH, STRING, Enumeration, SetOf
from nslsm.language.check import ir
from nslsm.language.check.disjoint import Conditions, exclude
from nslsm.language.check.glob import Glob
from nslsm.language.check.operators import Settling
from nslsm.language.check.rules.overlapping_effects import MAX_REPORTED
from tests.language.check.memory import codes, findings

EFFECTS = "control c {{ attr task.x: int = 0 join max {effects} }}"


def overlap(*conditions: str, hooks: str = "file_open") -> bool:
    """Whether effects of different values under these conditions are reported."""
    effects = "\n".join(f"on {hooks} when {each} set subject.x = {n}" for n, each in enumerate(conditions))
    found = codes(EFFECTS.format(effects=effects))
    assert set(found) <= {"overlapping-effects"}, found
    return bool(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("subject.no_new_privs", "not subject.no_new_privs"),
        ("subject.no_new_privs == true", "not subject.no_new_privs"),
        ("subject.no_new_privs", "subject.no_new_privs == false"),
        ("subject.uid == 1", "subject.uid == 2"),
        ("subject.uid == 1", "2 == subject.uid"),
        ("subject.uid == 1", "subject.uid != 1"),
        ("subject.uid in {1, 2}", "subject.uid in {3, 4}"),
        ("subject.uid in {1, 2}", "subject.uid not in {1, 2, 3}"),
        ("subject.uid < 5", "subject.uid >= 5"),
        ("subject.uid < 5", "6 < subject.uid"),
        ("subject.uid <= 5 and subject.gid == 1", "subject.uid == 6"),
        ("subject.uid < 5", "not (subject.uid < 5)"),
        ("flags has write", "not (flags has write)"),
        ("flags has all {read, write}", "not (flags has write)"),
        ("flags has write", "not (flags has any {append, write})"),
        ("flags == {read}", "flags has write"),
        ("subject.groups == {}", "subject.groups has 3"),
        ("object.type == regular", "object.type in {fifo, socket}"),
        ("object.type == regular", "object.type != regular"),
        ("object.type not in {regular}", "object.type == regular"),
        ('object.path == "/a"', 'object.path == "/b"'),
        ('object.path == "/a/b"', 'not (object.path under "/a")'),
        ('object.path under "/a"', 'object.path under "/ab"'),
        ('object.path under {"/a", "/b"}', 'object.path under "/c"'),
        ('object.path matches "/a/**"', 'object.path matches "/b/**"'),
        ('object.path matches {"/a/*", "/b"}', 'object.path matches "/c"'),
        ('object.path matches "/a/**"', 'object.path == "/b"'),
        ('object.path == "/a/x"', 'not (object.path matches "/a/*")'),
        ('object.path matches "/a/**"', 'not (object.path matches "/a/**")'),
        ("subject.uid == 1 or subject.uid == 2", "subject.uid == 3"),
        ("subject.uid == 1 or subject.gid == 2", "subject.uid == 3 and subject.gid == 3"),
        ("not (subject.uid == 1 or subject.uid == 2)", "subject.uid == 1"),
        ("not (subject.uid == 1 and subject.gid == 1)", "subject.uid == 1 and subject.gid == 1"),
        ("subject.x == 1", "subject.x == 2"),
        ('basename(object.path) == "a"', 'basename(object.path) == "b"'),
        ("subject.uid == object.owner", "subject.uid != object.owner"),
    ],
)  # fmt: skip
def test_conditions_that_exclude_each_other_are_seen_to(one: str, other: str) -> None:
    assert not overlap(one, other)
    assert not overlap(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("subject.uid == 1", "subject.gid == 2"),
        ("subject.uid in {1, 2}", "subject.uid in {2, 3}"),
        ("subject.uid <= 5", "subject.uid >= 5"),
        ("subject.uid != 1", "subject.uid != 2"),
        ("flags has read", "flags has write"),
        ("not (flags has read)", "not (flags has write)"),
        ("not (flags has all {read, write})", "flags has write"),
        ("flags has any {read, write}", "not (flags has write)"),
        ('object.path under "/a"', 'object.path under "/a/b"'),
        ('object.path matches "/a/**"', 'object.path matches "/a/b*"'),
        ('not (object.path matches "/a/**")', 'object.path matches "/b/**"'),
        ("subject.uid == 1 or subject.uid == 2", "subject.uid == 2"),
        ("not (subject.uid == 1 and subject.gid == 1)", "subject.uid == 1"),
        ("subject.uid == object.owner", "subject.uid == 3"),
    ],
)
def test_conditions_that_can_hold_together_are_not(one: str, other: str) -> None:
    assert overlap(one, other)


def test_names_make_no_difference_to_what_is_compared() -> None:
    text = """
    let root = subject.uid == 0
    control c {
        attr task.x: int = 0 join max
        let big = object.owner
        on file_open when root and big == 1 set subject.x = 1
        on file_open when not (subject.uid == 0) or object.owner == 2 set subject.x = 2
    }
    """

    assert codes(text) == []


# Which effects are compared at all


def test_the_same_value_is_no_conflict() -> None:
    for value in ("1", "object.owner"):
        effects = f"on file_open when flags has write set subject.x = {value}"
        more = f"on file_open when flags has read set subject.x = {value}"

        assert codes(EFFECTS.format(effects=f"{effects} {more}")) == []


def test_effects_at_different_hooks_or_of_different_outcomes_are_not_compared() -> None:
    assert codes(EFFECTS.format(effects="on file_open set subject.x = 1 on task_kill set subject.x = 2")) == []
    assert codes(EFFECTS.format(effects="on file_open set subject.x = 1 on denied file_open set subject.x = 2")) == []


def test_guards_of_operations_count() -> None:
    operations = (
        "operation reading = file_open when not (flags has write) operation writing = file_open when flags has write "
    )
    effects = "on reading set subject.x = 1 on writing set subject.x = 2"

    assert codes(operations + EFFECTS.format(effects=effects)) == []
    assert codes(operations + EFFECTS.format(effects=effects.replace("on reading", "on file_open"))) == [
        "overlapping-effects"
    ]


def test_what_object_is_aimed_at_is_told_apart() -> None:
    operations = "operation ends = path_rename, path_rename at new "
    inside = 'object.path under "/a"'
    effects = f"on {{hook}} when {inside} set subject.x = 1 on {{hook}} when not ({inside}) set subject.x = 2"

    assert codes(EFFECTS.format(effects=effects.format(hook="path_rename"))) == []
    assert findings(operations + EFFECTS.format(effects=effects.format(hook="ends"))) == [
        "overlapping-effects: rules `on-1` and `on-2` can both set `task.x` at `path_rename`"
    ]


def test_one_effect_at_two_ends_of_a_rename_is_one_value_only_if_it_reads_neither() -> None:
    operations = "operation ends = path_rename, path_rename at new "

    assert codes(operations + EFFECTS.format(effects="on ends set subject.x = subject.uid")) == []
    assert findings(operations + EFFECTS.format(effects="on ends set subject.x = object.owner")) == [
        "overlapping-effects: rule `on-1` can set `task.x` to two values at one `path_rename`"
    ]


def test_two_values_in_one_rule_are_an_overlap() -> None:
    assert codes(EFFECTS.format(effects="on file_open set subject.x = 1 set subject.x = 2")) == ["overlapping-effects"]


def test_subject_and_object_may_be_one_process_unless_the_condition_says_not() -> None:
    both = "on task_kill set subject.x = 1 set object.x = 2"

    assert codes(EFFECTS.format(effects=both)) == ["overlapping-effects"]
    apart = both.replace("task_kill", "task_kill when not subject.same_process_as(object)")
    assert codes(EFFECTS.format(effects=apart)) == []


def test_many_effects_that_name_one_term_are_quick() -> None:
    effects = "\n".join(
        f'on file_open when object.path == "/{n}" and flags has read set subject.x = {n}' for n in range(3000)
    )

    assert codes(EFFECTS.format(effects=effects)) == []


def test_of_many_effects_the_two_that_overlap_are_found() -> None:
    effects = "\n".join(f'on file_open when object.path == "/{n % 1999}" set subject.x = {n}' for n in range(2000))

    assert findings(EFFECTS.format(effects=effects)) == [
        "overlapping-effects: rules `on-1` and `on-2000` can both set `task.x` at `file_open`"
    ]


def test_large_sets_are_no_burden() -> None:
    many = "{" + ", ".join(map(str, range(3000))) + "}"
    effects = "\n".join(
        f"on file_open when subject.uid in {many} and subject.gid == {n} set subject.x = {n}" for n in range(60)
    )

    assert codes(EFFECTS.format(effects=effects)) == []


def test_what_is_too_much_to_prove_is_an_error() -> None:
    effects = "\n".join(f"on file_open when subject.uid != object.owner + {n} set subject.x = {n}" for n in range(700))
    found = findings(EFFECTS.format(effects=effects))

    assert 0 < len(found) <= MAX_REPORTED + 1
    assert {each.partition(":")[0] for each in found} == {"overlapping-effects"}


# Never wrong: against all values there are

NUMBER = ir.Argument("number", INT)
TRUTH = ir.Argument("truth", BOOL)
GROUPS = ir.Argument("groups", SetOf(INT))
LEVEL = ir.Argument("level", Enumeration("level", ("low", "middle", "high"), ordered=True))
PATH_ = ir.Argument("path", PATH)

VALUES: dict[str, list[object]] = {
    "number": [0, 1, 2, 3, 4],
    "truth": [False, True],
    "groups": [frozenset(each) for count in range(4) for each in itertools.combinations((1, 2, 3), count)],
    "level": ["low", "middle", "high"],
    "path": ["/", "/a", "/a/b", "/ab", "/b", "/b/c"],
}

numbers = st.integers(-1, 5)
sets = st.frozensets(st.integers(1, 3), max_size=3)
paths = st.sampled_from(VALUES["path"])
globs = st.sampled_from(["/a", "/a*", "/a/*", "/*", "/**", "/{a,b}", "/b/**", "/a?", "/[ab]"])


def c(value: object, type_: object) -> ir.Constant:
    return ir.Constant(value, type_)  # type: ignore[arg-type]


def compared(
    term: ir.Argument, operators: list[str], constants: st.SearchStrategy[ir.Constant]
) -> st.SearchStrategy[ir.Expr]:
    members = term.type.members if isinstance(term.type, Enumeration) else ()
    return st.tuples(st.sampled_from(operators), constants, st.booleans()).map(
        lambda each: (
            ir.Compare(each[0], each[1], term, BOOL, members)
            if each[2] and each[0] in ("==", "!=", "<", "<=", ">", ">=")
            else ir.Compare(each[0], term, each[1], BOOL, members)
        )
    )


ORDER = ["==", "!=", "<", "<=", ">", ">="]
atoms = st.one_of(
    st.just(TRUTH),
    compared(TRUTH, ["==", "!="], st.booleans().map(lambda each: c(each, BOOL))),
    compared(NUMBER, ORDER, numbers.map(lambda each: c(each, INT))),
    compared(NUMBER, ["in", "not in"], sets.map(lambda each: c(each, SetOf(INT)))),
    compared(LEVEL, ORDER, st.sampled_from(VALUES["level"]).map(lambda each: c(each, LEVEL.type))),
    compared(GROUPS, ["==", "!=", "has all", "has any"], sets.map(lambda each: c(each, SetOf(INT)))),
    compared(GROUPS, ["has"], st.integers(1, 3).map(lambda each: c(each, INT))),
    compared(PATH_, ["==", "!="], paths.map(lambda each: c(each, PATH))),
    st.frozensets(paths, min_size=1, max_size=2).map(lambda each: ir.Under(PATH_, c(each, SetOf(PATH)), BOOL)),
    st.frozensets(globs, min_size=1, max_size=2).map(
        lambda each: ir.Matches(PATH_, c(each, SetOf(STRING)), tuple(map(Glob, sorted(each))), BOOL)
    ),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        inner.map(lambda each: ir.Not(each, BOOL)),
        inner.map(lambda each: ir.Named("n", each, BOOL)),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: ir.And(tuple(each), BOOL)),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: ir.Or(tuple(each), BOOL)),
    ),
    max_leaves=6,
)


class At(Settling):
    """Works out expressions at one choice of values for the arguments."""

    def __init__(self, values: dict[str, object]) -> None:
        super().__init__()
        self.values = values

    def value(self, expression: ir.Expr) -> object:  # type: ignore[override]
        if isinstance(expression, ir.Argument):
            return self.values[expression.name]
        return super().value(expression)


def worlds(one: ir.Expr, other: ir.Expr) -> list[dict[str, object]]:
    """All choices of values for what the conditions read."""
    names = sorted({name for name in VALUES if f"'{name}'" in repr(one) + repr(other)})
    return [dict(zip(names, choice, strict=True)) for choice in itertools.product(*(VALUES[name] for name in names))]


@settings(max_examples=300, deadline=None)
@given(conditions, conditions)
def test_conditions_said_to_exclude_each_other_never_hold_together(one: ir.Expr, other: ir.Expr) -> None:
    reader = Conditions()

    if exclude(reader.conjunctions((one,), None), reader.conjunctions((other,), None)):
        assert not any(At(world).value(one) and At(world).value(other) for world in worlds(one, other))


@settings(max_examples=200, deadline=None)
@given(atoms, conditions)
def test_what_contradicts_itself_is_mostly_seen(atom: ir.Expr, rest: ir.Expr) -> None:
    reader = Conditions()
    left = reader.conjunctions((atom, rest), None)
    right = reader.conjunctions((ir.Not(atom, BOOL),), None)

    assert left is None or exclude(left, right)
