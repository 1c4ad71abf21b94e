"""Other policy engines with the hundred rules: each is made of them, and answers whether a question is denied."""

import functools
import importlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from hundred_rules import HOOKS, LEVELS, LOG, NAMES, RULES, Question, Test, joined

Denied = Callable[[Question], bool]


CEDAR: Final = {
    "under": 'context.path == {0} || context.path like "{2}/*"',
    "equal": "context.path == {0}",
    "log": 'context.path like "{2}/*.log" && !(context.path like "{2}/*/*")',
    "uid": "context.uid == {0}",
    "not exe": "context.exe != {0}",
}


def cedar(*, flat: bool = False) -> Denied:
    """Cedar, with its own hierarchy, or flattened by hand: a set of policies for each hook."""
    engine = importlib.import_module("cedarpy")
    permit = "permit(principal, action, resource);"
    texts = {
        hook: [
            f'forbid(principal in Namespace::"{NAMES[rule.level]}", action == Action::"{hook}", resource) '
            f"when {{ {joined(CEDAR, ' && ', rule)} }};"
            for rule in RULES
            if rule.hook == hook
        ]
        for hook in HOOKS
    }
    entities = [
        {
            "uid": {"type": "Namespace", "id": name},
            "attrs": {},
            "parents": [{"type": "Namespace", "id": NAMES[level - 1]}] if level else [],
        }
        for level, name in enumerate(NAMES)
    ]
    known = engine.Entities.from_json_str(json.dumps(entities))
    whole = engine.PolicySet.from_str("\n".join((permit, *(text for each in texts.values() for text in each))))
    sets = {hook: engine.PolicySet.from_str("\n".join((permit, *texts[hook]))) if flat else whole for hook in HOOKS}

    def denied(question: Question) -> bool:
        request = {
            "principal": f'Namespace::"{NAMES[-1]}"',
            "action": f'Action::"{question.hook}"',
            "resource": 'File::"it"',
            "context": question.facts,
        }
        return not engine.is_authorized(request, sets[question.hook], known).allowed

    return denied


CEL: Final = {
    "under": "path == {0} || path.startsWith({1})",
    "equal": "path == {0}",
    "log": "path.matches({1})",
    "uid": "uid == {0}",
    "not exe": "exe != {0}",
}


def expressions(words: Mapping[str, str], conjunction: str, disjunction: str) -> dict[str, str]:
    """For each hook, what all levels deny as one expression."""
    return {
        hook: disjunction.join(f"({joined(words, conjunction, rule)})" for rule in RULES if rule.hook == hook)
        for hook in HOOKS
    }


def cel_in_rust() -> Denied:
    """CEL by its implementation in Rust."""
    engine = importlib.import_module("cel")
    programs = {hook: engine.compile(text) for hook, text in expressions(CEL, " && ", " || ").items()}
    return lambda question: bool(programs[question.hook].execute(question.facts))


def cel_in_cpp() -> Denied:
    """CEL by its implementation in C++."""
    engine = importlib.import_module("cel_expr_python.cel")
    types = {"uid": engine.Type.INT, "exe": engine.Type.STRING, "path": engine.Type.STRING}
    environment = engine.NewEnv(variables=types)
    programs = {hook: environment.compile(text) for hook, text in expressions(CEL, " && ", " || ").items()}
    return lambda question: bool(programs[question.hook].eval(data=question.facts).value())


def cel_in_python() -> Denied:
    """CEL by its implementation in Python."""
    engine = importlib.import_module("celpy")
    environment = engine.Environment()
    programs = {
        hook: environment.program(environment.compile(text)) for hook, text in expressions(CEL, " && ", " || ").items()
    }
    return lambda question: bool(programs[question.hook].evaluate(engine.json_to_cel(question.facts)))


RULE_ENGINE: Final = {
    "under": "path == {0} or path.starts_with({1})",
    "equal": "path == {0}",
    "log": "path =~ {1}",
    "uid": "uid == {0}",
    "not exe": "exe != {0}",
}


