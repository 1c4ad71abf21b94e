"""What all controls of a lineage say about one hook, as one function that answers an errno: the analogue of static calls.

No list is walked and nothing is looked up; facts that several controls read are read once. The function tells no rule and
makes no verdict vector: who wants those asks each control.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Never, Protocol, cast

from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Hook
from nslsm.language.check import ir
from nslsm.language.program.compile.expressions import Expressions
from nslsm.language.program.compile.facts import Facts
from nslsm.language.program.compile.names import Names
from nslsm.language.program.compile.rules import UNDECIDED, Writing, judged, setting
from nslsm.protocol.request import Request

LONGEST: Final = 4000
"""Lines of a function; more, and the controls are asked one by one."""


class Viewing(Protocol):
    """Makes a binding's view of a state: of the state, its namespace and its name."""

    def __call__(self, state: Never, namespace: int, binding: str, /) -> object:
        """The view."""


Answering = Callable[[Request, object], int | None]
"""Of a request and the state: an errno, 0 where it is granted; None where it takes a decision to tell."""


class Member(NamedTuple):
    """A binding of the lineage whose control has a say."""

    control: ir.Control
    where: str
    """The namespace, and the binding's name in it: what is read in a listing."""
    view: tuple[object, ...]
    """What its view is made of beside the state."""
    denies: bool
    """Whether what it denies is denied."""


class LineageFunction(NamedTuple):
    """The function, and how it was generated."""

    answer: Answering
    text: str
    values: dict[str, object]


def lineage_function(
    members: Sequence[Member], hook: Hook, view: Viewing, *, sets_when_denied: bool
) -> LineageFunction | None:
    """The function of a lineage, the nearest first; None where it cannot be said in Python, or would be too long.

    ``view`` makes a binding's view of a state. ``sets_when_denied``: what is denied may set something, so that it is decided.
    """
    names = Names()
    names.values["view"] = view
    expressions = Expressions(hook, names)
    facts = Facts(names)

    def denied(errno: Errno | None) -> str:
        return "None" if sets_when_denied else str(int(hook.default_errno if errno is None else errno))

    try:
        writings = [
            (member, Writing(member.control, expressions, facts, f"v{number}", told=False, denied=denied))
            for number, member in enumerate(members)
        ]
        lines: list[str] = []
        for member, writing in writings:
            if member.denies:
                lines += [f"# {member.where}: {member.control.name}", *judged(writing)]
        for member, writing in writings:
            sets = list(setting(writing))
            lines += [f"# {member.where}: {member.control.name}", *sets] if sets else []
        if len(lines) > LONGEST:
            return None
        first = {
            writing.view: f"{writing.view} = view(s, {', '.join(map(repr, member.view))})"
            for member, writing in writings
        }
        function = facts.function("answer(q, s)", [*lines, "return 0"], on_unknown=UNDECIDED, first=first)
        text = "\n\n".join((*expressions.beside, function))
        values = dict(names.values)
        exec(compile(text, f"<{hook.name}>", "exec"), values)  # noqa: S102 - generated above, from checked programs
    except (RecursionError, SyntaxError, MemoryError, LookupError):
        return None
    return LineageFunction(cast("Answering", values["answer"]), text, names.values)
