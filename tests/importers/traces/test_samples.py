"""Real recordings are understood, line by line: ours, the kernel's ground truth, and ones made here and now."""

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from nslsm.diagnostics import Diagnostic
from nslsm.importers.traces import Item, Tally, open_trace
from nslsm.kernel.call import Exited, Killed, SystemCall, Unparsed
from nslsm.kernel.constants import OPEN_FLAGS, PRCTL_OPTIONS, SOCKET_FAMILIES
from nslsm.kernel.spelling import (
    capabilities_of,
    child_of,
    fd_of,
    flags_of,
    name_of,
    process_of,
    socket_address_of,
    text_of,
)

SAMPLES = Path(__file__).parent / "samples"
STRACE = shutil.which("strace")
COMPILER = shutil.which("gcc") or shutil.which("cc")
CONFORMANCE = os.environ.get("NSLSM_CONFORMANCE", "")


def read(path: Path) -> tuple[list[Item], Tally]:
    with open_trace(path) as trace:
        return list(trace), trace.tally


def findings(items: list[Item]) -> list[str]:
    return [f"{item.code.name}: {item.message}" for item in items if isinstance(item, Diagnostic)]


def calls(path: Path) -> list[SystemCall]:
    return [item for item in read(path)[0] if isinstance(item, SystemCall)]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.strace")), ids=lambda path: path.stem)
def test_every_line_of_a_sample_is_understood(path: Path) -> None:
    items, tally = read(path)

    strange = [finding for finding in findings(items) if not finding.endswith("`Killed`")]  # the shell's own words
    assert strange == []
    assert tally.lines == len(path.read_bytes().splitlines())
    assert not any(isinstance(value, Unparsed) for call in calls(path) for value in call.arguments)


def test_the_samples_of_one_program_hold_the_same_calls_in_every_notation() -> None:
    def names(notation: str) -> Counter[str]:
        return Counter(call.name for call in calls(SAMPLES / f"calls-{notation}.strace"))

    plain = names("plain")

    for notation in ("raw", "verbose", "hex", "yy"):
        different = (plain - names(notation)) + (names(notation) - plain)
        assert sum(different.values()) <= 6, different  # what waits is restarted once more, or once less


@pytest.mark.parametrize("notation", ["plain", "raw", "verbose", "hex", "yy"])
def test_every_notation_gives_the_same_answers(notation: str) -> None:
    found = calls(SAMPLES / f"calls-{notation}.strace")
    by_name: dict[str, list[SystemCall]] = {}
    for call in found:
        by_name.setdefault(call.name, []).append(call)

    strange = next(call for call in by_name["openat"] if (text := text_of(call.argument(1))) and "del<" in text.value)
    assert text_of(strange.argument(1)) == ("del<e>ted\nä.txt", False)
    directory = fd_of(strange.argument(0))
    assert directory is not None
    assert directory.number == -100
    flags = flags_of(strange.argument(2), OPEN_FLAGS)
    assert flags is not None
    assert flags.names == {"O_RDWR", "O_CREAT", "O_TRUNC"}
    assert strange.argument(3) == 0o640
    assert "PR_SET_NO_NEW_PRIVS" in {name_of(call.argument(0), PRCTL_OPTIONS) for call in by_name["prctl"]}
    families = Counter(name_of(call.argument(0), SOCKET_FAMILIES) for call in by_name["socket"])
    assert families == {"AF_UNIX": 3, "AF_INET": 2, "AF_INET6": 1, "AF_NETLINK": 1}
    abstract = socket_address_of(by_name["bind"][0].argument(1))
    assert abstract is not None
    assert (abstract.family, abstract.abstract) == ("AF_UNIX", "abs\tname")
    named = socket_address_of(by_name["bind"][1].argument(1))
    assert named is not None
    assert named.path == "./so<ck>ä"
    six = socket_address_of(by_name["sendto"][1].argument(4))
    assert six is not None
    assert (six.family, str(six.host), six.port) == ("AF_INET6", "::1", 9)
    lowered = capabilities_of(by_name["capset"][0].argument(1).get("effective"))  # type: ignore[union-attr]
    before = capabilities_of(by_name["capget"][0].argument(1).get("effective"))  # type: ignore[union-attr]
    assert before is not None
    assert lowered is not None
    assert {capability.name for capability in before - lowered} == {"CAP_CHOWN", "CAP_DAC_OVERRIDE"}


def test_a_task_in_a_pid_namespace_has_the_tracers_number() -> None:
    found = calls(SAMPLES / "namespaces.strace")

    kill = next(call for call in found if call.name == "kill")
    born = [child_of(call) for call in found if call.name == "clone"]
    assert process_of(kill.argument(0)) == kill.task
    assert set(born) == {call.task for call in found} - {found[0].task}


def test_what_was_injected_is_told() -> None:
    assert "INJECTED" in {call.detail for call in calls(SAMPLES / "injected.strace")}


@pytest.mark.conformance
@pytest.mark.skipif(not CONFORMANCE, reason="NSLSM_CONFORMANCE does not name the folder of reference answers")
def test_recordings_of_the_reference_kernel_are_understood() -> None:
    paths = sorted(Path(CONFORMANCE).glob("truth/corpus/*/strace.txt"))
    paths.append(Path(CONFORMANCE) / "traces" / "strace_sh.txt")
    lines = understood = 0
    wrong = []

    for path in paths:
        items, tally = read(path)
        lines += tally.lines
        understood += tally.understood
        wrong += findings(items)

    assert len(paths) > 1
    assert understood >= 0.999 * lines, wrong[:20]


OPTIONS = (
    "",
    "-f -tt -y",
    "-f -ttt -T -yy -v -s 500",
    "-f -X raw -r",
    "-f -X verbose -yy",
    "-f -xx -y -n -i",
    "-f --decode-pids=pidns,comm -yy -t -r",
    "-f -e raw=all",
    "-f -e verbose=none -a 1",
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if STRACE is None:
        pytest.skip("strace is not installed")
    if COMPILER is None:
        pytest.skip("no C compiler is installed")
    folder = tmp_path_factory.mktemp("calls")
    source = SAMPLES / "calls.c"
    built = subprocess.run(
        [COMPILER, "-w", "-o", folder / "calls", source, "-lpthread", "-lrt"], capture_output=True, check=False
    )
    if built.returncode:
        pytest.skip("the sample program does not compile with this system's headers")
    trial = subprocess.run([STRACE, "-o", os.devnull, "true"], capture_output=True, check=False)
    if trial.returncode:
        pytest.skip("programs may not be traced here")
    return folder / "calls"


@pytest.mark.parametrize("options", OPTIONS)
def test_what_strace_writes_here_is_understood(program: Path, tmp_path: Path, options: str) -> None:
    command = [str(STRACE), *options.split(), "-o", str(tmp_path / "t"), str(program)]
    done = subprocess.run(
        command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60, check=False
    )

    items, tally = read(tmp_path / "t")

    assert done.returncode == 3
    assert findings(items) == []
    assert tally.lines > 150
    assert any(isinstance(item, Exited | Killed) for item in items)


def test_what_strace_writes_to_standard_error_is_understood(program: Path, tmp_path: Path) -> None:
    with (tmp_path / "t").open("wb") as output:
        subprocess.run(
            [str(STRACE), "-f", str(program)],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            timeout=60,
            check=False,
        )

    items, tally = read(tmp_path / "t")

    assert findings(items) == []
    assert tally.lines > 300
