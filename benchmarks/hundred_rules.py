"""A workload that any policy engine can be asked: four namespaces, each in the one before, with 25 rules each; four hooks."""

import json
from collections.abc import Mapping
from random import Random
from typing import Final, NamedTuple

LEVELS, EACH, PATHS, TASKS = 4, 25, 5_000, 8
QUESTIONS: Final = 20_000
HOOKS: Final = ("file_open", "inode_unlink", "inode_rmdir", "inode_getattr")
NAMES: Final = tuple(f"n{level}" for level in range(LEVELS))


class Test(NamedTuple):
    """One condition: ``under`` a directory, ``equal`` to a path, a ``log`` right in a directory, a ``uid``, not an ``exe``."""

    kind: str
    value: str | int


class Rule(NamedTuple):
    """What a level denies: a hook, where all tests hold."""

    level: int
    hook: str
    tests: tuple[Test, ...]


class Question(NamedTuple):
    """Who asks, which hook, about which path."""

    task: int
    hook: str
    path: str

    @property
    def facts(self) -> dict[str, str | int]:
        """What conditions read."""
        return {"uid": self.task, "exe": f"/usr/bin/p{self.task}", "path": self.path}


def _rules() -> list[Rule]:
    """A hundred rules, of four sorts."""
    found = []
    for level in range(LEVELS):
        for n in range(EACH):
            hook = HOOKS[n % len(HOOKS)]
            tests = (
                (Test("under", f"/srv/l{level}/d{n}"), Test("uid", n % TASKS)),
                (Test("under", f"/data/l{level}/d{n}"), Test("not exe", f"/usr/bin/p{n % TASKS}")),
                (Test("equal", f"/etc/l{level}/secret{n}"),),
                (Test("log", f"/var/l{level}/d{n}"),),
            )[(n // len(HOOKS)) % 4]
            found.append(Rule(level, hook, tests))
    return found


RULES: Final = _rules()


def questions() -> list[Question]:
    """What is asked: paths by Zipf's law, most of them nobody's business; of the others, half by the hook of the rule."""
    chance = Random(7)  # noqa: S311 - a workload, the same each time
    others = ("/usr/lib/{0}", "/home/a/{0}", "/usr/share/{0}", "/opt/{0}", "/srv/other/{0}", "/var/l0/d1/x/{0}.log")
    kinds = {"under": "{1}/{0}", "equal": "{1}", "log": "{1}/{0}.log"}
    meant: list[tuple[str, str | None]] = []
    for number in range(PATHS):
        rule = chance.choice(RULES) if chance.random() < 0.12 else None
        if rule is None:
            meant.append((chance.choice(others).format(number), None))
        else:
            first = rule.tests[0]
            meant.append((kinds[first.kind].format(number, first.value), rule.hook))
    weights = [1 / rank for rank in range(1, PATHS + 1)]
    return [
        Question(
            chance.randrange(TASKS), hook if hook is not None and chance.random() < 0.5 else chance.choice(HOOKS), path
        )
        for path, hook in chance.choices(meant, weights, k=QUESTIONS)
    ]


LOG: Final = "^{}/[^/]+\\.log$"
"""What is right in a directory, and a log, as a regular expression."""


def joined(words: Mapping[str, str], conjunction: str, rule: Rule, around: str = "({})") -> str:
    """A rule's conditions in a language: ``{0}`` is the value quoted, ``{1}`` what to match with it, ``{2}`` the value bare."""
    said = []
    for test in rule.tests:
        expression = LOG.format(test.value) if test.kind == "log" else f"{test.value}/" if test.kind == "under" else ""
        said.append(words[test.kind].format(json.dumps(test.value), json.dumps(expression), test.value))
    return conjunction.join(around.format(each) for each in said)
