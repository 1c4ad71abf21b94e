"""How fast ``nslsm explore`` searches: states and transitions a second of processor time, with and without merging.

``python benchmarks/exploring.py`` prints a table; ``--json`` prints one line of JSON.
"""

import gc
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from nslsm import load_policy
from nslsm.api.claims import explore

HOSPITAL = """
import std.operations (read, write, connect)
import healthcare.hipaa (host)

claim no_gossip {
    given {
        file "/srv/phi/7.hl7" { mode = 0o666 }
        file "/tmp" { type = directory, mode = 0o777 }
        file "/tmp/note" { mode = 0o666 }
        file "/usr/bin/ehr" { mode = 0o755 }
        task ehr   in clinic { uid = 1001 }
        task shell in clinic { uid = 1001, exe = "/bin/sh", no_new_privs = true }
    }
    try exec "/usr/bin/ehr", open, read, write, rename "/srv/phi/7.hl7" "/tmp/chart", open "/tmp/chart", connect, fork
    never connect in clinic when address == 1.2.3.4 and subject.uid == 0
}
"""
"""The shipped policy of a hospital, with Linux's own modules as controls."""

TENANTS = """
import std.operations (read, write)

control tenancy {
    attr file.tenant: string = "none"
    attr file.secret: bool = false

    on write when subject.namespace == "host.tenant_b"
        set object.tenant = "b"
        set object.secret = true
    deny apart: read when object.tenant == "b" and subject.namespace == "host.tenant_a"
}

namespace host {
    bind tenancy
    namespace tenant_a {}
    namespace tenant_b {}
}

claim no_leak {
    given {
        file "/spool/order" { mode = 0o666 }
        task worker in tenant_a
        task clerk  in tenant_b
    }
    try open, read, write, fork
    never read in tenant_a when object.secret
}
"""
"""Two tenants and one file; the example of the guide, mended."""

RUNS = (("tenants", TENANTS, 4), ("hospital", HOSPITAL, 3), ("hospital", HOSPITAL, 4))


def measured(folder: Path, name: str, text: str, depth: int, *, merge: bool) -> dict[str, float]:
    """One search: seconds, states, transitions."""
    path = folder / f"{name}_claims.nslsm"
    path.write_text(text)
    policy = load_policy(path)
    begun = process_time()  # of the processor: others may use the machine, too
    (found,) = explore(policy, depth=depth, merge=merge)
    seconds = process_time() - begun
    assert found.broken is None, "a search that ends early measures nothing"
    return {
        "seconds": seconds,
        "states": found.states,
        "transitions": found.transitions,
        "performed": found.performed,
        "states a second": found.states / seconds,
        "transitions a second": found.transitions / seconds,
    }


def main() -> None:
    """Measure and print."""
    gc.set_threshold(200_000, 50, 100)  # as the verb does
    figures: dict[str, dict[str, float]] = {}
    with TemporaryDirectory() as folder:
        for name, text, depth in RUNS:
            for merge in (True, False) if depth < 4 else (True,):
                title = f"{name}, depth {depth}{'' if merge else ', not merged'}"
                figures[title] = measured(Path(folder), name, text, depth, merge=merge)
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for title, each in figures.items():
        rates = f"{each['states a second']:8,.0f} states/s {each['transitions a second']:9,.0f} transitions/s"
        print(f"{title:<32} {each['seconds']:7.1f} s {each['states']:8,.0f} states {rates}")


if __name__ == "__main__":
    main()
