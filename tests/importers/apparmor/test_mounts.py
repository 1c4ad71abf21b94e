"""Mounts are told apart by what is asked for, by flags, type, source and place."""

from pathlib import Path

import pytest

import nslsm
from nslsm.importers.apparmor import import_profiles

NEW = {"source": "none", "target": "/mnt", "kind": "tmpfs"}
BIND = {"source": "/srv", "target": "/mnt", "flags": {"bind"}}
REMOUNT = {"source": "none", "target": "/mnt", "flags": {"remount", "rdonly"}}
PRIVATE = {"source": "none", "target": "/mnt", "flags": {"private", "rec"}}
MOVE = {"source": "/srv", "target": "/mnt", "flags": {"move"}}


def made(folder: Path, rules: str) -> tuple[nslsm.Task, set[str]]:
    file = folder / "shop"
    file.write_text(f"profile shop {{ capability, /** rw, {rules} }}")
    found = import_profiles([file], [folder])
    (folder / "shop.nslsm").write_text(found.text)
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", nslsm.load_policy(str(folder / "shop.nslsm"))["shop"](start={"shop"}))
    for path in ("/mnt", "/srv"):
        kernel.file(path, type="directory")
    everything = set(nslsm.Capability)
    task = kernel.spawn(uid=0, effective=everything, permitted=everything)
    return task, {each.code.name.removeprefix("apparmor-") for each in found.findings}


def asked(folder: Path, rules: str, call: dict[str, object]) -> bool:
    task, _ = made(folder, rules)
    decision = task.mount(**call)  # type: ignore[arg-type]
    return decision.blame is None or decision.blame.opinion is None


@pytest.mark.parametrize(
    ("rules", "permitted"),
    [
        ("", ""),
        ("mount,", "new bind remount private move"),
        ("mount -> /mnt/,", "new bind remount private move"),
        ("mount -> /srv/,", ""),
        ("mount fstype=tmpfs,", "new"),
        ("mount fstype=ext4,", ""),
        ("mount none -> /mnt/,", "new"),
        ("mount /srv/ -> /mnt/,", "bind move"),
        ("mount options=(bind),", "bind"),
        ("mount options=bind /srv -> /mnt/,", "bind"),
        ("mount options=bind /var -> /mnt/,", ""),
        ("mount options=(rbind),", ""),
        ("mount options=(rw, bind),", "bind"),
        ("mount options in (bind, rbind),", "new bind"),
        ("mount options=(rw),", "new"),
        ("mount options=(ro),", ""),
        ("mount options=(remount, ro),", "remount"),
        ("mount options=(remount, rw),", ""),
        ("remount,", "remount"),
        ("remount /mnt/,", "remount"),
        ("remount /srv/,", ""),
        ("remount options=(ro),", "remount"),
        ("remount options=(ro, nosuid),", ""),
        ("mount options=(rprivate),", "private"),
        ("mount options=(make-rprivate) -> /mnt/,", "private"),
        ("mount options=(private),", ""),
        ("mount options in (rprivate, rslave),", "new private"),
        ("mount options=(move),", "move"),
        ("mount, deny mount options=(bind),", "new remount private move"),
        ("mount, deny remount,", "new bind private move"),
        ("mount, deny mount fstype=tmpfs,", "bind remount private move"),
        ("mount, deny mount -> /mnt/,", ""),
    ],
)
def test_a_mount_is_permitted_by_what_it_asks_for(tmp_path: Path, rules: str, permitted: str) -> None:
    calls = {"new": NEW, "bind": BIND, "remount": REMOUNT, "private": PRIVATE, "move": MOVE}

    found = [name for name, call in calls.items() if asked(tmp_path, rules, call)]

    assert " ".join(found) == permitted


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("mount options=(ro),", set()),
        ("deny mount options=(ro, nosuid),", set()),
        ("mount options=(user),", {"permission-lost"}),
        ("deny mount options=(user),", {"restriction-lost"}),
        ("deny mount options=ro options in (nosuid),", {"restriction-lost"}),
        ("mount options=bind /srv/* -> /mnt/,", {"restriction-lost"}),
        ("mount options=bind /** -> /mnt/,", set()),
    ],
)
def test_what_is_not_known_of_a_mount_is_told(tmp_path: Path, rules: str, told: set[str]) -> None:
    assert made(tmp_path, rules)[1] == told
