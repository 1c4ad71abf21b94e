import shutil
import subprocess
from pathlib import Path

import pytest

import nslsm
from nslsm import Errno
from nslsm.api.integrity import MeasurementsOf
from nslsm.controls.integrity import Integrity
from nslsm.controls.integrity.attributes import Sealing, evm_attribute
from nslsm.controls.integrity.template import BANKS, PCR, aggregate

KEY = "6b" * 32


def rules(text: str, tmp_path: Path) -> object:
    (tmp_path / "rules.nslsm").write_text(f"operation replaced = path_rename at new\ncontrol rules {{\n{text}\n}}\n")
    return nslsm.load_policy(str(tmp_path / "rules.nslsm"))["rules"]


def measured() -> tuple[nslsm.Kernel, MeasurementsOf]:
    kernel = nslsm.Kernel()
    kernel.exchange("root", Integrity(nslsm.load_policy("base.integrity")["measure_tcb"], boot_aggregate="cd" * 32))
    for number, path in enumerate(("/bin/tool", "/bin/other", "/etc/passwd", "/lib/x.so")):
        kernel.file(path, sha256=f"{number + 1:02x}" * 32, filesystem="ext4")
    return kernel, MeasurementsOf(kernel, "root")


def test_a_file_is_measured_once_and_the_boot_comes_first() -> None:
    kernel, found = measured()
    task = kernel.spawn()

    assert found.entries == ()
    task.execve("/bin/tool")
    task.execve("/bin/other")
    task.execve("/bin/tool")

    assert [entry.path for entry in found.entries] == ["boot_aggregate", "/bin/tool", "/bin/other"]
    assert found.entries[0].digest == "cd" * 32


def test_contents_that_change_are_measured_again() -> None:
    kernel, found = measured()
    kernel.spawn().execve("/bin/tool")
    kernel.file("/bin/tool2", sha256="ee" * 32, filesystem="ext4")

    kernel.init.rename("/bin/tool2", "/bin/tool")
    kernel.spawn().execve("/bin/tool")

    assert [entry.digest[:2] for entry in found.entries if entry.path == "/bin/tool"] == ["01", "ee"]


def test_rules_say_what_is_measured() -> None:
    kernel, found = measured()

    kernel.spawn(uid=1000).open("/etc/passwd")
    before = found.entries
    kernel.spawn(uid=0).open("/etc/passwd")

    assert before == ()
    assert found.entries[-1].path == "/etc/passwd"


def test_the_registers_are_those_of_the_list_and_of_what_was_told() -> None:
    kernel, found = measured()
    lines: list[str] = []
    kernel.on_decision(
        lambda decision: lines.extend(
            each.observation.because for each in decision.observed if each.observation.rule == "measure"
        )
    )
    for path in ("/bin/tool", "/bin/other"):
        kernel.spawn().execve(path)
    kernel.spawn(uid=0).open("/etc/passwd")

    assert len(found.entries) == 4
    assert not any(entry.violation for entry in found.entries)
    assert lines == found.ascii().splitlines()[1:]
    for bank in ("sha1", "sha256"):
        assert found.aggregate(bank) == aggregate(bank, found.entries)


def test_several_files_of_one_event_are_all_in_the_list(tmp_path: Path) -> None:
    kernel = nslsm.Kernel()
    kernel.exchange("root", Integrity(rules("audit measure: path_link, path_rename, replaced", tmp_path)))
    for number, path in enumerate(("/a", "/b")):
        kernel.file(path, sha256=f"{number:02x}" * 32)

    kernel.init.rename("/a", "/b")

    found = MeasurementsOf(kernel, "root")
    assert len(found.entries) >= 2
    assert found.aggregate() == aggregate("sha256", found.entries)


def test_contents_that_nobody_knows_are_a_violation() -> None:
    kernel, found = measured()
    kernel.spawn().execve("/bin/unknown")

    assert [(entry.path, entry.violation) for entry in found.entries[1:]] == [("/bin/unknown", True)]
    assert found.aggregate() == aggregate("sha256", found.entries)


def test_an_event_that_nobody_could_decide_costs_one_entry_and_the_register(tmp_path: Path) -> None:
    (tmp_path / "odd.nslsm").write_text('control odd { deny bprm_check_security when object.sha256 == "11" }\n')
    kernel, found = measured()
    bound = kernel.namespace("root").bindings
    kernel.exchange("root", [*bound, nslsm.load_policy(tmp_path / "odd.nslsm")["odd"]])
    kernel.spawn().execve("/bin/tool")
    before = found.entries

    assert kernel.spawn().execve("/bin/odd").verdict is nslsm.Verdict.INDETERMINATE
    kernel.spawn().execve("/bin/other")

    assert found.entries[:2] == before
    assert [(each.path, each.violation) for each in found.entries[2:]] == [("?", True), ("/bin/other", False)]


def test_a_long_list_is_kept_in_order() -> None:
    kernel, found = measured()
    task = kernel.spawn(uid=0)
    for number in range(150):
        kernel.file(f"/etc/{number}", sha256=f"{number:02x}" * 32, filesystem="ext4")
        task.open(f"/etc/{number}")

    assert [entry.path for entry in found.entries[1:]] == [f"/etc/{number}" for number in range(150)]
    assert not any(entry.violation for entry in found.entries)
    assert found.aggregate("sha1") == aggregate("sha1", found.entries)


