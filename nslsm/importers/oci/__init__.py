"""Containers as runtimes are told to confine them: the OCI's ``config.json``, and filters of system calls alone.

:func:`import_container` reads a file and writes a policy; what is not taken over is told as findings (``codes``).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from nslsm.diagnostics import Diagnostic
from nslsm.diagnostics.sources import Sources
from nslsm.hooks.linux import Capability
from nslsm.importers.oci.codes import LOST, NOTED
from nslsm.importers.oci.confined import Place, devices, limits, mounts, paths, privileges, separate
from nslsm.importers.oci.document import Node, read
from nslsm.importers.oci.report import Report
from nslsm.importers.oci.seccomp import read_filter, rules
from nslsm.importers.policy_text import quoted, texts

_TOP: Final = frozenset(
    {"ociVersion", "process", "root", "hostname", "domainname", "mounts", "hooks", "annotations", "linux"}
)
_PROCESS: Final = (
    "terminal", "consoleSize", "cwd", "env", "args", "commandLine", "user", "rlimits", "apparmorProfile",
    "capabilities", "noNewPrivileges", "oomScoreAdj", "scheduler", "selinuxLabel", "ioPriority", "execCPUAffinity",
)  # fmt: skip
_LINUX: Final = (
    "uidMappings", "gidMappings", "sysctl", "resources", "cgroupsPath", "namespaces", "devices", "netDevices",
    "seccomp", "rootfsPropagation", "maskedPaths", "readonlyPaths", "mountLabel", "intelRdt", "personality",
    "timeOffsets", "memoryPolicy",
)  # fmt: skip
_SETS: Final = ("bounding", "effective", "inheritable", "permitted", "ambient")
APPARMOR, SELINUX = "apparmor", "selinux"
ELSEWHERE: Final = (APPARMOR, SELINUX)
"""Modules whose part of a configuration somebody else may see to."""


class Process(NamedTuple):
    """Who a container's first task is."""

    uid: int = 0
    gid: int = 0
    groups: frozenset[int] = frozenset()
    umask: int | None = None
    capabilities: tuple[tuple[str, frozenset[Capability]], ...] = ()
    """Its sets, by name; none where nothing is said of them."""
    no_new_privs: bool = False
    program: str = ""
    """What it is to run."""


class Imported(NamedTuple):
    """A policy that was made of a configuration."""

    text: str
    findings: tuple[Diagnostic, ...]
    """What was not taken over, what is stricter, and what decides nothing here."""
    sources: Sources
    name: str
    """The name of its control; its policy is called ``NAME_container``, its namespace ``NAME_host.NAME``."""
    process: Process

    @property
    def lost(self) -> bool:
        """Whether something that restricts the container does not in the policy."""
        return any(each.code == LOST for each in self.findings)


def import_container(
    file: Path,
    *,
    name: str | None = None,
    root: str = "/",
    elsewhere: Iterable[str] = (),
    capabilities: Iterable[str] | None = None,
    kernel: str = "6.12",
    bound: Mapping[str, str] | None = None,
) -> Imported:
    """A configuration, or a filter alone, as a policy. Raises :class:`~nslsm.diagnostics.DiagnosticError` for what is neither.

    ``root`` is where the container's root is; ``elsewhere``: modules that somebody else sees to. ``bound``: for ``apparmor``
    and ``selinux``, the module of a policy that was imported: its control is bound too, and starts with what the
    configuration names. ``capabilities`` and
    ``kernel`` choose among the rules of a filter in Docker's format; the former are a configuration's bounding set, else all.
    """
    node = read(file)
    members = node.members()
    report = Report()
    asked = None if capabilities is None else [each.upper() for each in capabilities]
    called = _name(name or _stem(file))
    if "defaultAction" in members:
        bounding = None if asked is None else frozenset(asked)
        lines = list(rules(read_filter(node, report, bounding=bounding, kernel=kernel)))
        process, beside = Process(), Beside()
    else:
        report.unknown(node, _TOP, NOTED)
        beside = _beside(node, bound or {})
        seen_to = frozenset(elsewhere) | beside.modules.keys()
        process, lines = _configured(node, Place(root), report, seen_to, kernel)
    return Imported(_text(called, lines, file, beside), report.found, node.document.sources, called, process)


class Beside(NamedTuple):
    """Controls of other modules that a container is bound to as well."""

    modules: Mapping[str, str] = {}
    uses: tuple[str, ...] = ()


def _beside(config: Node, bound: Mapping[str, str]) -> Beside:
    """What the configuration names, as the start of the imported policies that it means."""
    uses, modules = [], {}
    for kind, names in ((APPARMOR, ("process", "apparmorProfile")), (SELINUX, ("process", "selinuxLabel"))):
        said = config.find(*names)
        if kind in bound and said is not None and said.text() not in ("", "unconfined"):
            module = modules[kind] = bound[kind]
            start = texts([said.text()]) if kind == APPARMOR else quoted(said.text())
            uses.append(f"use {module}.{module.rpartition('.')[2]}(start = {start})")
    return Beside(modules, tuple(uses))


