"""How long it takes to begin: ``import nslsm`` and ``nslsm --version``, over the bare interpreter.

``python benchmarks/starting.py`` prints milliseconds of the processor's time, the least and the middle of many runs; ``--json``
prints one line of JSON.
"""

import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

RUNS = 15
COMMAND = Path(sys.executable).with_name("nslsm")

STARTS = {
    "bare interpreter": [sys.executable, "-c", "pass"],
    "import nslsm": [sys.executable, "-c", "import nslsm"],
    "nslsm --version": [str(COMMAND), "--version"],
}


def took(command: list[str]) -> float:
    """Milliseconds of the processor's time that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1_000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measured() -> dict[str, float]:
    """The least and the middle of each, and what is over the bare interpreter."""
    times = {name: sorted(took(command) for _ in range(RUNS)) for name, command in STARTS.items()}
    figures = {}
    for name, found in times.items():
        figures[f"{name}, least (ms)"] = found[0]
        figures[f"{name}, middle (ms)"] = statistics.median(found)
    for name in ("import nslsm", "nslsm --version"):
        figures[f"{name}, over the interpreter (ms)"] = (
            figures[f"{name}, middle (ms)"] - figures["bare interpreter, middle (ms)"]
        )
    return figures


def main() -> None:
    """Measure and print."""
    figures = measured()
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<48} {value:8.1f}")


if __name__ == "__main__":
    main()
