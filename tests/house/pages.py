"""Pages of documentation, as far as they can be held to what they say: links, headings, and what stands in fences.

A fence says in its first line what it holds: a kind, then the name of a file or some words. ``docs/README.md`` lists them
for those who write pages.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(
    r"^(?P<indent> *)(?P<mark>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^ *(?P=mark)[ \t]*$", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*(?P<target>\S+)", re.MULTILINE)
HEADING = re.compile(r"^(?P<level>#{1,6})\s+(?P<text>.+?)\s*#*$", re.MULTILINE)
LEFT_OUT = "…"

KINDS = {"nslsm", "console", "sh", "python", "pycon", "csv", "json", "toml", "yaml", "text"}
"""What a fence can hold."""
WORDS = {"append", "excerpt", "unrun"}
"""What else can be said of it; beside these, ``needs`` and the name of a program."""
PACE = re.compile(r"[\d.,]+ m?s, [\d.,]+ events per second|[\d.,]+(?= m?s\b)")


class Fence(NamedTuple):
    """A block between two lines of backticks."""

    kind: str
    name: str
    """The file that it is, where it says so."""
    words: tuple[str, ...]
    needs: tuple[str, ...]
    """Programs without which its commands do not run."""
    text: str
    place: int
    """Where on the page it begins."""


class Shown(NamedTuple):
    """A command as a page shows it, and the lines below it."""

    command: str
    output: str


def fences(text: str) -> Iterator[Fence]:
    """The fenced blocks of a page's text, in their order."""
    for found in FENCE.finditer(text):
        kind, *rest = found["info"].split() or [""]
        name = rest.pop(0) if rest and re.search(r"[./]", rest[0]) else ""
        needs = [rest[place + 1] for place, word in enumerate(rest[:-1]) if word == "needs"]
        words = tuple(word for word in rest if word != "needs" and word not in needs)
        body = re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
        yield Fence(kind, name, words, tuple(needs), body, found.start())


def blocks(page: Path, kind: str) -> Iterator[str]:
    """The text of each fenced block that says it is of this kind."""
    return (fence.text for fence in fences(page.read_text()) if fence.kind == kind)


def commands(fence: Fence) -> Iterator[Shown]:
    """The commands of a block: behind ``$`` with what they print, or the lines of a script, which only must succeed."""
    if fence.kind == "sh":
        joined = fence.text.replace("\\\n", "\\\0")
        for line in joined.splitlines():
            if line and not line.startswith("#"):
                yield Shown(line.replace("\\\0", "\\\n"), "")
        return
    for part in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
        command, output = "", part
        while not command or command.endswith("\\"):
            line, _, output = output.partition("\n")
            command = f"{command}\n{line}" if command else line
        yield Shown(command, output)


def command_lines(page: Path) -> list[str]:
    """The lines of blocks of the kind ``sh``."""
    return [shown.command for fence in fences(page.read_text()) if fence.kind == "sh" for shown in commands(fence)]


def hidden_commands(text: str) -> list[str]:
    """Lines that look like commands and stand where nobody runs them: indented, or in a block of another kind."""
    elsewhere = [fence.text for fence in fences(text) if fence.kind in ("", "text")]
    indented = re.findall(r"^ {4,}\S.*$", FENCE.sub("", text), re.MULTILINE)
    lines = [line.strip() for block in elsewhere for line in block.splitlines()] + [line.strip() for line in indented]
    return [line for line in lines if re.match(r"(?:\$ )?(?:nslsm|just|python|pip|pytest) \S|\$ ", line)]


def links(page: Path) -> list[str]:
    """The targets of its links into this project."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text()))
    targets = [found["target"] for pattern in (LINK, DEFINITION) for found in pattern.finditer(prose)]
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]


def anchors(page: Path) -> set[str]:
    """What ``#…`` may follow the page's name."""
    return set(_headings(page.read_text()))


def _headings(text: str) -> dict[str, tuple[int, int]]:
    """The anchor of each heading, its level, and where it stands. A heading that comes again gets a number."""
    blank = FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    known: dict[str, tuple[int, int]] = {}
    for found in HEADING.finditer(blank):
        anchor = re.sub(r"[^\w\- ]", "", found["text"].lower()).replace(" ", "-")
        count = sum(re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each) is not None for each in known)
        known[f"{anchor}-{count}" if anchor in known else anchor] = (len(found["level"]), found.start())
    return known


def sections(text: str) -> dict[str, str]:
    """What stands under each heading, by its anchor: up to the next heading of its level or of one above."""
    found: dict[str, str] = {}
    places = list(_headings(text).items())
    for number, (anchor, (level, start)) in enumerate(places):
        end = next((other for _, (above, other) in places[number + 1 :] if above <= level), len(text))
        found[anchor] = text[start:end]
    return found


def leaves(text: str) -> list[str]:
    """What stands under each heading up to the next, whatever its level."""
    starts = [0, *(start for _, start in _headings(text).values()), len(text)]
    return [text[start:end] for start, end in pairwise(starts) if start < end]


def fits(shown: str, printed: str) -> bool:
    """Whether the page shows what was printed: ``…`` alone stands for any lines, within a line for any text.

    Times and rates are of the machine, not of the page.
    """
    pattern = ""
    for line in _timeless(shown).rstrip().splitlines():
        if line.strip() == LEFT_OUT:
            pattern += r"(?:.*\n)*?"
        else:
            pattern += r"[^\n]*?".join(re.escape(part) for part in line.rstrip().split(LEFT_OUT)) + r"[ \t]*\n"
    return re.fullmatch(pattern, _timeless(printed).rstrip() + "\n") is not None


def _timeless(printed: str) -> str:
    return PACE.sub(LEFT_OUT, printed)


def essence(printed: str) -> str:
    """What a command prints whenever and wherever it runs: its words, without times, and without where examples are."""
    words = re.sub(r"\S*/examples/", "examples/", " ".join(printed.split()))
    return re.sub(r"[\d.,]+(?= s\b| events per second)", LEFT_OUT, words)
