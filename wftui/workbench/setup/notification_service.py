"""Notifications: start a program of the user when a run fails, waits or ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from wftui.model.errors import UserError
from wftui.model.user.user_settings import NotifyEvent, NotifyRule
from wftui.settings.settings_file import read_settings, settings_path

if TYPE_CHECKING:
    from wftui.model.base import Json
    from wftui.model.run.events import ExecutionEvent
    from wftui.model.run.summary import ExecutionSummary
    from wftui.store.execution_store import ExecutionStore

_ENDS = frozenset({"completed", "failed", "cancelled", "interrupted"})
_AT_ONCE = 4
_ENDING_SECONDS = 30.0
"""Beside the longest time limit, when this process ends: for reading the run and for ending a program's tree."""
_MINUTE = 60_000


class NotificationService:
    """`workbench.notifications`: notify the user's program about runs of this process.

    The settings are read again for each event. What goes wrong is reported, and never affects a run.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._longest = 0
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._report: Callable[[str], object] = lambda sentence: None

    def report_to(self, report: Callable[[str], object]) -> None:
        """Report each failure to a function, as a sentence, in the engine's thread."""
        self._report = report

    def begin(self, store: ExecutionStore) -> None:
        """Listen to the events that this process commits."""

        def heard(run_id: str, events: Sequence[ExecutionEvent]) -> None:
            for event in events:
                if event.type in _ENDS or (event.type == "step_waiting" and event.waiting.reason == "approval"):
                    task = asyncio.get_running_loop().create_task(self._notify(store, run_id, event))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

        store.listen(heard)

    async def end(self) -> None:
        """Wait for running programs, as long as one may take, then end them."""
        tasks = set(self._tasks)
        if not tasks:
            return
        try:
            await asyncio.wait(tasks, timeout=self._longest + _ENDING_SECONDS)
        finally:
            late = [task for task in tasks if not task.done()]
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                self._report(f"notifications that were not sent in time: {len(late)}")

    async def _notify(self, store: ExecutionStore, run_id: str, event: ExecutionEvent) -> None:
        try:
            wrong = await self._sent(store, run_id, event)
        except (UserError, OSError) as error:
            wrong = str(error)
        if wrong is not None:
            self._report(f"the notification about run {run_id} failed: {wrong}")

    async def _sent(self, store: ExecutionStore, run_id: str, event: ExecutionEvent) -> str | None:
        path = settings_path()
        settings = await asyncio.to_thread(read_settings, path)
        rules = (settings.notify, *settings.notify_workflows.values())
        if not any(rule.command for rule in rules) or (run := await store.summary(run_id)) is None:
            return None
        rule = settings.notify_workflows.get(run.workflow_id, settings.notify)
        kind = _kind(rule, run, event)
        if not rule.command or kind is None or await _is_imported(store, run_id):
            return None
        subject = f"approval {event.path}" if event.type == "step_waiting" else f"end {event.seq}"
        if not await store.claim_notification(run_id, subject):
            return None
        self._longest = max(self._longest, rule.seconds)
        import json

        from wftui.engine.host.notification import run_notifier

        stdin = json.dumps(_message(kind, run, event)) + "\n"
        async with self._slots:
            return await run_notifier(rule.command, [stdin.encode()], folder=path.parent, seconds=rule.seconds)


async def _is_imported(store: ExecutionStore, run_id: str) -> bool:
    """Return whether a run came from a file, and may be anyone's text."""
    head = await store.head(run_id)
    return head is not None and head.imported_from is not None


def _kind(rule: NotifyRule, run: ExecutionSummary, event: ExecutionEvent) -> NotifyEvent | None:
    """Return the notification for an event, or None.

    The end of a run that a step has started is the end of that step.
    """
    if event.type == "step_waiting":
        return "approval" if "approval" in rule.on else None
    if run.parent_path is not None:
        return None
    if event.type in ("failed", "interrupted") and "failure" in rule.on:
        return "failure"
    taken = run.duration or 0.0
    if run.duration is None and run.started_at is not None:  # interrupted: it may continue
        taken = (event.timestamp - run.started_at).total_seconds() * 1000
    return "end" if "end" in rule.on and taken >= rule.after_minutes * _MINUTE else None


def _message(kind: NotifyEvent, run: ExecutionSummary, event: ExecutionEvent) -> dict[str, Json]:
    """Return the JSON for the program, of stored texts: secrets are masked in them."""
    if event.type == "step_waiting":
        approval: Json = {"path": event.path, "prompt": event.waiting.prompt}
        text = f"{run.workflow_id} is waiting for approval: {event.waiting.prompt or event.path}"
        return {"event": kind, "text": text, "run": run.to_wire(), "approval": approval}
    why = f": {run.error.message}" if run.error is not None and event.type == "failed" else ""
    return {"event": kind, "text": f"{run.workflow_id} {run.status}{why}", "run": run.to_wire()}