def rule_engine() -> Denied:
    """rule-engine, its paths by regular expressions."""
    engine = importlib.import_module("rule_engine")
    words = {**RULE_ENGINE, "under": 'path =~ "^{2}(/.*)?$"'}
    programs = {hook: engine.Rule(text) for hook, text in expressions(words, " and ", " or ").items()}
    return lambda question: bool(programs[question.hook].matches(question.facts))


def rego() -> Denied:
    """Rego by regopy; the lineage is data."""
    engine = importlib.import_module("regopy")
    words = {
        "under": 'startswith(concat("", [input.path, "/"]), {1})',
        "equal": "input.path == {0}",
        "log": "regex.match({1}, input.path)",
        "uid": "input.uid == {0}",
        "not exe": "input.exe != {0}",
    }
    lines = ["package lsm", "import rego.v1", "default deny := false"]
    for rule in RULES:
        conditions = joined(words, "; ", rule, "{}")
        lines.append(f'deny if {{ input.hook == "{rule.hook}"; "{NAMES[rule.level]}" in input.lineage; {conditions} }}')
    made = engine.Interpreter()
    made.add_module("lsm", "\n".join(lines))

    bundle = made.build("data.lsm.deny")

    def denied(question: Question) -> bool:
        made.set_input({**question.facts, "hook": question.hook, "lineage": list(NAMES)})
        return "true" in str(made.query_bundle(bundle))

    return denied


CASBIN_MODEL: Final = """
[request_definition]
r = ns, hook, e
[policy_definition]
p = ns, hook, rule, eft
[role_definition]
g = _, _
[policy_effect]
e = !some(where (p.eft == deny))
[matchers]
m = g(r.ns, p.ns) && r.hook == p.hook && eval(p.rule)
"""


def casbin() -> Denied:
    """PyCasbin, its hierarchy as roles, its paths by functions."""
    engine = importlib.import_module("casbin")
    logging.disable(logging.CRITICAL)
    model = engine.Enforcer.new_model(text=CASBIN_MODEL)
    enforcer = engine.Enforcer(model)
    enforcer.add_function("beneath", lambda path, directory: f"{path}/".startswith(f"{directory}/"))
    enforcer.add_function("is_log", lambda path, pattern: _pattern(pattern).match(path) is not None)
    words = {
        "under": "beneath(r.e.path, '{2}')",
        "equal": "r.e.path == '{2}'",
        "log": "is_log(r.e.path, '{2}')",
        "uid": "r.e.uid == {2}",
        "not exe": "r.e.exe != '{2}'",
    }
    for rule in RULES:
        enforcer.add_policy(NAMES[rule.level], rule.hook, joined(words, " && ", rule), "deny")
    for level in range(1, LEVELS):
        enforcer.add_grouping_policy(NAMES[level], NAMES[level - 1])

    def denied(question: Question) -> bool:
        return not enforcer.enforce(NAMES[-1], question.hook, _Event(**question.facts))

    return denied


@functools.cache
def _pattern(directory: str) -> re.Pattern[str]:
    return re.compile(LOG.format(directory))


class _Event:
    def __init__(self, **facts: str | int) -> None:
        self.__dict__.update(facts)


def holds(test: Test, facts: Mapping[str, Any]) -> bool:
    """A condition in Python, for peers whose own reach no further."""
    match test.kind:
        case "under":
            return f"{facts['path']}/".startswith(f"{test.value}/")
        case "equal":
            return bool(facts["path"] == test.value)
        case "log":
            return _pattern(str(test.value)).match(facts["path"]) is not None
        case "uid":
            return bool(facts["uid"] == test.value)
    return bool(facts["exe"] != test.value)


