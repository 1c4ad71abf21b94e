"""How long something takes by itself: the best of three, and nobody collects what other tests have left meanwhile."""

import gc
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one run."""
    return min(_once(work) for _ in range(3))


def _once(work: Callable[[], object]) -> float:
    gc.disable()
    try:
        start = time.process_time()
        work()
        return time.process_time() - start
    finally:
        gc.enable()
