"""The catalogue against the kernel's own list of hooks, and against itself."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from nslsm.hooks import CATALOGUE, FAMILIES, PROFILES, VERSION, Errno
from nslsm.hooks.catalogue import Catalogue, UnknownHook
from nslsm.hooks.kinds import FILE, KINDS, SOCKET, TASK
from nslsm.hooks.model import Consequence, Family, Hook, HookClass
from nslsm.hooks.types import Enumeration, Fact, Flags, Kind, Method, SetOf, Type

FACTS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "data" / "lsm_hooks.json").read_text("utf-8"))

KERNELS = ("6.12", "7.2")

MEANING = {"1": "dcfd63b9481107d5"}
"""A digest of what policies rest on, for each version of the catalogue that was released or is about to be."""


def linux_hooks(profile: str) -> dict[str, Hook]:
    return {hook.name: hook for hook in CATALOGUE.in_profile(profile) if not hook.own}


def listed(profile: str) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in FACTS["kernels"][profile]["hooks"]}


@pytest.mark.parametrize("profile", KERNELS)
def test_a_kernels_hooks_are_exactly_those_of_its_header(profile: str) -> None:
    assert sorted(linux_hooks(profile)) == sorted(listed(profile))


def test_the_hooks_of_6_1_are_exactly_those_that_its_bpf_attach_points_name() -> None:
    assert sorted(linux_hooks("6.1")) == FACTS["names"]["6.1"]


@pytest.mark.parametrize("profile", KERNELS)
def test_prototypes_have_the_headers_return_types_and_arguments(profile: str) -> None:
    hooks = linux_hooks(profile)

    for name, entry in listed(profile).items():
        prototype = hooks[name].prototype_in(profile)
        returns, called = prototype.split("(")[0].split(" ")
        arguments = [[each.type, each.name] for each in hooks[name].c_arguments_in(profile)]
        assert (called, returns, arguments) == (name, entry["returns"], entry["arguments"])


@pytest.mark.parametrize("profile", KERNELS)
def test_defaults_are_the_headers(profile: str) -> None:
    hooks = linux_hooks(profile)

    for name, entry in listed(profile).items():
        assert (name, hooks[name].default) == (name, entry["default"])


@pytest.mark.parametrize("profile", KERNELS)
def test_what_a_hook_needs_to_be_built_in_is_the_headers_condition(profile: str) -> None:
    hooks = linux_hooks(profile)

    for name, entry in listed(profile).items():
        needed = set(entry.get("config", ())) - {"CONFIG_SECURITY"}
        assert (name, set(re.findall(r"CONFIG_\w+", hooks[name].config))) == (name, needed)


def test_earlier_prototypes_differ_from_what_came_after() -> None:
    for hook in CATALOGUE.hooks:
        texts = [*(text for _, text in hook.earlier), hook.prototype]
        assert len(set(texts)) == len(texts), hook.name


def test_every_hook_is_told_in_one_sentence() -> None:
    for hook in CATALOGUE.hooks:
        assert hook.doc[0].isupper(), hook.name
        assert hook.doc.endswith("."), hook.name
        assert ". " not in hook.doc, hook.name


def test_hooks_that_return_nothing_are_told_and_all_others_ask() -> None:
    for hook in CATALOGUE.hooks:
        tells = hook.hook_class is HookClass.NOTIFY
        assert tells == (hook.returns == "void") == (hook.default == "LSM_RET_VOID"), hook.name


def test_only_what_is_0_by_default_can_be_denied() -> None:
    for hook in CATALOGUE.hooks:
        if hook.hook_class is HookClass.ACCESS:
            assert hook.default == "0", hook.name


def test_hooks_whose_answer_is_no_verdict_say_why() -> None:
    for hook in CATALOGUE.hooks:
        assert (hook.hook_class is HookClass.OTHER) == hook.why_other.endswith("."), hook.name


def test_hooks_whose_results_do_not_compose_are_no_access() -> None:
    others = {hook.name for hook in CATALOGUE.hooks if hook.hook_class is HookClass.OTHER}

    assert others >= {
        "vm_enough_memory", "task_prctl", "inode_init_security", "fs_context_parse_param", "inode_getsecurity",
        "xfrm_state_pol_flow_match", "inode_xattr_skipcap", "ismaclabel", "secid_to_secctx", "audit_rule_match",
        "inode_need_killpriv", "socket_getpeersec_stream", "getprocattr", "inode_copy_up_xattr",
    }  # fmt: skip


def test_facts_have_words_and_unique_names() -> None:
    for hook in CATALOGUE.hooks:
        names = [fact.name for fact in hook.facts]
        assert len(set(names)) == len(names), hook.name
        assert not {"subject", "object", "namespace"} & set(names), hook.name
        assert all(fact.doc for fact in hook.facts), hook.name


def types() -> Iterator[Type]:
    members = [member for kind in KINDS for member in kind.members()]
    for member in [*members, *(fact for hook in CATALOGUE.hooks for fact in hook.facts)]:
        yield member.type if isinstance(member, Fact) else member.result
        if isinstance(member, Method):
            yield from member.parameters


def test_one_name_is_one_type() -> None:
    known: dict[str, Type] = {}

    for type_ in types():
        element = type_.element if isinstance(type_, SetOf) else type_
        assert not isinstance(element, SetOf)
        assert known.setdefault(element.name, element) == element

    kinds = {kind.name for kind in KINDS}
    assert {name for name, type_ in known.items() if isinstance(type_, Kind)} <= kinds
    assert not kinds & {name for name, type_ in known.items() if not isinstance(type_, Kind)}


def test_the_words_of_flags_and_enumerations_are_unique_names() -> None:
    for type_ in types():
        if isinstance(type_, Flags | Enumeration):
            assert len(set(type_.members)) == len(type_.members)
            assert all(re.fullmatch(r"[a-z][a-z0-9_]*", member) for member in type_.members), type_


def test_a_rename_is_about_the_old_name_and_knows_the_new_one() -> None:
    for name in ("path_rename", "inode_rename", "path_link", "inode_link", "path_reparent"):
        hook = CATALOGUE[name]
        assert hook.object == FILE
        assert [str(hook.facts[place].type) for place in (hook.index("old"), hook.index("new"))] == ["file", "file"]


def test_the_subject_of_traceme_is_the_tracer_and_its_object_the_tracee() -> None:
    hook = CATALOGUE["ptrace_traceme"]

    assert hook.subject.startswith("the tracer")
    assert (hook.object, hook.object_is.split(":")[0]) == (TASK, "the tracee")


def test_the_object_of_two_parties_is_the_others() -> None:
    for name in ("unix_stream_connect", "unix_may_send"):
        assert CATALOGUE[name].object == SOCKET
        assert CATALOGUE[name].object_is.endswith("as `peer`")


@pytest.mark.parametrize(
    ("name", "consequence", "errno"),
    [
        ("file_open", Consequence.FATAL, Errno.EACCES),
        ("socket_connect", Consequence.FATAL, Errno.EACCES),
        ("task_kill", Consequence.FATAL, Errno.EPERM),
        ("ptrace_access_check", Consequence.FATAL, Errno.EPERM),
        ("capable", Consequence.PROBE, Errno.EPERM),
        ("file_receive", Consequence.ELEMENT, Errno.EACCES),
        ("socket_sock_rcv_skb", Consequence.ELEMENT, Errno.EACCES),
        ("cred_prepare", Consequence.FATAL, Errno.ENOMEM),
        ("path_reparent", Consequence.FATAL, Errno.EXDEV),
        ("msg_queue_msgrcv", Consequence.ELEMENT, Errno.EACCES),
        ("kernfs_init_security", Consequence.FATAL, Errno.ENOMEM),
    ],
)
def test_a_denial_does_what_linux_does(name: str, consequence: Consequence, errno: Errno) -> None:
    assert (CATALOGUE[name].consequence, CATALOGUE[name].default_errno) == (consequence, errno)


def test_hooks_of_our_own_are_marked_and_in_no_header() -> None:
    own = {hook.name for hook in CATALOGUE.hooks if hook.own}

    assert own == {
        "namespace_create", "namespace_enter", "namespace_bind", "namespace_seal", "namespace_lock",
        "path_reparent", "user_access", "system_call",
    }  # fmt: skip
    assert all(hook.in_profile(profile) for hook in CATALOGUE.hooks if hook.own for profile in PROFILES)


def test_families_are_unique_and_complete() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert [hook for family in FAMILIES for hook in family.hooks] == list(CATALOGUE.values())
    for family in FAMILIES:
        assert family.doc.endswith(".")
        assert {hook.family for hook in family.hooks} == {family.name}


def test_two_hooks_of_one_name_make_no_catalogue() -> None:
    twice = Family.of("twice", "Twice.", CATALOGUE["file_open"], CATALOGUE["file_open"])

    with pytest.raises(ValueError, match="one name"):
        Catalogue((twice,))


def test_an_unknown_name_is_a_key_error_that_names_the_nearest() -> None:
    with pytest.raises(UnknownHook, match="no hook is called `file_opne`; did you mean `file_open`") as caught:
        CATALOGUE["file_opne"]

    assert isinstance(caught.value, KeyError)
    assert caught.value.near[0] == "file_open"
    assert CATALOGUE.get("file_opne") is None
    assert "file_opne" not in CATALOGUE


def test_nothing_in_the_catalogue_can_be_changed() -> None:
    with pytest.raises(AttributeError):
        CATALOGUE.hooks = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        CATALOGUE["file_open"].doc = ""  # type: ignore[misc]
    with pytest.raises(TypeError):
        CATALOGUE["file_open"] = CATALOGUE["file_lock"]  # type: ignore[index]


def test_a_pattern_finds_all_names_that_fit_it_and_no_other() -> None:
    found = [hook.name for hook in CATALOGUE.matching("inode_*")]

    assert found == [name for name in CATALOGUE if name.startswith("inode_")]
    assert "path_rename" not in found


def test_a_search_looks_at_names_and_sentences_and_puts_names_first() -> None:
    found = [hook.name for hook in CATALOGUE.search("Signal")]

    assert {"task_kill", "file_set_fowner"} <= set(found)
    assert [hook.name for hook in CATALOGUE.search("rename")][:2] == ["path_rename", "inode_rename"]
    assert CATALOGUE.search("rename connect") == ()


def test_a_kernel_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no kernel `5\.10`"):
        CATALOGUE.in_profile("5.10")


def test_what_changes_the_meaning_of_policies_changes_the_catalogues_version() -> None:
    rows = [
        (hook.name, hook.hook_class.value, str(hook.object), hook.consequence.value, hook.default_errno.name,
         hook.since, hook.until, [(fact.name, repr_type(fact.type)) for fact in hook.facts])
        for hook in CATALOGUE.hooks
    ]  # fmt: skip
    kinds = [
        (kind.name, [(member.name, repr_type(member.type if isinstance(member, Fact) else member.result))
                     for member in kind.members()])
        for kind in KINDS
    ]  # fmt: skip

    meaning = sha256(json.dumps([sorted(rows), kinds]).encode()).hexdigest()[:16]

    assert meaning == MEANING[VERSION], "a released version means what it meant: raise VERSION, and note this digest"


def repr_type(type_: Type) -> str:
    members = type_.members if isinstance(type_, Flags | Enumeration) else ()
    return f"{type_} {' '.join(members)}"


def test_where_an_errno_is_lost_the_kernels_function_is_named() -> None:
    for hook in CATALOGUE.hooks:
        if hook.errno_lost:
            assert hook.hook_class is HookClass.ACCESS, hook.name
            assert re.search(r"`\w+`", hook.errno_lost), hook.name
            assert hook.errno_lost.endswith("."), hook.name
        else:
            assert hook.errno_seen is None, hook.name


def test_an_answer_that_goes_back_to_the_kernel_reaches_no_program() -> None:
    for hook in CATALOGUE.hooks:
        assert hook.errno_lost or hook.consequence is not Consequence.PROBE, hook.name


def test_what_a_hook_says_of_the_errno_it_says_once() -> None:
    for hook in CATALOGUE.hooks:
        if "the caller sees ENOMEM" in hook.doc:
            assert (hook.errno_seen, hook.default_errno) == (Errno.ENOMEM, Errno.ENOMEM), hook.name


def test_errnos_are_lost_where_the_kernel_has_only_yes_and_no_for_an_answer() -> None:
    lost = {hook.name: hook.errno_seen for hook in CATALOGUE.hooks if hook.errno_lost}

    assert lost["capable"] is Errno.EPERM
    assert lost["ipc_permission"] is Errno.EACCES
    assert lost["binder_transfer_file"] is Errno.EPERM
    assert lost["socket_sock_rcv_skb"] is None
    assert not {"file_open", "task_kill", "socket_connect", "file_receive", "ptrace_access_check"} & set(lost)


def test_hooks_that_one_call_raises_several_times_say_how() -> None:
    repeated = {hook.name: hook.repeats for hook in CATALOGUE.hooks if hook.repeats}

    assert repeated.keys() >= {
        "bprm_check_security",
        "capable",
        "file_open",
        "inode_permission",
        "mmap_file",
        "task_kill",
    }
    assert not {"bprm_creds_for_exec", "socket_connect", "path_rename", "inode_getattr"} & set(repeated)
    assert all(re.search(r"[a-z]", why) and not why.endswith(".") for why in repeated.values())


def test_the_bounds_of_facts_are_those_of_the_kernels_types() -> None:
    port, uid, comm = (
        fact.bounds
        for fact in (CATALOGUE["socket_connect"].fact("port"), TASK.fact("uid"), TASK.fact("comm"))
        if fact is not None
    )

    assert port is not None
    assert (port.least, port.most) == (0, 65535)
    assert uid is not None
    assert (uid.least, uid.most) == (0, 4294967295)
    assert comm is not None
    assert comm.longest == 15