def test_each_namespace_has_a_list_of_its_own() -> None:
    kernel, outer = measured()
    task = kernel.spawn(uid=0)
    assert task.lsm_unshare("box", Integrity(nslsm.load_policy("base.integrity")["measure_tcb"]))
    inner = MeasurementsOf(kernel, "root.box")

    task.execve("/bin/tool")
    kernel.spawn().execve("/bin/other")

    assert [entry.path for entry in outer.entries[1:]] == ["/bin/tool", "/bin/other"]
    assert [entry.path for entry in inner.entries[1:]] == ["/bin/tool"]


APPRAISE = "audit appraise: bprm_check_security"


def appraising(tmp_path: Path, *, key: str = "", **facts: object) -> object:
    """What becomes of running a file with these facts."""
    kernel = nslsm.Kernel()
    kernel.exchange("root", Integrity(rules(APPRAISE, tmp_path), evm_key=key))
    kernel.file("/bin/tool", **facts)
    return kernel.spawn().execve("/bin/tool")


@pytest.mark.parametrize(
    ("facts", "because"),
    [
        ({"xattrs": {}}, "has no security.ima"),
        ({"xattrs": {"security.ima": "0x0404" + "00" * 32}}, "not those"),
        ({"xattrs": {"security.ima": "0x01" + "00" * 20}}, "sha1"),
        ({"xattrs": {"security.ima": "0x0302"}}, "signature"),
        ({"xattrs": {"security.ima": "junk"}}, "malformed"),
    ],
)
def test_what_is_not_as_its_attribute_says_does_not_run(tmp_path: Path, facts: dict[str, object], because: str) -> None:
    decision = appraising(tmp_path, sha256="ab" * 32, **facts)

    assert decision.errno is Errno.EACCES
    assert because in decision.blame.reason


def test_what_is_as_its_attribute_says_runs(tmp_path: Path) -> None:
    assert appraising(tmp_path, sha256="ab" * 32, xattrs={"security.ima": "0x0404" + "ab" * 32})


def test_contents_that_nobody_knows_hang_on_them(tmp_path: Path) -> None:
    decision = appraising(tmp_path, xattrs={"security.ima": "0x0404" + "ab" * 32})

    assert not decision
    assert decision.unknown == ("object.sha256",)


def test_with_a_key_the_attributes_must_be_sealed(tmp_path: Path) -> None:
    attributes = {"security.ima": "0x0404" + "ab" * 32}
    sealed = evm_attribute(bytes.fromhex(KEY), attributes, Sealing(9, 0, 0, 0o100755))
    facts = {"sha256": "ab" * 32, "inode": 9, "owner": 0, "group": 0, "mode": 0o755, "type": "regular"}

    assert appraising(tmp_path, key=KEY, xattrs={**attributes, "security.evm": sealed}, **facts)
    assert not appraising(tmp_path, key=KEY, xattrs=attributes, **facts)
    other = appraising(tmp_path, key=KEY, xattrs={**attributes, "security.evm": sealed}, **{**facts, "owner": 1000})
    assert "does not seal" in other.blame.reason


def test_what_is_refused_was_measured_and_what_others_refuse_was_not(tmp_path: Path) -> None:
    kernel = nslsm.Kernel()
    both = rules("audit appraise: bprm_check_security\naudit measure: bprm_check_security", tmp_path)
    kernel.exchange("root", Integrity(both))
    kernel.file("/bin/tool", sha256="ab" * 32, xattrs={})
    kernel.file("/bin/closed", sha256="ab" * 32, mode=0o600)

    assert not kernel.spawn().execve("/bin/tool")
    assert not kernel.spawn(uid=1000).execve("/bin/closed")

    assert [entry.path for entry in MeasurementsOf(kernel, "root").entries[1:]] == ["/bin/tool"]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("deny file_open", {}, "audit measure"),
        ("audit remember: file_open", {}, "remember"),
        ("attr task.x: bool = false", {}, "nothing"),
        (APPRAISE, {"boot_aggregate": "ab"}, "64 hexadecimal"),
        (APPRAISE, {"evm_key": "key"}, "not hexadecimal"),
    ],
)
def test_what_integrity_cannot_be_made_of_is_refused(
    tmp_path: Path, text: str, options: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Integrity(rules(text, tmp_path), **options)


def test_rules_are_a_control_of_the_language() -> None:
    with pytest.raises(TypeError, match="no control of the language"):
        Integrity("measure_tcb")


@pytest.mark.skipif(shutil.which("evmctl") is None, reason="evmctl (ima-evm-utils) is not installed")
def test_evmctl_recomputes_the_register_from_the_list(tmp_path: Path) -> None:
    kernel, found = measured()
    for path in ("/bin/tool", "/bin/other"):
        kernel.spawn().execve(path)
    (tmp_path / "list").write_bytes(found.binary())
    for bank, size in BANKS.items():
        registers = [bytes.fromhex(found.aggregate(bank)) if pcr == PCR else bytes(size) for pcr in range(24)]
        (tmp_path / bank).write_text("".join(f"PCR-{pcr:02}: {each.hex(' ')}\n" for pcr, each in enumerate(registers)))

    options = [f"--pcrs={bank},{tmp_path / bank}" for bank in BANKS]
    ran = subprocess.run(
        ["evmctl", "ima_measurement", *options, str(tmp_path / "list")], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
