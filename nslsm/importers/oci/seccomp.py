"""A filter of system calls, as the runtime specification and Docker's profiles have it: what it answers for each call.

How rules come together is libseccomp's doing (seccomp_rule_add(3)): a rule without conditions answers for its call, whatever
others say; conditions on different arguments must all hold, on one argument any (as runc has it); what no rule is about
gets the default. Which of several conditional rules with different answers comes first is not documented: here a denial does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.importers.oci.codes import NOTED, STRICTER
from nslsm.importers.oci.document import Node
from nslsm.importers.oci.report import Report
from nslsm.importers.traces.auditd.numbers import X86_64

CALLS: Final = frozenset(X86_64.values())
"""Names of system calls of x86-64."""
ARCHITECTURE: Final = "amd64"

_PERMIT: Final = frozenset({"SCMP_ACT_ALLOW", "SCMP_ACT_LOG"})
_KILL: Final = frozenset({"SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"})
_ASK: Final = frozenset({"SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY"})
_OPERATORS: Final = {"NE": "!=", "LT": "<", "LE": "<=", "EQ": "==", "GE": ">=", "GT": ">"}
_HALF: Final = 1 << 63
_KNOWN: Final = frozenset(
    [
        "defaultAction",
        "defaultErrnoRet",
        "architectures",
        "archMap",
        "flags",
        "listenerPath",
        "listenerMetadata",
        "syscalls",
    ]
)
_RULE: Final = frozenset(["names", "name", "action", "errnoRet", "args", "comment", "includes", "excludes"])
_ARGUMENT: Final = frozenset({"index", "value", "valueTwo", "op"})
_SCOPE: Final = frozenset({"caps", "arches", "minKernel"})


class Answer(NamedTuple):
    """What a filter says to a call: the errno of a denial, None where it lets it go on."""

    errno: str | None


class Conditional(NamedTuple):
    """A rule about a call with some arguments."""

    condition: str
    answer: Answer


@dataclass(slots=True)
class Filter:
    """A filter, rule by rule, for calls of x86-64."""

    default: Answer
    whole: dict[str, Answer] = field(default_factory=dict)
    """What it says to a call, whatever its arguments."""
    parts: dict[str, list[Conditional]] = field(default_factory=dict)
    """What it says to a call with some arguments."""


def read_filter(node: Node, report: Report, *, bounding: frozenset[str] | None, kernel: str) -> Filter:
    """The filter that an object describes.

    ``bounding`` are the capabilities by which a Docker profile's rules are chosen (None: all), ``kernel`` a version, ``6.12``.
    """
    report.unknown(node, _KNOWN, NOTED)
    default = node.get("defaultAction")
    if default is None:
        raise node.error("a filter has a `defaultAction`")
    made = Filter(_answer(default, node.get("defaultErrnoRet"), report))
    if made.default.errno is not None and default.text() == "SCMP_ACT_ERRNO":
        report.tell(
            NOTED, default, "runc answers ENOSYS to calls newer than all that are named; here the default counts"
        )
    for name in ("architectures", "archMap"):
        listed = node.get(name)
        if listed is not None:
            report.tell(NOTED, listed, "calls are judged as those of x86-64")
    for rule in node.each("syscalls"):
        report.unknown(rule, _RULE, NOTED)
        if _applies(rule, bounding, kernel, report):
            _add(made, rule, report)
    for name, parts in made.parts.items():
        answers = {each.answer.errno is None for each in parts}
        if len(answers) == 2:
            report.tell(STRICTER, node, f"rules about `{name}` may permit and refuse one call; here the refusal counts")
    return made


def _add(made: Filter, rule: Node, report: Report) -> None:
    action = rule.get("action")
    if action is None:
        raise rule.error("a rule has an `action`")
    answer = _answer(action, rule.get("errnoRet"), report)
    conditions = _conditions(list(rule.each("args")), report)
    named = [*rule.each("names"), *filter(None, [rule.get("name")])]
    if not named:
        raise rule.error("a rule has `names`")
    for node in named:
        name = node.text()
        if name not in CALLS:
            report.tell(NOTED, node, f"x86-64 has no system call `{name}`")
        elif answer == made.default:
            continue  # as runc: it would say nothing new, and libseccomp does not take it
        elif not conditions:
            made.whole.setdefault(name, answer)
        else:
            made.parts.setdefault(name, []).extend(Conditional(each, answer) for each in conditions)


def _answer(node: Node, errno: Node | None, report: Report) -> Answer:
    action = node.text()
    if action in _PERMIT:
        if action == "SCMP_ACT_LOG":
            report.tell(NOTED, node, "what is written into a log decides nothing here")
        return Answer(None)
    if action in _KILL:
        report.tell(
            STRICTER, node, f"{action} ends the program; here the call is denied, with EPERM, and the program goes on"
        )
        return Answer("EPERM")
    if action in _ASK:
        report.tell(
            STRICTER, node, "whoever supervises would decide; here nobody does, and the call is denied, with ENOSYS"
        )
        return Answer("ENOSYS")
    if action != "SCMP_ACT_ERRNO":
        raise node.error(f"`{action}` is no action of a filter")
    number = 1 if errno is None else errno.number(0, 65535)
    try:
        return Answer(Errno(number).name)
    except ValueError:
        assert errno is not None
        report.tell(STRICTER, errno, f"{number} is no errno that can be said; here the call is denied, with EPERM")
        return Answer("EPERM")


def _conditions(arguments: Sequence[Node], report: Report) -> list[str]:
    """Conditions of which one must hold; none where there are no arguments."""
    found: list[tuple[int, str]] = []
    for node in arguments:
        report.unknown(node, _ARGUMENT, NOTED)
        index, value, operator = node.get("index"), node.get("value"), node.get("op")
        if index is None or value is None or operator is None:
            raise node.error("an argument has `index`, `value` and `op`")
        second = node.get("valueTwo")
        place, number = index.number(0, 5), value.number()
        other = 0 if second is None else second.number()
        name = operator.text().removeprefix("SCMP_CMP_")
        if name == "MASKED_EQ":
            found.append((place, masked(f"arg{place}", number, other)))
        elif name in _OPERATORS:
            found.append((place, compared(f"arg{place}", _OPERATORS[name], number)))
        else:
            raise operator.error(f"`{operator.text()}` is no comparison")
    if len({place for place, _ in found}) < len(found):
        return [text for _, text in found]
    return [" and ".join(f"({text})" if " or " in text else text for _, text in found)] if found else []


def compared(argument: str, operator: str, number: int) -> str:
    """A comparison of 64 bits without a sign, of numbers that have one here.

    >>> compared("arg0", "==", 8), compared("arg0", "==", 2**64 - 1), compared("arg0", ">=", 16)
    ('arg0 == 8', 'arg0 == -1', 'arg0 >= 16 or arg0 < 0')
    """
    high = number >= _HALF
    text = f"{argument} {operator} {number - 2 * _HALF if high else number}"
    if operator in (">", ">="):
        return f"{text} and {argument} < 0" if high else f"{text} or {argument} < 0"
    if operator in ("<", "<="):
        return f"{text} or {argument} >= 0" if high else f"{text} and {argument} >= 0"
    return text


def masked(argument: str, mask: int, number: int) -> str:
    """A comparison of some bits of an argument."""
    signed = [each - 2 * _HALF if each >= _HALF else each for each in (mask, number & mask)]
    return f"{argument} & {signed[0]} == {signed[1]}"


def _applies(rule: Node, bounding: frozenset[str] | None, kernel: str, report: Report) -> bool:
    """Whether a rule of a Docker profile is for this container: capabilities, architecture, kernel."""

    def has(name: str) -> bool:
        return bounding is None or name in bounding

    includes, excludes = rule.get("includes"), rule.get("excludes")
    for scope in (includes, excludes):
        report.unknown(scope, _SCOPE, NOTED)
    if excludes is not None:
        newer = excludes.get("minKernel")
        left_out = any(has(each.text()) for each in excludes.each("caps"))
        left_out = left_out or ARCHITECTURE in [each.text() for each in excludes.each("arches")]
        if left_out or (newer is not None and not _older(kernel, newer)):
            return False
    if includes is None:
        return True
    newer, arches = includes.get("minKernel"), [each.text() for each in includes.each("arches")]
    return (
        all(has(each.text()) for each in includes.each("caps"))
        and (not arches or ARCHITECTURE in arches)
        and (newer is None or not _older(kernel, newer))
    )


def _older(kernel: str, node: Node) -> bool:
    try:
        least = tuple(int(part) for part in node.text().split(".")[:2])
        return tuple(int(part) for part in kernel.split(".")[:2]) < least
    except ValueError:
        raise node.error("this is no version of a kernel, `4.8`") from None


def rules(made: Filter) -> Iterable[str]:
    """The rules of a control, for a filter."""
    from nslsm.importers.policy_text import quoted, texts  # noqa: PLC0415 - it loads the language

    by_errno: dict[str, list[str]] = {}
    for name, answer in made.whole.items():
        if answer.errno is not None:
            by_errno.setdefault(answer.errno, []).append(name)
    for errno, names in sorted(by_errno.items()):
        yield (
            f"deny calls_refused_{errno.lower()}: system_call when call in {texts(names)} with {errno} "
            f"because {quoted('the filter of system calls refuses it')}"
        )
    grouped: dict[tuple[str, str], list[str]] = {}
    for name, listed in made.parts.items():
        if name in made.whole:
            continue
        for errno, condition in _refusals(listed, made.default):
            grouped.setdefault((errno, condition), []).append(name)
    for number, ((errno, condition), names) in enumerate(grouped.items(), 1):
        which = f"call in {texts(names)}" if len(names) > 1 else f"call == {quoted(names[0])}"
        yield (
            f"deny arguments_{number}: system_call when {which} and {_closed(condition)} with {errno} "
            f"because {quoted('the filter of system calls refuses it with these arguments')}"
        )
    if made.default.errno is not None:
        listed_calls = {*made.whole, *made.parts}
        which = f" when call not in {texts(listed_calls)}" if listed_calls else ""
        yield (
            f"deny unlisted: system_call{which} with {made.default.errno} "
            f"because {quoted('the filter of system calls does not list it')}"
        )


def _closed(condition: str) -> str:
    return condition if condition.startswith("not (") else f"({condition})"


def _refusals(listed: Sequence[Conditional], default: Answer) -> Iterable[tuple[str, str]]:
    for each in listed:
        if each.answer.errno is not None:
            yield each.answer.errno, each.condition
    if default.errno is not None:
        others = " or ".join(f"({each.condition})" if len(listed) > 1 else each.condition for each in listed)
        yield default.errno, f"not ({others})"
