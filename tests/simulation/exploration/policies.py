"""Policies with claims, to be searched."""

from typing import Final

from nslsm.language.check.claims import Claim
from nslsm.simulation.exploration import Exploration, explore
from tests.language.check.memory import checked, shown

OPERATIONS: Final = """
operation read = file_open when flags has read, file_permission when mask has read
operation write = file_open when flags has write
"""

TENANTS: Final = f"""
{OPERATIONS}
control tenancy {{
    attr file.tenant: string = "none"
    attr task.tenant: string = "none"
    on write when subject.namespace == "host.b" set object.tenant = "b"
    deny read when object.tenant == "b" and subject.namespace == "host.a"
}}
namespace host {{ bind tenancy namespace a {{ }} namespace b {{ }} }}
"""

GIVEN: Final = """
given {
    file "/spool/x" { mode = 0o666 }
    task worker in a
    task clerk in b
}
"""

PLANTED: Final = """
control stages {
    attr task.stage: int = 0
    on bprm_check_security when object.path == "/bin/one" and subject.stage == 0 set subject.stage = 1
    on file_open when object.path == "/srv/two" and subject.stage == 1 set subject.stage = 2
    on path_rename when subject.stage == 2 set subject.stage = 3
    on task_fix_setuid when subject.stage == 3 set subject.stage = 4
    deny vault: file_open when object.path == "/srv/vault" and subject.stage != 4
}
namespace host { bind stages namespace a { } }
claim shut {
    given {
        file "/bin/one" { mode = 0o755 }
        file "/srv/two" { mode = 0o666 }
        file "/srv/vault" { mode = 0o666 }
        file "/tmp" { type = directory, mode = 0o777 }
        file "/tmp/a" { mode = 0o666, owner = 1000 }
        task one in a { uid = 1000 }
        task two in a { uid = 1000 }
    }
    try exec "/bin/one", open "/srv/two", open "/srv/vault", rename "/tmp/a" "/tmp/b", setuid 1000, fork
    never file_open in a when object.path == "/srv/vault"
}
"""
"""What is shut opens after four other steps, in this order, by one task."""


def claims(text: str) -> tuple[Claim, ...]:
    found = checked(text)
    assert found.package is not None, shown(found)
    return found.package.claims


def claim(text: str) -> Claim:
    (found,) = claims(text)
    return found


def searched(text: str, depth: int, **options: bool | int) -> Exploration:
    return explore(claim(text), depth=depth, **options)  # type: ignore[arg-type]
