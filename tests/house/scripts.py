"""A page as a script: the files that it shows are written, its commands run, in its order, in one shell."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from tests.house.checkout import ROOT, run, tool
from tests.house.pages import Fence, Shown, commands, fences, fits

COLUMNS = "100"
TUTORIAL = ROOT / "docs" / "tutorial"


class Ran(NamedTuple):
    """A command of a page, what it printed to either output, and its exit status."""

    shown: Shown
    printed: str
    status: int

    @property
    def fault(self) -> str:
        """What is not as the page shows it; empty where all is. Without output on the page, it must succeed."""
        said = f"$ {self.shown.command}\n{self.printed}(exit status {self.status})"
        if self.status not in (0, 1, 2) or "Traceback (most recent call last)" in self.printed:
            return said
        if self.shown.output.strip():
            return "" if fits(self.shown.output, self.printed) else f"{said}\n\nshown:\n{self.shown.output}"
        return said if self.status else ""


def stories(pages: Sequence[Path]) -> list[list[Path]]:
    """The pages, each by itself; but the steps of the tutorial together, since each goes on where the one before ended."""
    steps = [page for page in sorted(pages) if page.parent == TUTORIAL]
    return [*([page] for page in pages if page not in steps), *([steps] if steps else [])]


def place_of(page: Path) -> Path:
    """The folder in which its commands are typed: an example's own, else the top of a checkout."""
    return page.parent if ROOT / "examples" in page.parents else ROOT


def script(page: Path) -> list[Fence]:
    """The blocks of a page that write files or run, as far as this machine has what they need."""
    found = [fence for fence in fences(page.read_text()) if "unrun" not in fence.words]
    return [
        fence
        for fence in found
        if (fence.name and "excerpt" not in fence.words)
        or (fence.kind in ("console", "sh", "python", "pycon") and all(present(program) for program in fence.needs))
    ]


def play(pages: Sequence[Path], checkout: Path, *, leave_out: str = "\0") -> list[Ran]:
    """Run the pages' commands in a copy of the checkout, apart from those that begin with ``leave_out``.

    One shell runs all of them, so that ``cd`` and ``export`` last as they do for a reader.
    """
    mark = uuid4().hex
    staged = checkout.parent / f"{checkout.name}-{mark}"
    staged.mkdir()
    lines = ["exec 2>&1", f"PATH={tool('nslsm').parent}:$PATH", f"export NSLSM_CACHE={staged}/cache"]
    order: list[Shown] = []
    for number, page in enumerate(pages):
        if number == 0:
            lines.append(f"cd {shlex.quote(str(checkout / place_of(page).relative_to(ROOT)))}")
        for fence in _with_one_dialogue(script(page)):
            if fence.name:
                lines += _writing(fence, staged)
                continue
            for shown in _programs(fence, staged):
                if not shown.command.startswith(leave_out):
                    order.append(shown)
                    lines += [shown.command, f"printf '\\n{mark} %s\\n' $?"]
    (staged / "script").write_text("\n".join(lines))
    ended = run(["bash", staged / "script"], checkout, more={"COLUMNS": COLUMNS})
    return list(_parts(order, ended.stdout, mark))


def _with_one_dialogue(blocks: Sequence[Fence]) -> Iterator[Fence]:
    """The blocks, but those of a dialogue with Python as one, where the last of them stands: a reader does not start anew."""
    dialogue = [fence for fence in blocks if fence.kind == "pycon"]
    for fence in blocks:
        if fence.kind != "pycon":
            yield fence
        elif fence is dialogue[-1]:
            yield fence._replace(text="\n".join(each.text for each in dialogue))


def _programs(fence: Fence, staged: Path) -> Iterator[Shown]:
    """The commands of a block; those of a program are one, to run it."""
    if fence.kind not in ("python", "pycon"):
        yield from commands(fence)
        return
    program = staged / f"{uuid4().hex}.{fence.kind}"
    program.write_text(fence.text)
    yield Shown(f"python {'-m doctest -o ELLIPSIS ' if fence.kind == 'pycon' else ''}{program}", "")


def _writing(fence: Fence, staged: Path) -> Iterator[str]:
    """The lines of the script that write a file as the page shows it, or add to one."""
    text = staged / uuid4().hex
    text.write_text(f"\n{fence.text}" if "append" in fence.words else fence.text)
    target = shlex.quote(fence.name)
    yield f"mkdir -p $(dirname {target})"
    yield f"cat {text} {'>>' if 'append' in fence.words else '>'} {target}"


def _parts(order: Sequence[Shown], printed: str, mark: str) -> Iterator[Ran]:
    pieces = re.split(rf"\n{mark} (\d+)\n", printed)
    for number, shown in enumerate(order):
        if 2 * number + 1 >= len(pieces):
            yield Ran(shown, "the shell ended before this\n" + pieces[-1], -1)
            return
        yield Ran(shown, pieces[2 * number], int(pieces[2 * number + 1]))


@cache
def present(program: str) -> bool:
    """Whether a program is here; of strace, whether it may trace."""
    found = shutil.which(program)
    if found is None or program != "strace":
        return found is not None
    return subprocess.run([found, "-o", "/dev/null", "true"], check=False, capture_output=True).returncode == 0
