import hashlib

import pytest

from nslsm.controls.integrity.template import Measurement, aggregate, extended, violated


@pytest.mark.parametrize(
    ("pcr", "template", "contents", "path"),
    [
        # Lines that kernels have printed: of a mailing list (linux-integrity), and of a page about attestation.
        (
            11,
            "50b5a68bea0776a84eef6725f17ce474756e51c0",
            "sha256:15e1efee080fe54f5d7404af7e913de01671e745ce55215d89f3d6521d3884f0",
            "/root/cat",
        ),
        (
            10,
            "bb24b135e1c911c97aad8f1c1863efc08cd44c11",
            "sha256:d41dd4adacf5a35df426461dd8a92d7bdd5ba29bb61a1c3531bec0ada386f8dd",
            "/usr/lib/x86_64-linux-gnu/libresolv.so.2",
        ),
    ],
)
def test_a_line_is_what_a_kernel_printed(pcr: int, template: str, contents: str, path: str) -> None:
    algorithm, digest = contents.split(":")

    assert Measurement(algorithm, digest, path).line(pcr) == f"{pcr} {template} ima-ng {contents} {path}"


def test_blanks_of_a_path_are_underscores_in_the_list_and_in_what_is_hashed() -> None:
    entry = Measurement("sha256", "00" * 32, "/a b (deleted)")

    assert entry.line().split(" ")[-1] == "/a_b_(deleted)"
    assert entry.data.endswith(b"/a_b_(deleted)\0")
    assert entry.hashed() == entry._replace(path="/a_b_(deleted)").hashed()


def test_each_bank_is_extended_by_the_template_hashed_in_it() -> None:
    entry = Measurement("sha256", "ab" * 32, "/a")
    once = hashlib.sha256(bytes(32) + hashlib.sha256(entry.data).digest()).digest()

    assert aggregate("sha256", [entry]) == once.hex()
    assert aggregate("sha256", [entry, entry]) == extended("sha256", once, entry).hex()
    assert aggregate("sha1", [entry]) == hashlib.sha1(bytes(20) + hashlib.sha1(entry.data).digest()).hexdigest()


def test_a_violation_shows_zeros_and_extends_by_ones() -> None:
    entry = violated("/a")

    assert entry.line().split()[1] == "0" * 40
    assert aggregate("sha1", [entry]) == hashlib.sha1(bytes(20) + b"\xff" * 20).hexdigest()


def test_the_binary_entry_holds_the_hash_and_the_data() -> None:
    entry = Measurement("sha256", "ab" * 32, "/a")

    octets = entry.octets()

    assert octets[:4] == b"\x0a\0\0\0"
    assert octets[4:24] == entry.hashed()
    assert octets[24:34] == b"\x06\0\0\0ima-ng"
    assert octets[38:] == entry.data
