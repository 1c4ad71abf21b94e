"""``nslsm demo``: a shipped recording of a real build is judged and explained; no arguments, no network, no privileges."""

import time
from contextlib import chdir
from typing import TYPE_CHECKING, Final

import click
from rich.text import Text

from nslsm.cli.console import console
from nslsm.diagnostics import Diagnostic

if TYPE_CHECKING:
    from nslsm.cli.console import Terminal
    from nslsm.simulation.replay import Judged

EXAMPLE: Final = "01-a-build-under-watch"


@click.command(
    name="demo",
    short_help="A build is recorded, judged and explained: the whole story in a minute.",
    epilog="Example: nslsm demo",
)
def command() -> None:
    """Judge the shipped recording of a build that runs other people's code, and explain one denial in full."""
    from nslsm.api.policies import load_policy  # noqa: PLC0415 - `--help` needs no engine
    from nslsm.api.recordings import replay  # noqa: PLC0415
    from nslsm.audit.summary import Ledger  # noqa: PLC0415
    from nslsm.engine.explain import explain  # noqa: PLC0415
    from nslsm.report.explanation import render_explanation  # noqa: PLC0415
    from nslsm.report.summary import render_summary  # noqa: PLC0415
    from nslsm.report.tree import render_tree  # noqa: PLC0415
    from nslsm.resources import examples_root  # noqa: PLC0415

    folder = examples_root() / EXAMPLE
    with chdir(folder):  # so that places read as they would to somebody who sits there
        loaded = load_policy("build.nslsm")
    tree = loaded.tree()
    out = console()
    _say(
        out,
        "A program is built with make and gcc. One of its dependencies came from somebody else.",
        "Three namespaces watch, one inside the other; what any of them denies is denied.",
        command="nslsm tree build.nslsm",
    )
    out.print(render_tree(tree.declaration))

    _say(
        out,
        "The build was recorded with `nslsm record -o build.strace -- make check`. It really happened.",
        "Now each of its system calls is judged, in the namespace that its process was in.",
        command="nslsm replay build.strace --policy build.nslsm",
    )
    run = replay(folder / "build.strace", tree)
    ledger = Ledger(tree.digest, run.bench.walk.value)
    began = time.monotonic()
    chosen: Judged | None = None
    for item in run:
        if isinstance(item, Diagnostic):
            ledger.find(item)
            continue
        ledger.add(item.decision, item.occasion)
        if chosen is None or _objections(item) > _objections(chosen):
            chosen = item
    summary = ledger.summary(lines=run.lines, understood=run.understood)
    out.print(render_summary(summary, seconds=time.monotonic() - began))

    if chosen is not None:
        _say(
            out,
            "The assembler opened somebody's private key, because a source file told it to. Why was that denied?",
            command=f"nslsm explain build.strace#{chosen.occasion.sequence} --policy build.nslsm",
        )
        out.print(render_explanation(explain(chosen.decision, chosen.before), loaded.sources, chosen.occasion))
    console(stderr=True).print(Text(f"\nThe policy, its tests and the recording are in {folder}", style="dim"))


def _objections(judged: "Judged") -> int:
    """How many bindings deny: the demo explains the event that most of them object to."""
    return sum(opinion.denies for judgement in judged.decision.judgements for opinion in judgement.opinions)


def _say(out: "Terminal", *lines: str, command: str = "") -> None:
    out.print()
    for line in lines:
        out.print(Text(line, style="bold"))
    if command:
        out.print(Text(f"$ {command}", style="dim"))
    out.print()
