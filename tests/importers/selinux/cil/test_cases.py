"""What secilc takes is taken, and what it refuses is refused, once and where it is."""

from pathlib import Path

import pytest

from nslsm.diagnostics import DiagnosticError
from nslsm.importers.selinux.cil import read

HERE = Path(__file__).parent
POLICY = (HERE / "policy.cil").read_text()


def cases(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text().splitlines()[1:] if line.strip()]


def behind(policy: str, case: str, folder: Path) -> Path:
    file = folder / "case.cil"
    file.write_text(policy + case.replace("\\n", "\n") + "\n")
    return file


@pytest.mark.parametrize("case", cases("accepts.txt"))
def test_what_secilc_takes_is_taken(case: str, tmp_path: Path) -> None:
    policy, _, _ = read([behind(POLICY, case, tmp_path)])

    assert "t2" in policy.types


@pytest.mark.parametrize("case", cases("refuses.txt"))
def test_what_secilc_refuses_is_refused_where_it_is(case: str, tmp_path: Path) -> None:
    file = behind(POLICY, case, tmp_path)

    with pytest.raises(DiagnosticError) as error:
        read([file])

    found = error.value.diagnostics[0]
    assert found.code.name.startswith("selinux-")
    assert found.span is not None
    assert found.span.source == str(file)
    assert f"{file}:{found.span.line}" in str(error.value)


@pytest.mark.parametrize("case", ["(role r)", "(policycap open_perms)(policycap open_perms)"])
def test_what_later_compilers_let_modules_say_twice_is_taken(case: str, tmp_path: Path) -> None:
    policy, _, _ = read([behind(POLICY, case, tmp_path)])

    assert "r" in policy.roles


@pytest.mark.parametrize("case", ["(portcon tcp (90 80) ctx)", "(portcon tcp 65536 ctx)"])
def test_ports_that_cannot_be_are_refused_although_secilc_takes_them(case: str, tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError):
        read([behind(POLICY, case, tmp_path)])
