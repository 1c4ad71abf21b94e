"""Small recordings, judged under several compositions by a policy of three levels."""

from pathlib import Path

from nslsm.api.policies import load_policy
from nslsm.api.semantics import compare_semantics
from nslsm.engine.compositions import COMPOSITIONS, Composition
from nslsm.simulation.semantics import Semantics

POLICY = """\
module levels

import std.operations (connect, exec, read, write)

control watch { audit opened: read when object.path under "/srv" because "something of /srv is opened" }
control outer { deny others: read when object.path == "/srv/a" with EPERM because "not that one" }
control inner {
    confine listed: read where object.path under "/srv" because "only what is listed" {
        allow read when object.path == "/srv/b"
    }
}
control trial { deny told: connect with EHOSTUNREACH because "nobody is called" }
control closed {
    attr task.copies: bool = false
    confine known: exec because "only what is known runs" { allow exec when object.path != "/usr/bin/cp" }
    on exec when object.path == "/usr/bin/cp" set subject.copies = true
    deny kept: write when subject.copies with EROFS because "copies are not kept"
}
control copies {
    attr task.copies: bool = false
    on exec when object.path == "/usr/bin/cp" set subject.copies = true
    deny kept: write when subject.copies with EROFS because "copies are not kept"
}
control guarded { inbound deny signals: task_kill because "nobody signals in here" }

namespace host {
    bind watch
    bind outer
    namespace mid {
        bind watch
        bind inner
        bind trial in complain
        namespace leaf {
            bind watch
            bind closed in complain
            bind copies
        }
        namespace beside {
            enter on exec when object.path == "/usr/bin/daemon"
            bind guarded
        }
    }
}
"""

READS = """\
7 1.0 execve("/usr/bin/sh", ["sh"], 0x7ffe /* 4 vars */) = 0
7 1.1 openat(AT_FDCWD</>, "/srv/a", O_RDONLY) = 3</srv/a>
7 1.2 openat(AT_FDCWD</>, "/srv/b", O_RDONLY) = 4</srv/b>
7 1.3 openat(AT_FDCWD</>, "/srv/a", O_RDONLY) = 5</srv/a>
"""
CALLS = """\
7 1.0 execve("/usr/bin/sh", ["sh"], 0x7ffe /* 4 vars */) = 0
7 1.1 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3<TCP:[1]>
7 1.2 connect(3<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, 16) = 0
"""
COPIES = """\
7 1.0 execve("/usr/bin/sh", ["sh"], 0x7ffe /* 4 vars */) = 0
7 1.1 execve("/usr/bin/cp", ["cp"], 0x7ffe /* 4 vars */) = 0
7 1.2 openat(AT_FDCWD</>, "/tmp/kept", O_WRONLY|O_CREAT, 0666) = 3</tmp/kept>
"""
SIGNALS = """\
7 1.0 execve("/usr/bin/sh", ["sh"], 0x7ffe /* 4 vars */) = 0
7 1.1 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 8
8 1.2 execve("/usr/bin/daemon", ["daemon"], 0x7ffe /* 4 vars */) = 0
7 1.3 kill(8, SIGTERM) = 0
"""


def run(
    folder: Path, trace: str, *, start: str = "leaf", compositions: tuple[Composition, ...] = COMPOSITIONS
) -> Semantics:
    """A trace under several compositions."""
    (folder / "levels.nslsm").write_text(POLICY)
    (folder / "a.strace").write_text(trace)
    tree = load_policy(str(folder / "levels.nslsm")).tree()
    comparison = compare_semantics(folder / "a.strace", tree, start=start, compositions=compositions)
    for _ in comparison:
        pass
    return comparison.semantics
