"""Unix sockets are told apart by type, address and the other party, on both sides, and from outside."""

from pathlib import Path

import pytest

import nslsm
from nslsm.importers.apparmor import import_profiles

TILL = "profile till { unix, }"


def loaded(folder: Path, *profiles: str) -> nslsm.LoadedPolicy:
    (folder / "shop").write_text("\n".join(profiles))
    made = import_profiles([folder / "shop"], [folder])
    (folder / "shop.nslsm").write_text(made.text)
    return nslsm.load_policy(str(folder / "shop.nslsm"))


def lost(folder: Path, text: str) -> bool:
    (folder / "shop").write_text(text)
    return import_profiles([folder / "shop"], [folder]).lost


def pair(policy: nslsm.LoadedPolicy, *names: str) -> list[nslsm.Task]:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", policy["shop"])
    tasks = [kernel.spawn(uid=0) for _ in names]
    for task, name in zip(tasks, names, strict=True):
        kernel.check("setprocattr", task, name="current", value=f"changeprofile {name}")
    return tasks


def met(caller: nslsm.Task, listener: nslsm.Task, address: str, kind: str = "stream") -> nslsm.Decision:
    """What comes of a call to a socket of that address; the listener's is made first."""
    made = listener.bind(address, kind=kind)
    if not made.granted:
        return made
    if kind == "stream":
        listening = listener.listen(0)
        if not listening.granted:
            return listening
    return caller.connect(address, kind=kind)


@pytest.mark.parametrize(
    ("rule", "kind", "granted"),
    [
        ("", "stream", False),
        ("unix,", "stream", True),
        ("network,", "stream", True),
        ("network unix,", "dgram", True),
        ("network stream,", "dgram", False),
        ("network inet,", "stream", False),
        ("unix (create),", "dgram", True),
        ("unix (create) type=stream,", "dgram", False),
        ("unix (create) type=stream addr=@other,", "stream", True),
        ("unix (bind),", "stream", False),
        ("unix, deny unix (create) type=stream,", "stream", False),
        ("unix, deny network unix,", "stream", False),
    ],
)
def test_sockets_are_made_by_type(tmp_path: Path, rule: str, kind: str, granted: bool) -> None:
    (task,) = pair(loaded(tmp_path, f"profile shop {{ {rule} }}"), "shop")

    assert task.socket("unix", kind).granted is granted


@pytest.mark.parametrize(
    ("rule", "granted"),
    [
        ("unix (create, bind),", True),
        ("unix (create),", False),
        ("unix (create, bind) addr=@shop-*,", True),
        ("unix (create, bind) addr=@till-*,", False),
        ("unix (create, bind) addr=none,", False),
        ("unix, deny unix (bind) addr=@shop-*,", False),
        ("unix, deny unix (bind) addr=@till-*,", True),
    ],
)
def test_sockets_get_the_addresses_that_rules_name(tmp_path: Path, rule: str, granted: bool) -> None:
    (task,) = pair(loaded(tmp_path, f"profile shop {{ {rule} }}"), "shop")

    found = task.bind("@shop-1")

    assert found.granted is granted
    assert granted or found.errno == nslsm.Errno.EACCES


@pytest.mark.parametrize(
    ("shop", "till", "granted"),
    [
        ("unix,", "unix,", True),
        ("unix (create, connect, send, receive),", "unix,", True),
        ("unix (create, connect, send),", "unix,", False),
        ("unix (create), unix (connect send receive) peer=(label=till),", "unix,", True),
        ("unix (create), unix (connect send receive) peer=(label=bank),", "unix,", False),
        ("unix (create), unix (connect send receive) peer=(label=till addr=@till),", "unix,", True),
        ("unix (create), unix (connect send receive) peer=(addr=@bank),", "unix,", False),
        ("unix (create), unix (connect send receive) peer=(addr=none),", "unix,", False),
        ("unix, deny unix (connect) peer=(label=till),", "unix,", False),
        ("unix, deny unix (connect) peer=(label=bank),", "unix,", True),
        ("unix,", "unix (create, bind, listen), unix peer=(label=shop),", True),
        ("unix,", "unix (create, bind, listen), unix peer=(label=bank),", False),
        ("unix,", "unix (create, bind, listen, send, receive),", False),
        ("unix,", "unix, deny unix (accept) peer=(label=shop),", False),
    ],
)
def test_a_connection_is_asked_about_on_both_sides(tmp_path: Path, shop: str, till: str, granted: bool) -> None:
    policy = loaded(tmp_path, f"profile shop {{ {shop} }}", f"profile till {{ {till} }}", "profile bank { }")
    caller, listener = pair(policy, "shop", "till")

    assert met(caller, listener, "@till").granted is granted


@pytest.mark.parametrize(
    ("shop", "till", "granted"),
    [
        ("unix (create, send),", "unix,", True),
        ("unix (create, connect, receive),", "unix,", False),
        ("unix (create, send),", "unix (create, bind),", False),
        ("unix (create, send),", "unix (create, bind, receive),", True),
    ],
)
def test_datagrams_are_sent_on_one_side_and_received_on_the_other(
    tmp_path: Path, shop: str, till: str, granted: bool
) -> None:
    policy = loaded(tmp_path, f"profile shop {{ {shop} }}", f"profile till {{ {till} }}")
    caller, listener = pair(policy, "shop", "till")

    assert met(caller, listener, "@till", "dgram").granted is granted


def test_a_socket_that_has_a_path_is_left_to_rules_about_files(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "profile shop { unix (create), }", "profile till { unix (create), /run/till w, }")
    caller, listener = pair(policy, "shop", "till")

    assert met(caller, listener, "/run/till").granted


@pytest.mark.parametrize(("rule", "granted"), [("unix,", True), ("unix (create, bind, listen),", False)])
def test_who_calls_from_outside_is_unconfined(tmp_path: Path, rule: str, granted: bool) -> None:
    policy = loaded(tmp_path, f"profile shop {{ {rule} }}")
    kernel = nslsm.Kernel()
    outside, inside = kernel.spawn(uid=0), kernel.spawn(uid=0, no_new_privs=True)
    assert inside.lsm_unshare("shop")
    assert kernel.init.lsm_bind("root.shop", policy["shop"](start={"shop"}))

    assert met(outside, inside, "@shop").granted is granted


@pytest.mark.parametrize(
    ("rule", "is_lost"),
    [
        ("deny unix (create) type=stream,", False),
        ("deny unix (connect) peer=(label=till),", False),
        ("deny unix (send) peer=(label=till),", True),
        ("deny unix peer=(addr=@till),", True),
    ],
)
def test_a_denial_about_an_unknown_other_end_is_a_loss(tmp_path: Path, rule: str, is_lost: bool) -> None:
    assert lost(tmp_path, f"profile shop {{ unix, {rule} }}") is is_lost


@pytest.mark.parametrize(("rule", "is_lost"), [("type=dgram", False), ("(send)", True), ("addr=@a", True)])
def test_under_an_abi_that_knows_families_denials_about_more_are_lost(tmp_path: Path, rule: str, is_lost: bool) -> None:
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi" / "own").write_text("network_v8 {af_mask {unix\n}\n}\n")

    assert lost(tmp_path, f"abi <abi/own>,\nprofile shop {{ unix, deny unix {rule}, }}") is is_lost
