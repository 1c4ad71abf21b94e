"""``errno-not-returned``: a rule names an errno that no program will ever see."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import INSIDE_THE_KERNEL, Errno
from nslsm.language.check import ir
from nslsm.language.check.findings import listed
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.check.written import written
from nslsm.language.syntax import ast

ERRNO_NOT_RETURNED: Final = Code("errno-not-returned")


def errno_not_returned(whole: Whole) -> Iterator[Diagnostic]:
    """What a rule says ``with`` is what a program is told, or the rule says something untrue."""
    texts = written(whole)
    for control in whole.controls.values():
        for rule in control.rules:
            if isinstance(rule, ir.Deny | ir.Confine) and rule.errno is not None:
                node = texts.get(rule.span)
                errno = node.errno if isinstance(node, ast.Deny | ast.Confine) else None
                yield from _finding(rule, rule.errno, rule.span if errno is None else errno.span)


def _finding(rule: ir.Deny | ir.Confine, errno: Errno, span: Span) -> Iterator[Diagnostic]:
    if errno in INSIDE_THE_KERNEL:
        yield ERRNO_NOT_RETURNED.at(
            span,
            f"`{errno.name}` stays inside the kernel: no system call fails with it",
            help="name an errno that errno(3) lists",
        )
        return
    hooks = dict.fromkeys(target.hook for action in rule.actions for target in action.targets)
    lost = [CATALOGUE[hook] for hook in hooks if CATALOGUE[hook].errno_lost and CATALOGUE[hook].errno_seen is not errno]
    if not lost or len(lost) < len(hooks):
        return
    seen = dict.fromkeys(hook.errno_seen.name for hook in lost if hook.errno_seen is not None)
    way_out = f"leave `with` out, or write `with {next(iter(seen))}`" if len(seen) == 1 else "leave `with` out"
    yield ERRNO_NOT_RETURNED.at(
        span,
        f"no program ever sees the `{errno.name}` that {listed(hook.name for hook in lost)} would be denied with",
        help=way_out,
        notes=tuple(dict.fromkeys(f"`{hook.name}`: {hook.errno_lost.removesuffix('.')}" for hook in lost))[:_FEW],
    )


_FEW: Final = 4

RULE: Final = Rule(ERRNO_NOT_RETURNED, errno_not_returned)
