"""Decisions as a stream: a bounded queue between a kernel, which never waits, and whoever reads with ``async for``."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Self

from nslsm.api.decisions import Decision


class Decisions:
    """The decisions of a kernel from now on, in their order.

    The kernel never waits for a reader. Where the queue is full, the oldest decision in it is dropped and counted in
    :attr:`dropped`: what is left is the newest ``size`` decisions. It ends with :meth:`close`, after what is queued was read.
    Kernel and reader live in one thread; in another, reading raises RuntimeError.
    """

    def __init__(self, subscribe: Callable[[Callable[[Decision], object]], Callable[[], None]], size: int) -> None:
        """Raises ValueError for a size below 1."""
        if size < 1:
            raise ValueError(f"a queue of {size} holds nothing")
        self.dropped = 0
        """How many decisions were lost because nobody read them in time."""
        self._queue: deque[Decision] = deque(maxlen=size)
        self._waiting: asyncio.Event | None = None
        self._closed = False
        self._owner = threading.get_ident()
        self._end = subscribe(self._put)

    def _put(self, decision: Decision) -> None:
        if len(self._queue) == self._queue.maxlen:
            self.dropped += 1
        self._queue.append(decision)
        if self._waiting is not None:
            self._waiting.set()

    def close(self) -> None:
        """Hear no more."""
        self._end()
        self._closed = True
        if self._waiting is not None:
            self._waiting.set()

    def __aiter__(self) -> Self:
        """The stream itself."""
        return self

    async def __anext__(self) -> Decision:
        """The next decision, as soon as there is one. RuntimeError in another thread, or beside another reader."""
        if threading.get_ident() != self._owner:
            raise RuntimeError("a stream of decisions is read in the thread of its kernel")
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            if self._waiting is not None:
                raise RuntimeError("a stream of decisions has one reader")
            self._waiting = asyncio.Event()
            try:
                await self._waiting.wait()
            finally:
                self._waiting = None
        return self._queue.popleft()

    async def __aenter__(self) -> Self:
        """The stream, closed at the end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        self.close()
