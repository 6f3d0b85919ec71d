"""Cancellation: nested stop scopes whose stop reaches every wait inside them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from wftui.engine.primitives.outcome import CANCELLED, Skip
from wftui.model.base import Json
from wftui.model.clock import elapsed_seconds
from wftui.runtime.workflow_errors import WorkflowError

T = TypeVar("T")
_RECHECK_SECONDS = 5.0  # timers stand still while a machine sleeps
_BETWEEN_CANCELS = 0.02  # seconds; a task that has not yet received the first would merge both


class Stopped(Exception):  # noqa: N818  (not an error: unwinds a wait on a stop)
    """A stop reached this wait.

    Attributes:
        abandoned: the work did not end, even by force, and was abandoned.
    """

    def __init__(self, *, abandoned: bool = False) -> None:
        super().__init__("stopped")
        self.abandoned = abandoned


class _Member(Protocol):
    def stop(self) -> None: ...

    def force(self) -> None: ...


class StopScope:
    """Part of a run that is stopped as a whole.

    A stop is final and reaches all scopes below.
    """

    def __init__(self, parent: "StopScope | None" = None) -> None:
        self.stopped = False
        self.timed_out = False
        self._why: Skip | None = None
        self._parent = parent
        self._members: set[_Member] = set()
        self._waits: set[asyncio.Future[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        if parent is not None:
            parent.enter(self)

    def start_timer(self, seconds: float) -> None:
        """Stop after some seconds, or at once without any left, and set `timed_out`."""
        if seconds <= 0:
            self._time_out()
        else:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._time_out)

    def close(self) -> None:
        """Leave the parent and cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()
        if self._parent is not None:
            self._parent.leave(self)

    @property
    def why(self) -> Skip:
        """Reason of the steps that do not run after a stop."""
        if self._why is not None or self._parent is None:
            return self._why or CANCELLED
        return self._parent.why

    def stop(self, why: Skip | None = None) -> None:
        """Stop running members cooperatively; waits raise `Stopped` at once."""
        if self.stopped:
            return
        self.stopped, self._why = True, why
        for wait in tuple(self._waits):
            wait.cancel()
        for member in tuple(self._members):
            member.stop()

    def force(self) -> None:
        """Stop without a grace period."""
        self.stop()
        for member in tuple(self._members):
            member.force()

    def enter(self, member: _Member) -> None:
        """Add a member that receives a stop, at once if there has been one.

        What is stopped before it began never begins, so that a forced stop has nothing to add.
        """
        self._members.add(member)
        if self.stopped:
            member.stop()

    def leave(self, member: _Member) -> None:
        """Remove a member that has ended."""
        self._members.discard(member)

    def check(self) -> None:
        """Raise `Stopped` after a stop."""
        if self.stopped:
            raise Stopped

    async def wait(self, future: "asyncio.Future[T]") -> T:
        """Wait for a future and return its result; a stop cancels it and raises `Stopped`."""
        self.check()
        self._waits.add(future)
        try:
            return await future
        except asyncio.CancelledError:
            if self.stopped and future.cancelled():
                raise Stopped from None
            raise
        finally:
            self._waits.discard(future)

    async def sleep(self, seconds: float) -> None:
        """Wait some seconds, including time that the machine sleeps, or raise `Stopped`."""
        due = elapsed_seconds() + seconds
        while True:
            left = due - elapsed_seconds()
            await self._sleep(min(left, _RECHECK_SECONDS))
            if left <= _RECHECK_SECONDS:
                return

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _wake, woken)
        try:
            await self.wait(woken)
        finally:
            timer.cancel()

    def _time_out(self) -> None:
        if not self.stopped:
            self.timed_out = True
            self.stop()


