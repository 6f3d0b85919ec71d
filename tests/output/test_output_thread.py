"""Output to a pipe that nobody reads, reads late, or has closed."""

import asyncio
import errno
import os
import threading
from collections.abc import Iterator

import pytest
from helpers import patience, until, wait_until

from wftui.output.output_thread import OutputThread

BIG = b"x" * 300_000
"""More than a pipe holds."""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Create a pipe; its reading end may be closed by the test."""
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def read(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += os.read(descriptor, 65536)
    return data


def test_writes_keep_order_without_waiting_for_a_reader(pipe: tuple[int, int]) -> None:
    output = OutputThread()
    output.write(pipe[1], BIG)
    output.write(pipe[1], b"end")
    assert output.pending > 0
    assert read(pipe[0], len(BIG) + 3) == BIG + b"end"
    assert output.drain(300)


def test_draining_ends_without_a_reader(pipe: tuple[int, int]) -> None:
    output = OutputThread()
    output.write(pipe[1], BIG)
    assert not output.drain(0.05)


def test_backlog_end_is_signalled_once(pipe: tuple[int, int]) -> None:
    output, drained = OutputThread(), threading.Semaphore(0)
    output.on_drained = drained.release
    output.write(pipe[1], BIG)
    assert output.is_behind(1000)
    read(pipe[0], len(BIG))
    assert drained.acquire(timeout=300)
    output.write(pipe[1], b"more")
    read(pipe[0], 4)
    assert output.drain(300)
    assert not output.is_behind(1000)
    assert not drained.acquire(blocking=False)


def test_lost_reader_is_reported_once_and_others_are_served(pipe: tuple[int, int]) -> None:
    output, lost, other = OutputThread(), list[tuple[int, int | None]](), os.pipe()
    output.on_lost = lambda descriptor, error: lost.append((descriptor, error.errno))
    os.close(pipe[0])
    for _ in range(3):
        output.write(pipe[1], b"gone")
        output.write(other[1], b"here")
    assert read(other[0], 12) == b"here" * 3
    assert output.drain(300)
    assert lost == [(pipe[1], errno.EPIPE)]


def test_nonblocking_descriptor_is_waited_for(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    output = OutputThread()
    output.write(pipe[1], BIG)
    wait_until(lambda: output.pending < len(BIG))
    assert read(pipe[0], len(BIG)) == BIG


async def test_event_loop_stays_free_while_output_waits(pipe: tuple[int, int]) -> None:
    output = OutputThread()
    output.write(pipe[1], BIG)
    waiting = asyncio.create_task(output.drained())
    await asyncio.sleep(0)
    assert not waiting.done()
    await asyncio.to_thread(read, pipe[0], len(BIG))
    async with patience():
        assert await waiting


async def test_the_wait_ends_with_the_patience(pipe: tuple[int, int]) -> None:
    output, is_patient = OutputThread(), [True]
    output.write(pipe[1], BIG)
    waiting = asyncio.create_task(output.drained(patience=lambda: float("inf") if is_patient else 0))
    await asyncio.sleep(0)
    is_patient.clear()
    async with patience():
        assert not await waiting
    output.discard()
    assert output.pending == 0
    await until(lambda: not output.is_behind(0))
