"""Decisions as a stream: in order, bounded, and never in the kernel's way."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

import nslsm


def opened(kernel: nslsm.Kernel, *names: str) -> None:
    for name in names:
        kernel.init.open(f"/{name}")


async def read(decisions: nslsm.Decisions) -> list[int]:
    return [decision.sequence async for decision in decisions]


def test_decisions_come_in_their_order_and_end_with_the_stream() -> None:
    kernel = nslsm.Kernel()
    opened(kernel, "before")

    async def watch() -> list[int]:
        async with kernel.decisions() as decisions:
            opened(kernel, "a", "b")
        opened(kernel, "after")
        assert decisions.dropped == 0
        return await read(decisions)

    assert asyncio.run(watch()) == [2, 3]


def test_where_nobody_reads_the_oldest_are_dropped_and_counted() -> None:
    kernel = nslsm.Kernel()
    decisions = kernel.decisions(size=2)

    opened(kernel, *"abcde")
    decisions.close()

    assert asyncio.run(read(decisions)) == [4, 5]
    assert decisions.dropped == 3


def test_a_reader_that_waits_is_woken_and_misses_nothing() -> None:
    kernel = nslsm.Kernel()

    async def watch() -> tuple[list[int], int]:
        decisions = kernel.decisions(size=1)
        reading = asyncio.create_task(read(decisions))
        for name in "abc":
            await asyncio.sleep(0)
            opened(kernel, name)
            await asyncio.sleep(0)
        decisions.close()
        return await reading, decisions.dropped

    assert asyncio.run(watch()) == ([1, 2, 3], 0)


def test_a_reader_that_waits_is_woken_by_the_end() -> None:
    async def watch() -> list[int]:
        decisions = nslsm.Kernel().decisions()
        reading = asyncio.create_task(read(decisions))
        await asyncio.sleep(0)
        decisions.close()
        decisions.close()
        return await asyncio.wait_for(reading, 5)

    assert asyncio.run(watch()) == []


def test_a_reader_that_gives_up_leaves_the_stream_to_another() -> None:
    kernel = nslsm.Kernel()

    async def watch() -> int:
        decisions = kernel.decisions()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(decisions), 0.01)
        opened(kernel, "a")
        return (await anext(decisions)).sequence

    assert asyncio.run(watch()) == 1


def test_a_stream_has_one_reader_at_a_time() -> None:
    async def watch() -> None:
        decisions = nslsm.Kernel().decisions()
        reading = asyncio.create_task(read(decisions))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one reader"):
            await anext(decisions)
        decisions.close()
        await reading

    asyncio.run(watch())


def test_several_streams_do_not_know_each_other() -> None:
    kernel = nslsm.Kernel()
    one, other = kernel.decisions(size=1), kernel.decisions(size=5)

    opened(kernel, "a")
    one.close()
    opened(kernel, "b")
    other.close()

    assert [asyncio.run(read(each)) for each in (one, other)] == [[1], [1, 2]]
    assert (one.dropped, other.dropped) == (0, 0)


def test_denials_are_in_the_stream_of_a_strict_kernel_too() -> None:
    kernel = nslsm.Kernel(strict=True, world="closed")
    decisions = kernel.decisions()

    with pytest.raises(FileNotFoundError):
        kernel.init.open("/nowhere")
    decisions.close()

    assert asyncio.run(read(decisions)) == [1]


@pytest.mark.parametrize("size", [0, -1])
def test_a_queue_that_holds_nothing_raises(size: int) -> None:
    kernel = nslsm.Kernel()

    with pytest.raises(ValueError, match="holds nothing"):
        kernel.decisions(size)
    opened(kernel, "a")
    assert kernel.faults == []


def test_a_stream_is_read_in_the_thread_of_its_kernel() -> None:
    decisions = nslsm.Kernel().decisions()
    decisions.close()

    with ThreadPoolExecutor(1) as threads, pytest.raises(RuntimeError, match="in the thread of its kernel"):
        threads.submit(lambda: asyncio.run(read(decisions))).result()