class Slots:
    """Slots for at most `limit` running leaf steps, first come, first served."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._queue: deque[asyncio.Future[None]] = deque()

    async def acquire(self, stop: StopScope | None = None) -> None:
        """Take a slot.

        Raises:
            Stopped: a stop came first; no slot is taken.
        """
        if stop is not None:
            stop.check()
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await (turn if stop is None else stop.wait(turn))
            if stop is not None:
                stop.check()
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.release()
            turn.cancel()
            raise

    def release(self) -> None:
        """Give a slot back."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


async def supervise(
    work: Callable[[], Awaitable[Json]],
    *,
    stop: StopScope,
    signal: asyncio.Event,
    limit: float | None,
    grace: float,
    force: float,
) -> Json:
    """Run one attempt in its own task until its end, its time limit, or a stop.

    A stop or the end of `limit` sets `signal` and cancels the task, cancels it again after `grace` seconds, and
    abandons it `force` seconds later. The result of work that ends in spite of a stop is returned. All times are in
    seconds.

    Raises:
        Stopped: a stop ended the attempt.
        WorkflowError: type `timeout`; or `internal`, when the work cancelled itself.
        Exception: any other error of the work.
    """
    return await _Attempt(work, stop, signal, limit, grace, force).result()


class _Attempt:
    def __init__(
        self,
        work: Callable[[], Awaitable[Json]],
        scope: StopScope,
        signal: asyncio.Event,
        limit: float | None,
        grace: float,
        force: float,
    ) -> None:
        self._scope = scope
        self._signal = signal
        self._limit = limit
        self._grace = grace
        self._force = force
        self._stopped = False
        self._timed_out = False
        self._forced = False
        self._loop = asyncio.get_running_loop()
        self._settled: asyncio.Future[None] = self._loop.create_future()
        self._task = self._loop.create_task(self._run(work))
        self._task.add_done_callback(self._settle)
        self._timer = self._loop.call_later(limit, self._time_out) if limit is not None else None

    async def result(self) -> Json:
        self._scope.enter(self)
        try:
            await self._settled
        except asyncio.CancelledError:
            self._task.cancel()
            raise
        finally:
            self._scope.leave(self)
            if self._timer is not None:
                self._timer.cancel()
        if not self._task.done():
            self._task.add_done_callback(_consume_error)
        if self._timed_out:
            left = "" if self._task.done() else "; it did not stop and was abandoned"
            _consume_error(self._task)
            raise WorkflowError("timeout", f"the attempt took longer than its timeout of {self._limit:g} s{left}")
        if not self._task.done():
            raise Stopped(abandoned=True)
        if self._stopped and (self._task.cancelled() or self._task.exception()):
            raise Stopped
        if self._task.cancelled():
            raise WorkflowError("internal", "the step cancelled itself without a cancel request")
        return self._task.result()

    async def _run(self, work: Callable[[], Awaitable[Json]]) -> Json:
        try:
            return await work()
        except SystemExit as exit_:
            # Raised through a task, it would exit the program.
            raise WorkflowError("internal", "the step tried to exit the program") from exit_
        finally:
            # One iteration of the event loop earlier than the task's callback, which serves a task that never ran.
            self._settle()

    def stop(self) -> None:
        if not self._stopped and not self._timed_out:
            self._stopped = True
            self._request_end()

    def force(self) -> None:
        if not self._forced:
            self._forced = True
            self._set_timer(_BETWEEN_CANCELS, self._cancel_again)

    def _time_out(self) -> None:
        if not self._stopped:
            self._timed_out = True
            self._request_end()

    def _request_end(self) -> None:
        self._signal.set()
        self._task.cancel()
        self._set_timer(self._grace, self._cancel_again)

    def _cancel_again(self) -> None:
        self._task.cancel()
        self._set_timer(self._force, self._settle)

    def _set_timer(self, seconds: float, then: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, then)

    def _settle(self, _task: object = None) -> None:
        _wake(self._settled)


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _consume_error(task: "asyncio.Task[Json]") -> None:
    """Retrieve the error of an abandoned task, which no caller awaits."""
    if task.done() and not task.cancelled():
        task.exception()
