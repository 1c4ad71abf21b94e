"""Who this process is, as the first line of a recording tells it."""

import ctypes
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from nslsm.kernel.origin import Origin

PROC: Final = Path("/proc")
PR_GET_SECUREBITS: Final = 27
"""prctl(2); ``include/uapi/linux/prctl.h``."""


def origin_of_here(command: Sequence[str], tracer: str) -> Origin:
    """The origin of a recording of ``command`` that this process is about to make. proc(5), ``/proc/self/status``."""
    status = _status()
    kernel = platform.uname()
    return Origin(
        command=tuple(command),
        cwd=os.getcwd(),  # noqa: PTH109 - as the kernel has it, links resolved
        root=os.readlink(PROC / "self/root"),  # noqa: PTH115 - the text of the link, whatever it leads to
        umask=int(status.get("Umask", "022"), 8),
        uids=_numbers(status.get("Uid", "")),
        gids=_numbers(status.get("Gid", "")),
        groups=_numbers(status.get("Groups", "")),
        inheritable=int(status.get("CapInh", "0"), 16),
        permitted=int(status.get("CapPrm", "0"), 16),
        effective=int(status.get("CapEff", "0"), 16),
        bounding=int(status.get("CapBnd", "0"), 16),
        ambient=int(status.get("CapAmb", "0"), 16),
        no_new_privs=status.get("NoNewPrivs", "0") == "1",
        securebits=_securebits(),
        kernel=kernel.release,
        machine=kernel.machine,
        tracer=tracer,
        time=round(time.time(), 6),
    )


def _status() -> Mapping[str, str]:
    lines = (PROC / "self/status").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split())


def _securebits() -> int | None:
    """How the kernel treats user 0 here, capabilities(7); None where the C library has no prctl(2) to ask with."""
    try:
        bits: int = ctypes.CDLL(None).prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)
    except (OSError, AttributeError):
        return None
    return bits if bits >= 0 else None