def vakt() -> Denied:
    """vakt: conditions over several facts are functions of Python's."""
    engine = importlib.import_module("vakt")
    of_rules = importlib.import_module("vakt.rules")
    base = importlib.import_module("vakt.rules.base")

    def satisfied(self: Any, what: Any, inquiry: Any = None) -> bool:  # noqa: ANN401 - vakt's own signature
        del inquiry
        return all(holds(test, what) for test in self.tests)

    condition = type("Condition", (base.Rule,), {"satisfied": satisfied})
    storage = engine.MemoryStorage()
    anything = [of_rules.Any()]
    allowing = engine.Policy("all", actions=anything, resources=anything, subjects=anything, effect=engine.ALLOW_ACCESS)
    storage.add(allowing)
    for number, rule in enumerate(RULES):
        when = condition()
        when.tests = rule.tests
        storage.add(
            engine.Policy(
                f"r{number}",
                actions=[of_rules.Eq(rule.hook)],
                resources=[when],
                subjects=[of_rules.In(*NAMES[rule.level :])],
                effect=engine.DENY_ACCESS,
            )
        )
    guard = engine.Guard(storage, engine.RulesChecker())
    logging.disable(logging.CRITICAL)

    def denied(question: Question) -> bool:
        asked = engine.Inquiry(action=question.hook, resource=question.facts, subject=NAMES[-1])
        return not guard.is_allowed(asked)

    return denied


def oso() -> Denied:
    """oso: the hierarchy in Polar, paths by methods of an object of Python's."""
    engine = importlib.import_module("oso").Oso()

    class Event:
        def __init__(self, facts: Mapping[str, Any]) -> None:
            self.facts = facts
            self.uid, self.exe, self.path = facts["uid"], facts["exe"], facts["path"]

        def beneath(self, directory: str) -> bool:
            return holds(Test("under", directory), self.facts)

        def is_log(self, directory: str) -> bool:
            return holds(Test("log", directory), self.facts)

    engine.register_class(Event)
    words = {
        "under": "e.beneath({0})",
        "equal": "e.path = {0}",
        "log": "e.is_log({0})",
        "uid": "e.uid = {0}",
        "not exe": "e.exe != {0}",
    }
    lines = [f'within("{inner}", "{NAMES[level]}");' for inner in NAMES for level in range(NAMES.index(inner) + 1)]
    for rule in RULES:
        conditions = joined(words, " and ", rule)
        lines.append(f'deny(ns, "{rule.hook}", e: Event) if within(ns, "{NAMES[rule.level]}") and {conditions};')
    engine.load_str("\n".join(lines))

    def denied(question: Question) -> bool:
        found = engine.query_rule("deny", NAMES[-1], question.hook, Event(question.facts))
        return next(iter(found), None) is not None

    return denied


NONE_SETS: Final = "attributes that decisions change, observers, unknown facts"
PEERS: Final[tuple[tuple[str, Callable[[], Denied], str], ...]] = (
    ("Cedar (cedarpy), its own hierarchy", cedar, NONE_SETS),
    ("Cedar (cedarpy), flattened by hand", functools.partial(cedar, flat=True), f"{NONE_SETS}; levels, so flattened"),
    ("CEL (common-expression-language, Rust)", cel_in_rust, f"rules, levels and reasons; {NONE_SETS}"),
    ("CEL (cel-expr-python, C++)", cel_in_cpp, f"rules, levels and reasons; {NONE_SETS}"),
    ("CEL (cel-python)", cel_in_python, f"rules, levels and reasons; {NONE_SETS}"),
    ("rule-engine", rule_engine, f"levels and reasons; {NONE_SETS}"),
    ("Rego (regopy)", rego, f"levels but as data; {NONE_SETS}"),
    ("PyCasbin", casbin, f"paths but by functions; {NONE_SETS}"),
    ("vakt", vakt, f"two facts in one condition but by functions; {NONE_SETS}"),
    ("oso", oso, f"paths but by methods; {NONE_SETS}"),
)
