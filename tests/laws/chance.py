"""Where the sweeps look: the same places for the same source, or elsewhere where NSLSM_SEED says so."""

import os


def elsewhere(otherwise: int) -> int:
    """The first of a sweep's seeds: a number given as NSLSM_SEED moves it, and ``otherwise`` is where it is without one."""
    return otherwise + int(os.environ.get("NSLSM_SEED", "0"))