def _configured(
    config: Node, place: Place, report: Report, elsewhere: frozenset[str], kernel: str
) -> tuple[Process, list[str]]:
    report.unknown(config.get("process"), _PROCESS, NOTED)
    report.unknown(config.get("linux"), _LINUX, NOTED)
    process = _process(config, report)
    sets = dict(process.capabilities)
    bounding = sorted(each.name for each in sets["bounding"]) if "bounding" in sets else None
    lines = [
        *privileges(config, bounding, report), *paths(config, place), *mounts(config, place, report),
        *devices(config, place, report), *limits(config, report), *separate(config, report),
    ]  # fmt: skip
    seccomp = config.find("linux", "seccomp")
    if seccomp is not None:
        chosen = None if bounding is None else frozenset(bounding)
        lines += rules(read_filter(seccomp, report, bounding=chosen, kernel=kernel))
    _others(config, report, elsewhere)
    return process, lines


def _others(config: Node, report: Report, elsewhere: frozenset[str]) -> None:
    """What other modules see to, and what decides nothing."""
    profile = config.find("process", "apparmorProfile")
    if profile is not None and profile.text() not in ("", "unconfined"):
        if APPARMOR in elsewhere:
            report.tell(NOTED, profile, "somebody else sees to it")
        else:
            report.tell(
                LOST, profile, f"AppArmor's profile `{profile.text()}` is not bound",
                way_out="import it, and name its module with `--apparmor`; or bind it beside, and say `--elsewhere apparmor`",
            )  # fmt: skip
    for names in (("process", "selinuxLabel"), ("linux", "mountLabel")):
        label = config.find(*names)
        if label is not None and label.text():
            if SELINUX in elsewhere:
                report.tell(NOTED, label, "somebody else sees to it")
            else:
                report.tell(
                    LOST, label, "there is no policy of SELinux here that this context means something in",
                    way_out="name the module of one with `--selinux`; or bind one beside, and say `--elsewhere selinux`",
                )  # fmt: skip
    resources = config.find("linux", "resources")
    for name, member in ({} if resources is None else resources.members()).items():
        if name != "devices":
            report.tell(NOTED, member, "how much of something is used decides nothing here")
    for names in (("linux", "sysctl"), ("linux", "uidMappings"), ("linux", "gidMappings"), ("linux", "personality")):
        node = config.find(*names)
        if node is not None:
            report.tell(NOTED, node, "this sets something up, and is no rule")


def _process(config: Node, report: Report) -> Process:
    user = config.find("process", "user")
    report.unknown(user, ("uid", "gid", "umask", "additionalGids", "username"), NOTED)
    numbers = {}
    for name in ("uid", "gid", "umask"):
        node = None if user is None else user.get(name)
        if node is not None:
            numbers[name] = node.number(0, 0o777 if name == "umask" else 2**32 - 2)
    groups = frozenset(each.number(0, 2**32 - 2) for each in config.each("process", "user", "additionalGids"))
    held = config.find("process", "capabilities")
    report.unknown(held, _SETS, NOTED)
    sets = []
    for name in _SETS if held is not None else ():
        found = []
        for node in config.each("process", "capabilities", name):
            capability = Capability.__members__.get(node.text())
            if capability is None:
                report.tell(NOTED, node, f"there is no capability `{node.text()}`; runtimes leave it out")
            else:
                found.append(capability)
        sets.append((name, frozenset(found)))
    no_more = config.find("process", "noNewPrivileges")
    arguments = [each.text() for each in config.each("process", "args")]
    return Process(
        numbers.get("uid", 0), numbers.get("gid", 0), groups, numbers.get("umask"), tuple(sets),
        no_more is not None and no_more.flag(), arguments[0] if arguments else "",
    )  # fmt: skip


def _stem(file: Path) -> str:
    return file.absolute().parent.name if file.name == "config.json" else file.name.removesuffix(".json")


def _name(text: str) -> str:
    from nslsm.importers.apparmor.text import name_of  # noqa: PLC0415 - it loads the language

    return name_of(text)


def _text(name: str, lines: Sequence[str], file: Path, beside: Beside) -> str:
    from nslsm.language.syntax.format import format_module  # noqa: PLC0415

    said = quoted(file.name)[1:-1]
    body = lines or [f"deny nothing: capable when false because {quoted('nothing is confined')}"]
    used = [each for each in ("read", "write", "exec", "map_code", "signal", "trace") if _mentions(body, each)]
    made = [
        f'"""A container, as its runtime is told to confine it: {said}."""',
        "",
        *([f"import std.operations ({', '.join(used)})"] if used else []),
        *(f"import {each}" for each in beside.modules.values()),
        "",
        f"control {name} {{",
        '"""What the container may not do."""',
        "",
        *body,
        "}",
        "",
        f"policy {name}_container {{",
        f"use {name}",
        *beside.uses,
        "}",
        "",
        f"namespace {name}_host {{ namespace {name} {{ bind {name}_container }} }}",
    ]
    return format_module("\n".join(made) + "\n", f"{name}.nslsm")


def _mentions(lines: Iterable[str], operation: str) -> bool:
    """Whether a rule is on an operation: between its name and its condition."""
    return any(operation in each.partition(": ")[2].partition(" when ")[0].split(", ") for each in lines)
