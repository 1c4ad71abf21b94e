"""The way in. Asked for its version it answers at once; everything else goes to a verb."""

import sys
from collections.abc import Sequence

from nslsm.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verb that ``arguments`` name (those of the process where there are none), and return the exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words in (["--version"], ["-V"]):
        sys.stdout.write(f"nslsm {__version__}\n")
        return 0
    from nslsm.cli.group import run  # noqa: PLC0415 - asking for the version needs none of it
    from nslsm.cli.outcome import status_of  # noqa: PLC0415

    return status_of(lambda: run(words))
