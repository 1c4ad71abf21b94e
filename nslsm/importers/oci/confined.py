"""What a container may not do to files, devices, limits and others: rules of a control, from the parts of a configuration."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from posixpath import normpath
from typing import Final

from nslsm.importers.oci.codes import LOST, NOTED, STRICTER
from nslsm.importers.oci.document import Node
from nslsm.importers.oci.report import Report
from nslsm.importers.policy_text import quoted, texts

_SET_ID: Final = "object.mode & 0o6000 != 0"
_DEVICE: Final = "object.type in {character_device, block_device}"
_LIMITS: Final = {
    "RLIMIT_AS": "address_space", "RLIMIT_CORE": "core", "RLIMIT_CPU": "cpu", "RLIMIT_DATA": "data",
    "RLIMIT_FSIZE": "fsize", "RLIMIT_LOCKS": "locks", "RLIMIT_MEMLOCK": "memlock", "RLIMIT_MSGQUEUE": "msgqueue",
    "RLIMIT_NICE": "nice", "RLIMIT_NOFILE": "nofile", "RLIMIT_NPROC": "nproc", "RLIMIT_RSS": "rss",
    "RLIMIT_RTPRIO": "rtprio", "RLIMIT_RTTIME": "rttime", "RLIMIT_SIGPENDING": "sigpending", "RLIMIT_STACK": "stack",
}  # fmt: skip
_LARGEST: Final = 2**63 - 1
_DEVICES: Final = {
    ("c", 1, 3): "/dev/null", ("c", 1, 5): "/dev/zero", ("c", 1, 7): "/dev/full", ("c", 1, 8): "/dev/random",
    ("c", 1, 9): "/dev/urandom", ("c", 5, 0): "/dev/tty", ("c", 5, 1): "/dev/console", ("c", 5, 2): "/dev/pts/ptmx",
    ("c", 136, None): "/dev/pts/*", ("c", 10, 200): "/dev/net/tun",
}  # fmt: skip
"""Device files by the numbers that Linux has for them (admin-guide/devices.txt)."""
_ALWAYS: Final = (
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console", "/dev/ptmx",
    "/dev/pts/*",
)  # fmt: skip
"""Devices that a runtime gives to every container (config-linux, Default Devices)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Paths of a container: ``root`` is where its own root stands."""

    root: str

    def of(self, node: Node) -> str:
        """The path that a text means."""
        path = node.text()
        if not path.startswith("/"):
            raise node.error("this is no absolute path")
        return self.at(path)

    def at(self, path: str) -> str:
        """A path of the container's, from the root of all."""
        return normpath("/" + self.root.strip("/") + path).replace("//", "/")


def _under(paths: Iterable[str]) -> str:
    found = [f"object.path under {quoted(path)}" for path in dict.fromkeys(paths)]
    return found[0] if len(found) == 1 else "(" + " or ".join(found) + ")"


def paths(config: Node, place: Place) -> Iterator[str]:
    """``maskedPaths`` and ``readonlyPaths``."""
    masked = [place.of(each) for each in config.each("linux", "maskedPaths")]
    if masked:
        yield (
            f"deny masked: read, write, exec, map_code when {_under(masked)} "
            f"because {quoted('the runtime hides this path')}"
        )
    fixed = [place.of(each) for each in config.each("linux", "readonlyPaths")]
    if fixed:
        yield (
            f"deny readonly_paths: write when {_under(fixed)} with EROFS "
            f"because {quoted('the runtime makes this path read-only')}"
        )


def mounts(config: Node, place: Place, report: Report) -> Iterator[str]:
    """What mounts refuse: writing, programs, devices, and programs of other users. The deepest mount counts."""
    options: dict[str, frozenset[str]] = {place.at("/"): frozenset()}
    root = config.find("root", "readonly")
    if root is not None and root.flag():
        options[place.at("/")] = frozenset({"ro"})
    for mount in config.each("mounts"):
        where = mount.get("destination")
        if where is None:
            raise mount.error("a mount has a `destination`")
        said: set[str] = set()
        for option in mount.each("options"):
            word = option.text()
            said -= {word.removeprefix("no"), f"no{word}", "ro" if word == "rw" else ""}
            if word in ("ro", "nosuid", "nodev", "noexec"):
                said.add(word)
            elif word in ("rro", "rnosuid", "rnodev", "rnoexec"):
                said.add(word[1:])
                report.tell(NOTED, option, "what is mounted below in the source is not known")
        destination = where.text()
        said -= {"nosuid"} if "noexec" in said else set()  # what runs nothing runs nothing for others
        options[place.at("/" + destination.strip("/"))] = frozenset(said)
    for kind, name, operations, more, errno, reason in _MOUNTED:
        whole = _covered(options, kind)
        if whole:
            when = f"{whole} and {more}" if more else whole
            yield f"deny {name}: {operations} when {when} with {errno} because {quoted(reason)}"


_MOUNTED: Final = (
    ("ro", "readonly_mounts", "write", "", "EROFS", "it is mounted read-only"),
    ("noexec", "noexec_mounts", "exec, map_code", "", "EACCES", "it is mounted without programs, noexec"),
    ("nodev", "nodev_mounts", "file_open", _DEVICE, "EACCES", "it is mounted without devices, nodev"),
    ("nosuid", "nosuid_mounts", "exec", _SET_ID, "EPERM", "it is mounted without set-user-id programs, nosuid"),
)


