"""The modules of a boot line as bindings: what ``lsm=`` or ``/sys/kernel/security/lsm`` of a machine says, composed.

Linux asks its modules in an order: ``capability`` first, then those of the line in the line's order, integrity last
(``security/security.c``, ``ordered_lsm_parse`` of Linux 6.12). Only Lockdown comes before, where it was configured to be there
before the command line is read (``early_security_init``): a running kernel then names it before ``capability``. Here the order
decides nothing, since one denial denies; it is kept for who wants to see a boot line as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from nslsm.api.binding import Bindables, bound
from nslsm.api.discovery import installed_controls, load_control
from nslsm.api.policies import load_policy
from nslsm.diagnostics import Code, Diagnostic, DiagnosticError
from nslsm.language.check.findings import nearest
from nslsm.protocol.namespace import Binding

UNKNOWN_MODULE: Final = Code("unknown-security-module")
NO_POLICY: Final = Code("module-without-policy")


class Order(Enum):
    """Where a module stands, ``enum lsm_order``; and before all, where it was there early."""

    EARLY = "early"
    FIRST = "first"
    ORDINARY = "ordinary"
    LAST = "last"


class KernelModule(NamedTuple):
    """A security module of Linux's."""

    order: Order = Order.ORDINARY
    exclusive: bool = False
    """``LSM_FLAG_EXCLUSIVE``: kernels until now enable one of these only, the first of the line."""
    needs_policy: bool = False
    """It does nothing by itself: a policy of its own is imported and given."""


MODULES: Final[Mapping[str, KernelModule]] = {
    "capability": KernelModule(Order.FIRST),
    "lockdown": KernelModule(),
    "landlock": KernelModule(),
    "yama": KernelModule(),
    "loadpin": KernelModule(),
    "safesetid": KernelModule(),
    "selinux": KernelModule(exclusive=True, needs_policy=True),
    "apparmor": KernelModule(exclusive=True, needs_policy=True),
    "smack": KernelModule(exclusive=True),
    "tomoyo": KernelModule(needs_policy=True),
    "ipe": KernelModule(needs_policy=True),
    "bpf": KernelModule(),
    "ima": KernelModule(Order.LAST),
    "evm": KernelModule(Order.LAST),
    "integrity": KernelModule(Order.LAST),
}
"""The modules of Linux 6.12, as ``lsm=`` calls them, and ``integrity``, as kernels before 6.9 called IMA and EVM."""

NOTHING_BOUND: Final = frozenset({"bpf", "landlock", "ima", "evm", "integrity"})
"""Modules that are there without refusing anything until a program is attached, restricts itself, or rules are loaded."""

INTEGRITY: Final = "integrity"
"""The one control that IMA and EVM are here."""


@dataclass(frozen=True)
class BootLine:
    """A boot line, composed: an iterable of bindings, to be bound where a namespace is made."""

    bindings: tuple[Binding, ...]
    modules: tuple[str, ...]
    """The modules in the order in which Linux would ask them."""
    disabled: tuple[str, ...] = ()
    """Those that an old kernel would not have enabled beside another."""

    def __iter__(self) -> Iterator[Binding]:
        return iter(self.bindings)


def compose(
    line: str,
    *,
    arguments: Mapping[str, Mapping[str, object]] | None = None,
    policies: Mapping[str, Bindables] | None = None,
    exclusive: bool = False,
) -> BootLine:
    """The modules that a line names, comma by comma.

    ``arguments``: what the parameters of a module's control are, by module. ``policies``: what to bind for modules that have a
    policy of their own (``apparmor``, ``selinux``), or instead of the shipped control. ``exclusive``: as kernels did it until
    now, of the modules that wanted to be alone only the first is enabled.

    Raises :class:`~nslsm.diagnostics.DiagnosticError`, and nothing is bound, for a module that there is not, or one without a
    policy; TypeError and ValueError for arguments that do not fit.

    >>> found = compose("capability,yama,bpf", arguments={"yama": {"scope": 2}})
    >>> [binding.name for binding in found], found.modules
    (['capability', 'yama'], ('capability', 'yama', 'bpf'))
    """
    given, own = dict(arguments or {}), dict(policies or {})
    named = list(dict.fromkeys(name for each in line.strip().split(",") if (name := each.strip())))
    problems = [*_unknown(named), *_unknown(sorted({*given, *own} - set(named)), line=named)]
    if not problems:
        problems = [
            NO_POLICY.at(
                None,
                f"`{name}` has a policy of its own, and none is given",
                help=f"import one, and say policies={{{name!r}: …}}",
            )
            for name in named
            if MODULES[name].needs_policy and name not in own
        ]
    if problems:
        raise DiagnosticError(problems)
    ordered, disabled = _ordered(named, exclusive=exclusive)
    found: dict[str, Binding] = {}
    for name in ordered:
        for binding in _bindings(name, given.get(name, {}), own):
            found.setdefault(binding.name, binding)
    return BootLine(tuple(found.values()), ordered, disabled)


def _unknown(names: Sequence[str], line: Sequence[str] = tuple(MODULES)) -> Iterator[Diagnostic]:
    for name in names:
        if name not in line:
            where = "is called" if line == tuple(MODULES) else "of the line is called"
            yield UNKNOWN_MODULE.at(
                None,
                f"no security module {where} `{name}`",
                help=nearest(name, line) or f"there are {', '.join(line)}",
            )


def _ordered(named: Sequence[str], *, exclusive: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    order = list(Order)
    ordered = sorted(named, key=lambda name: order.index(_order(name, named)))
    alone = [name for name in ordered if MODULES[name].exclusive]
    disabled = tuple(alone[1:]) if exclusive else ()
    return tuple(name for name in ordered if name not in disabled), disabled


def _order(name: str, named: Sequence[str]) -> Order:
    early = name == "lockdown" and "capability" in named[named.index(name) :]
    return Order.EARLY if early else MODULES[name].order


def _bindings(name: str, arguments: Mapping[str, object], own: Mapping[str, Bindables]) -> tuple[Binding, ...]:
    if name in own:
        return bound(own[name])
    if name in NOTHING_BOUND and not arguments:
        return ()
    control = INTEGRITY if name in ("ima", "evm") else name
    if control in installed_controls():
        return bound(load_control(control)(**arguments))
    item = load_policy(f"base.{control}")[control]
    return bound(item(**arguments) if arguments else item)
