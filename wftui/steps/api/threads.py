"""Blocking work in threads with cooperative cancellation."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

ResultT = TypeVar("ResultT")

STOP_SECONDS = 2.0
"""Time for which a cancelled step waits for its thread to notice."""


class StoppedError(Exception):
    """Raised inside blocking work to stop it."""


class StopFlag:
    """Request to stop, set from outside and checked inside a thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def stop(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    def check(self) -> None:
        """Stop the work here if that was requested.

        Raises:
            StoppedError: then.
        """
        if self._event.is_set():
            raise StoppedError


async def run_stoppable(work: Callable[[], ResultT], stop: Callable[[], None]) -> ResultT:
    """Run blocking work in a thread; on cancellation call `stop` and wait for it.

    Each call has a thread of its own: the event loop's small pool would make long steps wait for each other. Work that
    does not stop in two seconds is left to itself.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[ResultT] = loop.create_future()

    def tell(outcome: ResultT | None, error: BaseException | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(outcome)  # type: ignore[arg-type]  # None only when ResultT is None

    def body() -> None:
        outcome: ResultT | None = None
        failure: BaseException | None = None
        try:
            outcome = work()
        except BaseException as error:  # noqa: BLE001  (handed to the task that waits)
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            loop.call_soon_threadsafe(tell, outcome, failure)

    threading.Thread(target=body, name="step-work", daemon=True).start()
    try:
        return await asyncio.shield(result)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait([result], timeout=STOP_SECONDS)
        if result.done() and not result.cancelled():
            result.exception()  # taken note of: the cancellation is what counts
        raise
