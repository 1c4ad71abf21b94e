"""Kernel functions, and the hooks that they are."""

import pytest

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Capability
from nslsm.hooks.types import UNKNOWN
from nslsm.importers.traces.tetragon import functions
from nslsm.importers.traces.tetragon.functions import hook_of, request
from nslsm.kernel.told import FileAt, SocketOf

ETC = {"file_arg": {"path": "/etc/passwd"}}
SOCK = {
    "sock_arg": {
        "family": "AF_INET6",
        "type": "SOCK_STREAM",
        "protocol": "IPPROTO_TCP",
        "saddr": "::ffff:10.0.0.1",
        "sport": 4000,
        "daddr": "2001:db8::1",
        "dport": 443,
    }
}


def facts(hook: str, *arguments: dict[str, object], function: str = "") -> dict[str, object]:
    return dict(request(hook, function or f"security_{hook}", arguments).facts)


def test_each_function_leads_to_a_hook_and_each_number_to_a_fact_that_it_has() -> None:
    for function in (*functions._RENAMED, *functions._LEADING):
        assert hook_of(function) in CATALOGUE
    named = {hook: [name for name, _ in meanings] for hook, meanings in functions._NUMBERS.items()}
    named |= {hook: [*named.get(hook, []), name] for hook, name in functions._STRINGS.items()}
    known = {hook.name: hook for hook in CATALOGUE.hooks}
    for hook, names in named.items():
        assert all(known[hook].fact(name) is not None for name in names), hook


@pytest.mark.parametrize("function", ["schedule", "security_of_mine", "bpf_lsm_nothing", "", "namespace_create"])
def test_other_functions_are_no_hooks(function: str) -> None:
    assert hook_of(function) is None


def test_a_file_is_what_a_hook_is_about_and_numbers_are_its_facts() -> None:
    told = request("file_permission", "security_file_permission", [ETC, {"int_arg": 4}])

    assert told.about == FileAt("/etc/passwd")
    assert dict(told.facts) == {"mask": {"read"}}
    assert facts("file_permission", ETC, {"bytes_arg": "eA=="}, {"size_arg": "99"}, function="vfs_write") == {
        "mask": {"write"}
    }


def test_a_mapping_has_its_protection_by_function_and_by_hook() -> None:
    by_function = facts("mmap_file", ETC, {"uint_arg": 5}, {"uint_arg": 2})
    by_hook = facts("mmap_file", ETC, {"uint_arg": 1}, {"uint_arg": 5}, {"uint_arg": 2})

    assert by_function == {"reqprot": {"read", "exec"}, "prot": {"read", "exec"}, "flags": {"private"}}
    assert by_hook == {"reqprot": {"read"}, "prot": {"read", "exec"}, "flags": {"private"}}


def test_a_connection_is_to_the_other_end_of_its_socket_unless_an_address_is_told() -> None:
    told = request("socket_connect", "tcp_connect", [SOCK])
    bound = facts("socket_bind", SOCK, {"sockaddr_arg": {"family": "AF_INET", "addr": "0.0.0.0", "port": 80}})

    assert isinstance(told.about, SocketOf)
    assert (told.about.family, told.about.type, str(told.about.address), told.about.port) == (
        "inet6",
        "stream",
        "10.0.0.1",
        4000,
    )
    assert {name: str(value) for name, value in told.facts} == {
        "family": "inet6",
        "address": "2001:db8::1",
        "port": "443",
    }
    assert {name: str(value) for name, value in bound.items()} == {"family": "inet", "address": "0.0.0.0", "port": "80"}


def test_one_path_does_not_tell_a_directory_from_what_is_in_it() -> None:
    directory, file = {"path_arg": {"path": "/d"}}, {"path_arg": {"path": "/d/f"}}

    assert request("path_unlink", "security_path_unlink", [directory]).about is None
    assert request("path_unlink", "security_path_unlink", [directory, file]).about == FileAt("/d/f")
    assert facts("path_rename", directory, file, directory, ETC) == {
        "old": FileAt("/d/f"),
        "new": FileAt("/etc/passwd"),
    }


def test_capabilities_come_by_number() -> None:
    assert facts("capable", {"capability_arg": {"value": 21, "name": "CAP_SYS_ADMIN"}}) == {
        "cap": Capability.CAP_SYS_ADMIN
    }
    assert facts("capable", {"int_arg": 900}) == {"cap": UNKNOWN}


@pytest.mark.parametrize("path", ["", "pipe:[3]", "/a\0b"])
def test_what_is_no_path_from_the_root_is_an_unknown_file(path: str) -> None:
    assert request("file_open", "fd_install", [{"int_arg": 3}, {"file_arg": {"path": path}}]).about in (UNKNOWN, None)


def test_values_out_of_range_are_unknown() -> None:
    told = facts("socket_connect", {"sockaddr_arg": {"family": "AF_NEW", "addr": "x", "port": 70_000}})

    assert told == {"family": "other", "address": UNKNOWN, "port": UNKNOWN}
