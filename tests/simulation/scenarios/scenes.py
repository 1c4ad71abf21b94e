"""A policy and scenarios about it, for tests."""

from pathlib import Path

from nslsm.simulation.scenarios.script import Script, prepared
from nslsm.wire.scenario import scenario_of

POLICY = """
control charts {
    attr task.reads: int = 0

    on file_open when object.path under "/srv"
        set subject.reads = subject.reads + 1
    deny closed: file_open when object.path under "/srv/lab" because "the laboratory's own"
}

control quiet {
    deny calls: socket_connect with EHOSTUNREACH
    deny files: file_open when object.path == "/srv/lab/1"
}

namespace host {
    bind charts
    namespace clinic { bind quiet }
}
"""

HEAD = """
title: a clinic
policy: clinic.nslsm
files:
  /srv/a: {mode: 0o644}
  /srv/b: {mode: 0o644}
  /srv/lab/1: {mode: 0o644}
tasks:
  nurse: {in: clinic, uid: 1001}
  root: {in: host, uid: 0}
"""


def written(folder: Path, text: str) -> Path:
    """A scenario's file, with the policy beside it."""
    (folder / "clinic.nslsm").write_text(POLICY)
    file = folder / "scenario.yaml"
    file.write_text(text)
    return file


def script(folder: Path, steps: str, head: str = HEAD) -> Script:
    """A scenario of these steps, ready to run."""
    file = written(folder, head + steps)
    return prepared(scenario_of(file.read_text(), file))
