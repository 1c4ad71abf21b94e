"""Pages of documentation, as far as they can be held to what they say: links, headings, commands with their output."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^(?P<mark>```+)(?P<kind>[^\n`]*)\n(?P<text>.*?)^(?P=mark)[ \t]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$", re.MULTILINE)
LEFT_OUT = "…"


class Shown(NamedTuple):
    """A command as a page shows it, and the lines below it."""

    command: str
    output: str


def blocks(page: Path, kind: str) -> Iterator[str]:
    """The text of each fenced block that says it is of this kind."""
    for found in FENCE.finditer(page.read_text()):
        if found["kind"].split(maxsplit=1)[:1] == [kind]:
            yield found["text"]


def sessions(page: Path) -> Iterator[Shown]:
    """The commands behind ``$`` in blocks of the kind ``console``."""
    for block in blocks(page, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield Shown(command, output)


def command_lines(page: Path) -> list[str]:
    """The lines of blocks of the kind ``sh``."""
    return [line for block in blocks(page, "sh") for line in block.splitlines() if line and not line.startswith("#")]


def links(page: Path) -> list[str]:
    """The targets of its links into this project."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text()))
    targets = [found["target"] for found in LINK.finditer(prose)]
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]


def anchors(page: Path) -> set[str]:
    """What ``#…`` may follow the page's name: its headings in small letters, hyphens between the words."""
    headings = [found["text"] for found in HEADING.finditer(FENCE.sub("", page.read_text()))]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def fits(shown: str, printed: str) -> bool:
    """Whether the page shows what was printed: ``…`` alone stands for any lines, within a line for any text."""
    pattern = ""
    for line in shown.rstrip().splitlines():
        if line.strip() == LEFT_OUT:
            pattern += r"(?:.*\n)*?"
        else:
            pattern += r"[^\n]*?".join(re.escape(part) for part in line.rstrip().split(LEFT_OUT)) + r"[ \t]*\n"
    return re.fullmatch(pattern, printed.rstrip() + "\n") is not None


def essence(printed: str) -> str:
    """What a command prints whenever and wherever it runs: its words, without times, and without where examples are."""
    words = re.sub(r"\S*/examples/", "examples/", " ".join(printed.split()))
    return re.sub(r"[\d.,]+(?= s\b| events per second)", "…", words)
