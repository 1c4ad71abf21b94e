"""How faithful the simulated kernel is to a real one: recordings of system calls, beside the hooks that a kernel called."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import Final

from rpds import HashTrieMap

from nslsm.diagnostics import Code, Diagnostic, DiagnosticError, Span
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.importers.traces import TraceError, open_trace
from nslsm.importers.traces.decode import decode
from nslsm.importers.traces.findings import ABSENT_HOOK, OTHER_TOOL, UNKNOWN_HOOK
from nslsm.importers.traces.lsm import load
from nslsm.importers.traces.lsm.rows import ARGUMENTS, HOOKS, files_of
from nslsm.kernel.context import Detail
from nslsm.kernel.recording import Recording
from nslsm.kernel.requests import hooks_in
from nslsm.kernel.seen.hook import SeenHook
from nslsm.protocol.namespace import Namespace, NamespaceTree
from nslsm.simulation.fidelity import (
    Compared,
    Evidence,
    Prediction,
    Score,
    TooLong,
    compare,
    evidence,
    mean,
    predict,
)
from nslsm.simulation.replay import Bench

TRACE: Final = "strace.txt"
"""What the system calls of a program are called in a corpus; the hooks are ``hooks.jsonl``, their arguments ``args.jsonl``."""

FILESYSTEM: Final = "tmpfs"
"""What files were on where a program was recorded, unless something else is said: its kernel calls hooks of its own."""

SHOWN_OTHERS: Final = 100
"""About so many hooks of other kernels there is a finding each."""

NO_CORPUS: Final = Code("no-corpus")
TOO_LONG: Final = Code("recording-too-long")


@dataclass
class Fidelity:
    """One program, its hooks predicted and compared with those that a kernel called."""

    name: str
    compared: Compared
    prediction: Prediction = field(repr=False)
    true: tuple[SeenHook, ...] = field(repr=False)
    findings: tuple[Diagnostic, ...] = ()
    """About the trace and the recording of hooks."""


def fidelity(
    trace: str | PathLike[str],
    hooks: str | PathLike[str],
    *,
    arguments: str | PathLike[str] | None = None,
    profile: str = "6.1",
    filesystem: str = FILESYSTEM,
    name: str | None = None,
) -> Fidelity:
    """Predict the hooks that the kernel ``profile`` calls for the system calls in ``trace``, and compare them with ``hooks``.

    ``hooks`` is a recording of hooks, or its folder; ``arguments`` a second file with their arguments, by default
    ``args.jsonl`` beside it. Raises :class:`nslsm.importers.traces.TraceError` for what is neither.
    """
    true = load(hooks, arguments)
    prediction = predicted(trace, profile=profile, filesystem=filesystem)
    try:
        found = compare(true.rows, prediction)
    except TooLong as error:
        raise TraceError(TOO_LONG.at(None, f"`{fspath(trace)}` is too long to be compared: {error}")) from None
    other = tuple(_of_other_kernels(true.rows, fspath(files_of(hooks).hooks), profile))
    findings = (*prediction.findings, *true.findings, *other)
    return Fidelity(name or Path(trace).name, found, prediction, true.rows, findings)


def _of_other_kernels(rows: Iterable[SeenHook], source: str, profile: str) -> Iterator[Diagnostic]:
    """Hooks in a recording that the kernel ``profile`` lacks: it was made on another, or the names are not the hooks'."""
    present = hooks_in(profile)
    first: dict[str, int] = {}
    for row in rows:
        if row.hook not in present:
            first.setdefault(row.hook, row.line)
            if len(first) > SHOWN_OTHERS:
                break
    for hook, line in first.items():
        span = Span(source, line, 1, line, 1)
        if hook in CATALOGUE:
            way_out = "compare with the kernel that was recorded: `--profile`"
            yield ABSENT_HOOK.at(span, f"the kernel {profile} has no hook `{hook}`, which another had", help=way_out)
        else:
            yield UNKNOWN_HOOK.at(span, f"no kernel that is known here has a hook called `{hook}`")


def predicted(trace: str | PathLike[str], *, profile: str = "6.1", filesystem: str = FILESYSTEM) -> Prediction:
    """The hooks that our kernel raises for the system calls in ``trace``, under no policy at all.

    >>> from nslsm.resources import examples_root
    >>> found = predicted(examples_root() / "01-a-build-under-watch" / "build.strace")
    >>> found.hooks[0].call, found.hooks[0].task
    ('execve', 0)
    """
    host = Namespace(id=0, name="host", parent=None, path="host", depth=0)
    tree = NamespaceTree(HashTrieMap({host.id: host}))
    recording = Recording.of(tree, home=host.id, profile=profile, detail=Detail.EVERY, filesystem=filesystem)
    with open_trace(trace) as opened:
        found = predict(opened, lambda call: decode(call, opened.source), Bench(recording, ""))
    if not found.calls:
        way_out = "the first is a trace of system calls, the second the recording of hooks"
        message = f"`{fspath(trace)}` has no system call for which hooks could be predicted"
        raise TraceError(OTHER_TOOL.at(None, message, help=way_out))
    return found


def corpus(folder: str | PathLike[str], *, profile: str = "6.1", filesystem: str = FILESYSTEM) -> Iterator[Fidelity]:
    """Each program in ``folder``, a folder with :data:`TRACE` and ``hooks.jsonl``, by their names; lazily.

    Raises :class:`DiagnosticError` where there is none.
    """
    programs = [
        each for each in sorted(Path(folder).iterdir()) if (each / TRACE).is_file() and (each / HOOKS).is_file()
    ]
    if not programs:
        message = f"`{fspath(folder)}` has no folder with both `{TRACE}` and `{HOOKS}`"
        raise DiagnosticError([NO_CORPUS.at(None, message, help=f"`{ARGUMENTS}` may be there as well")])
    for each in programs:
        yield fidelity(each / TRACE, each / HOOKS, profile=profile, filesystem=filesystem, name=each.name)


def evidence_of(programs: Iterable[Fidelity]) -> Evidence:
    """Which rows of the mapping the programs exercise, and which callers of hooks it does not name."""
    return evidence((each.name, each.true, each.prediction) for each in programs)


__all__ = ["Fidelity", "Score", "corpus", "evidence_of", "fidelity", "mean", "predicted"]
