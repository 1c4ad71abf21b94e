"""Rules about mounts as regions: mounting, unmounting, another root."""

from nslsm.importers.apparmor.codes import LOST
from nslsm.importers.apparmor.file_rule import glob_text
from nslsm.importers.apparmor.region import Ground, Region
from nslsm.importers.apparmor.rule import Rule
from nslsm.importers.apparmor.text import both, quoted, texts


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
    options = rule.conditions.get("options", ()) + rule.conditions.get("option", ())
    if options:
        ground.untold(rule, "options of mounts are not taken over")
        return
    kinds = rule.conditions.get("fstype", ()) + rule.conditions.get("vfstype", ())
    rest = list(rule.words)
    target = ""
    if "->" in rest:
        place = rest.index("->")
        target, rest = rest[place + 1], rest[:place]
    when = both(
        "change in {remount, remount_bind}" if rule.kind == "remount" else "",
        f"object.filesystem matches {texts(kinds)}" if kinds else "",
        f"object.source matches {texts(map(glob_text, rest))}" if rest else "",
        f"target.dpath matches {quoted(glob_text(target))}" if target else "",
    )
    region.add(rule, "mount", when)
    if not when:
        region.add(rule, "move_mount", "")
    elif rule.qualifiers.deny:
        region.denies.append(("move_mount", f"target.dpath matches {quoted(glob_text(target))}" if target else ""))


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
