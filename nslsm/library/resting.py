"""A rest for Python's collector of cycles: what a checker makes stays, and looking through it again and again is in vain."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Within, nothing is looked through for cycles; afterwards, as before. It concerns the whole process, for a few seconds.

    Checking makes some hundred objects for each rule, none of them in cycles, and all of them live until it is done: on
    10,000 rules the collector would take two fifths of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
