"""``nslsm fidelity``: the hooks that our kernel raises for a recording, beside those that a real kernel called."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from nslsm.cli.console import console
from nslsm.diagnostics import render_line

if TYPE_CHECKING:
    from nslsm.api.fidelity import Fidelity

SHOWN_FINDINGS: Final = 10
"""How many findings about single lines are shown; the rest are counted."""

SHOWN_DIFFERENCES: Final = 20
"""How many kinds of difference are shown unless ``--limit`` says otherwise."""


@click.command(
    name="fidelity",
    short_help="The hooks that our kernel raises, held against those of a real one.",
    epilog=(
        "Examples: nslsm fidelity strace.txt hooks.jsonl · nslsm fidelity strace.txt hooks.jsonl --predicted ours.jsonl · "
        "nslsm fidelity corpus/"
    ),
)
@click.argument("trace", metavar="STRACE|CORPUS")
@click.argument("hooks", metavar="[HOOKS]", required=False)
@click.option(
    "--args", "arguments", metavar="FILE", help="The hooks' arguments; by default args.jsonl beside hooks.jsonl."
)
@click.option("--predicted", metavar="FILE", help="Write our hooks in the format of HOOKS; for a corpus, a folder.")
@click.option("--evidence", is_flag=True, help="Of a corpus: which entries of the mapping it exercises, and how often.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Show N kinds of difference; the rest are counted."
)
@click.option(
    "--filesystem", default="tmpfs", metavar="NAME", show_default=True, help="What the program's files were on."
)
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.1", show_default=True)
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
def command(
    trace: str,
    hooks: str | None,
    arguments: str | None,
    predicted: str | None,
    evidence: bool,  # noqa: FBT001
    limit: int | None,
    filesystem: str,
    profile: str,
    form: str,
) -> None:
    """Replay the system calls in STRACE in our kernel, and score the hooks that it raises against those in HOOKS.

    HOOKS is a recording of the hooks that a real kernel called, a row of JSON each. CORPUS is a folder of folders with
    strace.txt, hooks.jsonl and perhaps args.jsonl: each is scored, and the mean shown.
    """
    from nslsm.api.fidelity import corpus, fidelity  # noqa: PLC0415 - `--help` needs no kernel

    if hooks is None:
        if not Path(trace).is_dir():
            raise click.UsageError("HOOKS is missing: only a folder of programs goes without")
        if arguments is not None:
            raise click.UsageError("--args is for one program: in a corpus, each has its own")
        programs = list(corpus(trace, profile=profile, filesystem=filesystem))
    elif evidence:
        raise click.UsageError("--evidence is for a corpus")
    else:
        programs = [fidelity(trace, hooks, arguments=arguments, profile=profile, filesystem=filesystem)]
    if predicted is not None:
        _write(programs, Path(predicted), many=hooks is None)
    if form == "json":
        _json(programs, profile, limit, evidence=evidence)
        return
    _findings(programs)
    if evidence:
        _evidence(programs)
    else:
        _human(programs, SHOWN_DIFFERENCES if limit is None else limit, one=hooks is not None)


def _human(programs: "list[Fidelity]", limit: int, *, one: bool) -> None:
    from nslsm.report.fidelity import render_fidelity, render_programs  # noqa: PLC0415

    if one:
        console().print(render_fidelity(programs[0].compared, limit=limit))
    else:
        console().print(render_programs([(each.name, each.compared) for each in programs]))


def _evidence(programs: "list[Fidelity]") -> None:
    from nslsm.api.fidelity import evidence_of  # noqa: PLC0415
    from nslsm.report.fidelity import render_evidence  # noqa: PLC0415

    console().print(render_evidence(evidence_of(programs), len(programs)))


def _json(programs: "list[Fidelity]", profile: str, limit: int | None, *, evidence: bool) -> None:
    from nslsm.api.fidelity import evidence_of  # noqa: PLC0415
    from nslsm.wire.base import canonical  # noqa: PLC0415
    from nslsm.wire.fidelity import to_fidelity, to_program  # noqa: PLC0415

    records = [to_program(each.name, each.compared, len(each.findings), limit=limit) for each in programs]
    shown = evidence_of(programs) if evidence else None
    click.echo(canonical(to_fidelity(profile, records, [each.compared for each in programs], shown)))


def _findings(programs: "list[Fidelity]") -> None:
    found = [finding for each in programs for finding in each.findings]
    for finding in found[:SHOWN_FINDINGS]:
        console(stderr=True, unbroken=True).print(render_line(finding))
    if len(found) > SHOWN_FINDINGS:
        console(stderr=True).print(f"and {len(found) - SHOWN_FINDINGS} more findings")


def _write(programs: "list[Fidelity]", where: Path, *, many: bool) -> None:
    """Our hooks, as a recording: a file, or for a corpus a folder of the same shape."""
    from nslsm.audit.emit import open_private  # noqa: PLC0415
    from nslsm.simulation.fidelity import rows  # noqa: PLC0415

    for each in programs:
        path = where / each.name / "hooks.jsonl" if many else where
        if many:
            path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            stream = files.enter_context(open_private(str(path)))
            for row in rows(each.prediction):
                stream.write(json.dumps(row, separators=(",", ":")) + "\n")