def _covered(options: dict[str, frozenset[str]], option: str) -> str:
    """The condition that an object is on a mount with an option; mounts on it without the option are others."""
    parts = []
    for path, said in options.items():
        if option in said:
            inner = [
                each
                for each, other in options.items()
                if each != path and each.startswith(path.rstrip("/") + "/") and option not in other
            ]
            parts.append(_under([path]) + (f" and not ({_under(inner)})" if inner else ""))
    if len(parts) < 2:
        return "".join(parts)
    return "(" + " or ".join(f"({each})" if " and " in each else each for each in parts) + ")"


def devices(config: Node, place: Place, report: Report) -> Iterator[str]:
    """``linux.resources.devices``: which device files are opened and made. The rules hold in their order."""
    listed = tuple(config.each("linux", "resources", "devices"))
    known = {**_DEVICES}
    given = list(_ALWAYS)
    for device in config.each("linux", "devices"):
        kind, path, major, minor = (device.get(name) for name in ("type", "path", "major", "minor"))
        if kind is None or path is None:
            raise device.error("a device has a `type` and a `path`")
        if major is not None and minor is not None:
            known[(kind.text(), major.number(), minor.number())] = path.text()
    closed, may_make = False, False
    for node in listed:
        allow = node.get("allow")
        if allow is None:
            raise node.error("a rule about devices has `allow`")
        kind, major, minor, access = (node.get(name) for name in ("type", "major", "minor", "access"))
        letters = "rwm" if access is None else access.text()
        of = "a" if kind is None else kind.text()
        numbers = tuple(None if each is None else each.number(-1) for each in (major, minor))
        major_number, minor_number = (None if each == -1 else each for each in numbers)
        everything = of == "a" or (major_number is None and minor_number is None)
        if not allow.flag():
            if of == "a" and everything and set(letters) >= {"r", "w", "m"}:
                closed, may_make, given = True, False, list(_ALWAYS)
            else:
                report.tell(
                    LOST, node, "single devices are known here by their paths, and this denial is not taken over"
                )
        elif of == "a":
            closed, may_make = False, True
        elif closed:
            may_make = may_make or "m" in letters
            found = known.get((of, major_number or 0, minor_number))
            if set(letters) & {"r", "w"}:
                if found is None:
                    report.tell(STRICTER, node, "which file is this device is not known, and it is not opened")
                else:
                    given.append(found)
    if closed:
        allowed = texts(place.at(each) for each in given)
        yield (
            f"deny devices: file_open when {_DEVICE} and not (object.path matches {allowed}) with EPERM "
            f"because {quoted('the devices of its control group leave this one out')}"
        )
        if not may_make:
            yield (
                f"deny make_devices: path_mknod when {_DEVICE} with EPERM "
                f"because {quoted('its control group lets no device be made')}"
            )


def limits(config: Node, report: Report) -> Iterator[str]:
    """``process.rlimits``: a hard limit is not raised."""
    seen = set()
    for node in config.each("process", "rlimits"):
        kind, hard = node.get("type"), node.get("hard")
        if kind is None or hard is None:
            raise node.error("a limit has a `type` and a `hard` value")
        resource, most = _LIMITS.get(kind.text()), hard.number()
        if resource is None:
            raise kind.error(f"`{kind.text()}` is no limit")
        if resource in seen:
            raise kind.error(f"`{kind.text()}` is limited twice")
        seen.add(resource)
        report.tell(NOTED, node, "the limit holds for who raises it; it is not set when a program starts")
        if most < _LARGEST:
            yield (
                f"deny limit_{resource}: task_setrlimit when resource == {resource} and hard > {most} with EPERM "
                f"because {quoted('the runtime has set this limit')}"
            )


def separate(config: Node, report: Report) -> Iterator[str]:
    """``linux.namespaces``: what is in a container's own is apart from all outside."""
    own: dict[str, Node] = {}
    for node in config.each("linux", "namespaces"):
        kind = node.get("type")
        if kind is None:
            raise node.error("a namespace has a `type`")
        own[kind.text()] = node
        if kind.text() not in ("pid", "ipc"):
            report.tell(NOTED, node, "what is not seen from within is no part of a policy")
        elif node.get("path") is not None:
            report.tell(NOTED, node, "who else is in that namespace is not known: nobody is")
    if "pid" in own:
        yield (
            f"deny apart: signal, trace when object.foreign with ESRCH "
            f"because {quoted('there is no such process in its own namespace')}"
        )
    if "ipc" in own:
        yield (
            f"deny apart_ipc: ipc_permission when object.foreign with EACCES "
            f"because {quoted('there is no such object in its own namespace')}"
        )


def privileges(config: Node, bounding: Sequence[str] | None, report: Report) -> Iterator[str]:
    """The ceiling of capabilities, and no_new_privs."""
    if bounding is not None:
        which = f" when cap not in {{{', '.join(bounding)}}}" if bounding else ""
        yield f"deny ceiling: capable{which} because {quoted('the capability is not in its bounding set')}"
    node = config.find("process", "noNewPrivileges")
    if node is not None and node.flag():
        report.tell(NOTED, node, "`start` sets it; by the rules alone, programs that would gain privileges do not run")
        yield (
            f"deny new_privileges: exec when not subject.no_new_privs and "
            f'({_SET_ID} or object.xattr("security.capability", "") != "") with EPERM '
            f"because {quoted('no new privileges')}"
        )
