"""Texts in any layout: the words of a text with other blanks and line breaks between them, and comments put anywhere."""

from hypothesis import strategies as st

from nslsm.language.syntax import ast
from nslsm.language.syntax.automaton import Text, tokens
from nslsm.language.syntax.parse import parse

COMMENTS = (
    "",
    " why",
    " nslsm: allow(unused-let) it is for others",
    'no blank, "quotes", """more quotes and {brackets}',
    " a long remark, longer than what is beside it, so that it would not fit if it were a part of the line that it ends",
)
WITHIN = (" ", " ", " ", " ", "", "\n", "\n", "\t", "\r\n")
GAPS = (*WITHIN, "\n\n", "\n \n\n")
REMARKS = (" #{}\n", " #{}\r\n", "\n#{}\n", "\n\n  #{}\n\n", " #{}\n\n")
ENDS = ("", "\n", "\n\n", " # the end", "\n# the end\n\n\n# and after\n\n")


@st.composite
def scattered(draw: st.DrawFn, text: str, *, comments: int = 4, gaps: int = 12, blank: bool = True) -> str:
    """``text`` with up to so many other gaps between its words, ``blank`` ones too, and comments; it says the same."""
    places = [span for _, _, span in tokens(Text("scattered", text), [])][:-1]
    words = [text[span.start : span.end] for span in places]
    before = [" " if word[0] != "#" else "" for word in words]  # `#rule` stays where it is
    on_one_line = {part.span.start for part in _parts_of_steps(parse(text, "scattered"))}
    free = [
        place
        for place, span in enumerate(places)
        if span.start not in on_one_line and words[place][0] != "#" and (place == 0 or words[place - 1][0] != "#")
    ]
    if free:
        for place in draw(st.lists(st.sampled_from(free), max_size=gaps)):
            before[place] = draw(st.sampled_from(GAPS if blank else WITHIN)) or _least(words, place)
        for number in range(draw(st.integers(0, comments))):
            place = draw(st.sampled_from(free))
            remark = draw(st.sampled_from(REMARKS)).format(str(number) + draw(st.sampled_from(COMMENTS)))
            before[place] = draw(st.sampled_from([before[place] + remark, remark + before[place]]))
    return "".join(f"{gap}{word}" for gap, word in zip(before, words, strict=True)) + (
        draw(st.sampled_from(ENDS)) if comments else ""
    )


def _parts_of_steps(module: ast.Module) -> list[ast.Node]:
    """What must stand on the line of what is before it."""
    calls = [node for node in module.walk() if isinstance(node, ast.CallStep)]
    return [
        part for step in calls for part in (step.call, *step.operands, *step.named, step.policy) if part is not None
    ]


def _least(words: list[str], place: int) -> str:
    """No blank, where two words cannot be taken for one."""
    near = (words[place - 1][-1:] if place else "") + words[place][:1]
    return "" if any(mark in "(){}," for mark in near) else " "
