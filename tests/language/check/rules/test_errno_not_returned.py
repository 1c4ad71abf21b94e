"""An errno that a rule names is the one that a program sees, or the rule is refused."""

import pytest

from nslsm.diagnostics import Severity
from nslsm.hooks.catalogue import CATALOGUE
from tests.language.check.memory import checked, codes, findings


def test_an_errno_that_is_dropped_is_an_error_at_the_errno() -> None:
    text = "control c {\n    deny capable with EACCES\n}"

    (found,) = checked(text).diagnostics

    assert (found.code.name, found.severity) == ("errno-not-returned", Severity.ERROR)
    assert found.span is not None
    assert (found.span.line, found.span.column) == (2, 23)
    assert found.help == "leave `with` out, or write `with EPERM`"
    assert "ns_capable_common" in found.notes[0]


def test_a_rule_may_name_the_errno_that_is_seen_in_any_case() -> None:
    assert codes("control c { deny capable with EPERM deny cred_prepare with ENOMEM }") == []


def test_nobody_is_told_why_a_packet_is_dropped() -> None:
    assert findings("control c { deny socket_sock_rcv_skb with EACCES }") == [
        "errno-not-returned: no program ever sees the `EACCES` that `socket_sock_rcv_skb` would be denied with"
    ]


def test_an_errno_that_one_of_the_hooks_returns_is_seen() -> None:
    assert codes("control c { deny capable, capset with EACCES }") == []
    assert codes("control c { deny capable, ipc_permission with EROFS }") == ["errno-not-returned"]


def test_regions_are_held_to_it_too() -> None:
    assert codes("control c { confine capable with EACCES { allow capable when cap == CAP_KILL } }") == [
        "errno-not-returned"
    ]


@pytest.mark.parametrize("errno", ["ERESTARTSYS", "ERESTARTNOINTR", "ENOIOCTLCMD", "ENOPARAM"])
def test_what_stays_inside_the_kernel_is_no_answer_anywhere(errno: str) -> None:
    assert findings(f"control c {{ deny file_open with {errno} }}") == [
        f"errno-not-returned: `{errno}` stays inside the kernel: no system call fails with it"
    ]


@pytest.mark.parametrize("errno", ["EPERM", "EACCES", "ENOSYS", "ENOENT", "EHWPOISON", "EAGAIN"])
def test_any_other_errno_is_handed_on(errno: str) -> None:
    hooks = [hook.name for hook in CATALOGUE.hooks if not hook.errno_lost and hook.hook_class.value == "access"]
    rules = "\n".join(f"deny {hook} with {errno}" for hook in hooks)

    assert codes(f"control c {{ {rules} }}") == []
