"""Rules about mounts as regions: mounting, unmounting, another root."""

from typing import Final

from nslsm.importers.apparmor.codes import LOST
from nslsm.importers.apparmor.file_rule import glob_text
from nslsm.importers.apparmor.region import Ground, Region
from nslsm.importers.apparmor.rule import Rule
from nslsm.importers.apparmor.text import both, quoted, texts, words

FLAGS: Final[dict[str, tuple[str, ...]]] = {
    "ro": ("rdonly",), "r": ("rdonly",), "read-only": ("rdonly",), "rw": (), "w": (), "nosuid": ("nosuid",), "suid": (),
    "nodev": ("nodev",), "dev": (), "noexec": ("noexec",), "exec": (), "sync": ("synchronous",), "async": (),
    "remount": ("remount",), "mand": ("mandlock",), "nomand": (), "dirsync": ("dirsync",), "nosymfollow": ("nosymfollow",),
    "symfollow": (), "atime": (), "noatime": ("noatime",), "diratime": (), "nodiratime": ("nodiratime",),
    "bind": ("bind",), "B": ("bind",), "move": ("move",), "M": ("move",), "rbind": ("bind", "rec"), "R": ("bind", "rec"),
    "silent": ("silent",), "loud": (), "acl": ("posixacl",), "noacl": (), "relatime": ("relatime",), "norelatime": (),
    "iversion": ("i_version",), "noiversion": (), "strictatime": ("strictatime",), "nostrictatime": (),
    "lazytime": ("lazytime",), "nolazytime": (), "kernmount": ("kernmount",), "nokernmount": (),
    **{
        f"{made}{recursive}{kind}": (kind, "rec") if recursive else (kind,)
        for made in ("", "make-") for recursive in ("", "r") for kind in ("unbindable", "private", "slave", "shared")
    },
}  # fmt: skip
"""The flags of mount(2) that an option stands for; of its opposite, none."""
PROPAGATION: Final = frozenset({"unbindable", "private", "slave", "shared"})
COMMANDS: Final = {
    "remount": frozenset({"remount"}), "bind": frozenset({"bind"}), "move": frozenset({"move"}), "change": PROPAGATION,
}  # fmt: skip
"""What mount(2) is asked to do other than to mount, by the flags that ask it."""
CHANGES: Final = {
    "remount": "remount, remount_bind", "bind": "bind", "move": "move", "change": "propagation", "new": "new",
}  # fmt: skip
"""The same in the words of ``sb_mount``."""
SEEN: Final = {
    "bind": frozenset({"bind", "rec"}), "move": frozenset({"move"}), "change": PROPAGATION | {"rec", "silent"},
}  # fmt: skip
"""The flags that security/apparmor/mount.c looks at; of other calls, at all."""


def mounts(ground: Ground) -> list[Region]:
    """What may be mounted and unmounted where, and what may become the root."""
    mounting = Region("mounts", "mount, move_mount", "mounts nothing of that kind")
    unmounting = Region("unmounts", "sb_umount", "unmounts nothing there")
    turning = Region("roots", "sb_pivotroot", "does not change its root so")
    for rule in ground.of("mount", "remount"):
        _mount(ground, mounting, rule)
    for rule in ground.of("umount"):
        if rule.conditions:
            ground.untold(rule, "conditions of unmounting are not known here")
            continue
        when = "" if not rule.words else f"object.path matches {texts(map(_place, rule.words))}"
        unmounting.add(rule, "sb_umount", when)
    for rule in ground.of("pivot_root"):
        _pivot(ground, turning, rule)
    return [mounting, unmounting, turning]


def _mount(ground: Ground, region: Region, rule: Rule) -> None:
    exact = [key for key in rule.conditions if key in ("options", "option")]
    loose = [key for key in rule.conditions if key in ("options in", "option in")]
    if len(exact) + len(loose) > 1:
        ground.untold(rule, "several conditions on options of one mount are not taken over")
        return
    options = frozenset(each for key in (*exact, *loose) for each in rule.conditions[key])
    kinds = [each for key in ("fstype", "vfstype", "fstype in", "vfstype in") for each in rule.conditions.get(key, ())]
    source, target = _places(rule)
    known = frozenset(flag for each in options for flag in FLAGS.get(each, ()))
    if any(each not in FLAGS for each in options):
        ground.untold(rule, "among these options of a mount are some that no flag of mount(2) stands for")
        return
    ways = _ways(rule, known, fstype=bool(kinds), source=bool(source), told=bool(options))
    if source and ways & {"bind", "move"} and source not in ("**", "/**"):
        ground.tell(LOST, rule, "what is bound or moved is known as it was written: links in its path are not followed")
    for way in sorted(ways):
        when = both(
            f"change in {{{CHANGES[way]}}}" if ways != set(CHANGES) else "",
            _flags(way, known, exact=bool(exact)) if options else "",
            f"object.filesystem matches {texts(kinds)}" if kinds else "",
            f"object.source matches {texts(_sources(source))}" if source else "",
            f"target.dpath matches {quoted(glob_text(target))}" if target else "",
        )
        region.add(rule, "mount", when)
    if "move" in ways and not kinds and not options and (rule.qualifiers.deny or not source):
        region.add(rule, "move_mount", f"target.dpath matches {quoted(glob_text(target))}" if target else "")


def _places(rule: Rule) -> tuple[str, str]:
    """What is mounted, and where; empty: anything."""
    if "->" in rule.words:
        place = rule.words.index("->")
        return (rule.words[0] if place else ""), rule.words[place + 1]
    if not rule.words:
        return "", ""
    return ("", rule.words[0]) if rule.kind == "remount" else (rule.words[0], "")


def _ways(rule: Rule, flags: frozenset[str], *, fstype: bool, source: bool, told: bool) -> set[str]:
    """What a rule can be about, by its options and by what it names (``mnt_rule::gen_policy_re`` of the compiler)."""
    if rule.kind == "remount":
        return {"remount"}
    named = {way for way, bits in COMMANDS.items() if bits & flags}
    ways = (named or {"new"}) if told else set(CHANGES)
    if told and any(key.endswith(" in") for key in rule.conditions):
        ways = {*named, "new"}
    if fstype:
        ways -= {"remount", "bind", "change", "move"}
    return ways - {"remount", "change"} if source else ways


def _flags(way: str, flags: frozenset[str], *, exact: bool) -> str:
    """The condition on flags; of some, the kernel looks at a few only."""
    seen = SEEN.get(way)
    given = f"(flags & {words(seen)})" if seen else "flags"
    wanted = flags & seen if seen else flags
    if way == "remount":
        wanted |= {"remount"}
    return f"{given} == {words(wanted)}" if exact else f"{given} - {words(wanted)} == {{}}"


def _sources(source: str) -> set[str]:
    """A pattern of what is mounted: a directory that is named has no slash at its end where the text has none."""
    made = glob_text(source)
    return {made, made[:-1]} if made.endswith("/") and len(made) > 1 else {made}


def _pivot(ground: Ground, region: Region, rule: Rule) -> None:
    rest = list(rule.words)
    if "->" in rest:
        ground.tell(LOST, rule, "no profile is taken on by pivot_root here")
        rest = rest[: rest.index("->")]
    old = rule.conditions.get("oldroot", ())
    when = both(
        f"object.dpath matches {texts(map(glob_text, rest))}" if rest else "",
        f"put_old.dpath matches {texts(map(glob_text, old))}" if old else "",
    )
    region.add(rule, "sb_pivotroot", when)


def _place(path: str) -> str:
    made = glob_text(path)
    return made[:-1] if made.endswith("/") and len(made) > 1 else made
