"""Hooks that a recording tells of and that the simulated kernel does not have: findings, one for each."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from nslsm.diagnostics import Diagnostic, Span
from nslsm.importers.traces.findings import ABSENT_HOOK
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.requests import hooks_in
from nslsm.kernel.told import Told

_T = TypeVar("_T")


def with_absent(items: Iterable[_T | Occurrence], source: str, profile: str) -> Iterator[_T | Occurrence | Diagnostic]:
    """The items of a trace, and before the first event that has a hook which the kernel ``profile`` lacks, a finding."""
    present = hooks_in(profile)
    named: set[str] = set()
    for item in items:
        if isinstance(item, Occurrence) and isinstance(item.operation, Told):
            for told in item.operation.requests:
                if told.hook not in present and told.hook not in named:
                    named.add(told.hook)
                    message = f"the kernel {profile} has no hook `{told.hook}`, which another had: it is not judged"
                    way_out = "replay under the kernel that was recorded: `--profile`"
                    yield ABSENT_HOOK.at(Span(source, item.line, 1, item.line, 1), message, help=way_out)
        yield item
