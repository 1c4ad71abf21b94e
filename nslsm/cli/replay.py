"""``nslsm replay``: a recorded trace, judged by a policy; or only what two policies judge differently."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import click

from nslsm.cli.beginning import PLACED
from nslsm.cli.console import console, progress
from nslsm.diagnostics import Diagnostic, render_line

if TYPE_CHECKING:
    from nslsm.api.policies import PolicyTree
    from nslsm.api.recordings import Replay
    from nslsm.audit.emit import Emitter
    from nslsm.audit.summary import Summary
    from nslsm.simulation.replay import Judged, Replayed

SHOWN_FINDINGS: Final = 10
"""How many findings about single lines are shown one by one; the summary counts all."""


@click.command(
    name="replay",
    short_help="Judge a recorded trace by a policy.",
    epilog="Examples: nslsm replay build.strace --policy build.nslsm · nslsm replay - --policy healthcare --in clinic",
)
@click.argument("trace")
@click.option("--policy", required=True, metavar="POLICY", help="File, folder or module name.")
@click.option("--root", metavar="NAMESPACE", help="The top-level namespace, where the policy declares several.")
@click.option("--in", "start", metavar="NAMESPACE", help="Where the recorded program starts; by default the root.")
@PLACED
@click.option("--against", metavar="POLICY2", help="Show only what POLICY2 judges differently, by cause.")
@click.option("--audit", type=click.Choice(("denials", "all")), help="Write audit records: denials, or every decision.")
@click.option("--audit-to", metavar="FILE", help="Where audit records go; by default standard error.")
@click.option("--audit-format", type=click.Choice(("json", "console")), default="json", show_default=True)
@click.option("-o", "--output", metavar="DECISIONS", help="Write every decision in full, a line of JSON each (.jsonl).")
@click.option("--short", is_flag=True, help="Stop asking at the first denial; the verdicts are the same.")
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.12", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 1 if there are findings about the trace.")
@click.option("--fail-on-denial", is_flag=True, help="Exit with 1 if anything is denied or indeterminate.")
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
@click.pass_context
def command(
    context: click.Context,
    trace: str,
    policy: str,
    root: str | None,
    start: str | None,
    place_by: str | None,
    against: str | None,
    audit: str | None,
    audit_to: str | None,
    audit_format: str,
    output: str | None,
    short: bool,  # noqa: FBT001
    profile: str,
    strict: bool,  # noqa: FBT001
    fail_on_denial: bool,  # noqa: FBT001
    form: str,
) -> None:
    """Judge the system calls in TRACE (`-` is standard input), as recorded by strace, `nslsm record`, auditd or Tetragon;
    or the hooks that a kernel called for them.

    TRACE may be the prefix of the files that `strace -ff` writes. What is in the trace did happen: verdicts say what the
    policy would have said.
    """
    from nslsm.api.policies import load_policy  # noqa: PLC0415 - `--help` needs no engine
    from nslsm.api.recordings import replay  # noqa: PLC0415
    from nslsm.engine.evaluate import Walk  # noqa: PLC0415

    tree = load_policy(policy).tree(root)
    walk = Walk.SHORT if short else Walk.FULL
    with progress(trace) as advance:
        run = replay(trace, tree, start=start, profile=profile, walk=walk, place_by=place_by, progress=advance)
        if against is not None:
            other = load_policy(against).tree(root)
            context.exit(_compare(run, other, start, place_by, (policy, against), form))
        with ExitStack() as open_files:
            emitter = _emitter(open_files, audit, audit_to, audit_format)
            records = _records(open_files, output)
            began = time.monotonic()
            summary = _judge(run, emitter, records, every=audit == "all", quiet=form == "json")
            elapsed = time.monotonic() - began
    _tell(summary, elapsed, form)
    if strict and summary.findings:
        context.exit(1)
    if fail_on_denial and (summary.denied or summary.indeterminate):
        context.exit(1)


def _judge(
    run: "Replay", emitter: "Emitter | None", records: "Callable[[Judged], None] | None", *, every: bool, quiet: bool
) -> "Summary":
    from nslsm.api.recordings import Wanted  # noqa: PLC0415

    shown = 0

    def hear(item: "Replayed") -> None:
        nonlocal shown
        if isinstance(item, Diagnostic):
            shown += 1
            if shown <= SHOWN_FINDINGS and not quiet:
                console(stderr=True, unbroken=True).print(render_line(item))
            return
        if emitter is not None:
            emitter.emit(item.decision, item.occasion)
        if records is not None:
            records(item)

    wanted = Wanted.ALL if records is not None or every else Wanted.NONE if emitter is None else Wanted.NOTABLE
    return run.counted(wanted, hear)


def _emitter(files: ExitStack, audit: str | None, where: str | None, form: str) -> "Emitter | None":
    if audit is None and where is None:
        return None
    from nslsm.audit.emit import Emitter, Format  # noqa: PLC0415
    from nslsm.audit.record import Which  # noqa: PLC0415

    which = Which(audit or "denials")
    if where is None or where == "-":
        return files.enter_context(Emitter(sys.stderr, Format(form), which))
    return files.enter_context(Emitter.to_file(where, Format(form), which))


def _records(files: ExitStack, output: str | None) -> "Callable[[Judged], None] | None":
    if output is None:
        return None
    from nslsm.audit.emit import open_private  # noqa: PLC0415
    from nslsm.wire.base import canonical  # noqa: PLC0415
    from nslsm.wire.record import to_record  # noqa: PLC0415

    stream = files.enter_context(open_private(output))

    def write(judged: "Judged") -> None:
        record = to_record(judged.decision, judged.occasion, judged.before.namespaces)
        stream.write(f"{canonical(record)}\n")

    return write


def _tell(summary: "Summary", elapsed: float, form: str) -> None:
    if form == "json":
        from nslsm.wire.base import canonical  # noqa: PLC0415
        from nslsm.wire.summary import to_summary  # noqa: PLC0415

        click.echo(canonical(to_summary(summary, seconds=elapsed)))
        return
    from nslsm.report.summary import render_summary  # noqa: PLC0415

    console().print(render_summary(summary, seconds=elapsed))


def _compare(
    run: "Replay",
    other: "PolicyTree",
    start: str | None,
    place_by: str | None,
    names: tuple[str, str],
    form: str,
) -> int:
    from nslsm.report.differences import Differences, render_differences  # noqa: PLC0415

    found = Differences(*names)
    for difference, times in run.differing(other, start=start, place_by=place_by):
        found.add(difference, times)
    if form == "json":
        click.echo(json.dumps(found.as_json(), sort_keys=True))
    else:
        console().print(render_differences(found))
    return 0
