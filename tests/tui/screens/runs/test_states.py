"""The monitor in each state a run or the view can have."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tui.notices import notices
from tui.run_events import BEGIN, Story, completed, running
from wftui.model.errors import RunNotFoundError
from wftui.model.run.events import (
    Cancelled,
    CancelRequested,
    Completed,
    Created,
    Interrupted,
    IterationCompleted,
    IterationsPlanned,
    IterationStarted,
    Queued,
    StepCancelled,
    StepWaiting,
)
from wftui.model.run.steps import Waiting
from wftui.model.run.summary import ExecutionSummary, RunOwner
from wftui.tui.display.status import PULSE, PULSE_ASCII, STATUS
from wftui.tui.widgets.run.header import RunHeader
from wftui.tui.widgets.run.labels import is_here, owner_forms, short_host

Until = Callable[..., Awaitable[None]]
Matches = Callable[[Pilot[Any]], Awaitable[bool]]


def retrying() -> Story:
    story = running()
    at = next(number for number, event in enumerate(story.events) if event.type == "step_retrying")
    story.events = story.events[: at + 1]
    return story


def cancelling() -> Story:
    story = running()
    story.add(CancelRequested, 15.9, by="grace")
    return story


def cancelled() -> Story:
    story = cancelling()
    for path in ("authors", "branches"):
        story.add(StepCancelled, 16, step_id=path, path=path, duration=6_000)
    story.add(Cancelled, 16.1, duration=16_100)
    return story


def interrupted() -> Story:
    story = running()
    story.add(Interrupted, 600, message="its process ended", last_sign=BEGIN + timedelta(seconds=16))
    return story


def no_worker() -> Story:
    story = Story("01k9x2m4v-w41t0")
    story.created()
    story.add(StepWaiting, 0.2, step_id="clone", path="clone", waiting=Waiting(reason="worker", pool="build"))
    return story


def queued() -> Story:
    story = Story("01k9x2m4w-qu3u3")
    story.created()
    story.events.pop()  # it has not started
    story.add(Queued, 0.1, group="deploy", place=2, behind="01k9x2m4q-7hd3f")
    return story


def huge() -> Story:
    """A forEach of 3,000 items."""
    story = Story("01k9x2m4x-hu9e0")
    story.created()
    story.starts("clone", 0.1)
    story.ends("clone", 1, {"big": ["x" * 100] * 300})
    story.starts("authors", 1)
    story.add(IterationsPlanned, 1, step_id="authors", path="authors", total=3_000)
    for number in range(3_000):
        at = 1 + number / 1000
        common = {"step_id": "authors", "path": f"authors[{number}]", "index": number}
        story.add(IterationStarted, at, **common)
        story.add(IterationCompleted, at + 0.001, **common, output=number, duration=1.0)
    story.ends("authors", 4.1)
    story.add(Completed, 4.2, outputs={"rows": [{"n": number} for number in range(3_000)]}, duration=4_200)
    return story


STORIES = [retrying, cancelling, cancelled, interrupted, no_worker, queued, huge]


@pytest.mark.parametrize("story", STORIES)
async def test_snapshot_of_a_state(
    open_run: Any, story: Callable[[], Story], size: tuple[int, int], matches: Matches
) -> None:
    async with open_run(story(), size) as (pilot, screen):
        if story is huge:
            screen.panes.pick("steps")
        assert await matches(pilot)


async def test_steps_are_named_after_their_branch(
    open_run: Any, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    story = running()
    created = story.events[0]
    assert isinstance(created, Created)
    for info, branch in zip(created.steps, ["mirror", "catch http", None, None, None, None, "finally"], strict=True):
        info.branch = branch
    async with open_run(story) as (pilot, _screen):
        await pilot.press("home", "down")
        for label in (
            "mirror: Clone",
            "catch http: Count",
            " Biggest files",
            "finally: Write",
            "─catch http: Count commits──",
        ):
            await until(pilot, lambda label=label: label in text_of(pilot.app))


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        (("ada, process 7 on host", "ada, host"), "ada, host"),
        (("ada, process 7 on a.very.long.host.name.example.org", "ada, a"), "ada, a"),
        (("ada, process 7 on " + "h" * 60, "ada, " + "h" * 60), "ada, " + "h" * 28 + "…"),
    ],
)
async def test_who_runs_a_run_is_always_named(open_run: Any, owner: tuple[str, ...], shown: str) -> None:
    async with open_run(running()) as (_pilot, screen):
        header = screen.query_one(RunHeader)
        header.owner = owner
        assert str(header.render()).splitlines()[1].endswith(f" {shown}")


@pytest.mark.parametrize(
    ("story", "advice"),
    [(interrupted, "press u to resume"), (cancelling, "press c again to stop now")],
    ids=["interrupted", "cancelling"],
)
async def test_a_narrow_header_keeps_the_key_that_helps(open_run: Any, story: Callable[[], Story], advice: str) -> None:
    async with open_run(story(), (80, 24)) as (_pilot, screen):
        assert advice in str(screen.query_one(RunHeader).render()).splitlines()[1]


async def test_a_request_has_not_failed_where_its_process_is_not_known(
    open_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(run_id: str) -> ExecutionSummary:
        raise RunNotFoundError(run_id)

    async with open_run(running()) as (pilot, screen):
        monkeypatch.setattr(screen.workbench.records, "summary", unknown)
        await screen.report_silence("the answer")
        assert notices(pilot.app) == []


@pytest.mark.parametrize(
    ("host", "short"), [("ci-7.eu.example.org", "ci-7"), ("vm", "vm"), ("10.0.0.7", "10.0.0.7"), ("fe80::1", "fe80::1")]
)
def test_a_host_is_named_by_its_first_label(host: str, short: str) -> None:
    assert short_host(host) == short


@pytest.mark.parametrize(
    ("host", "pid", "here"), [("vm", 7, True), ("vm pid:[5]", 7, True), ("vm2", 7, False), ("vm", 8, False)]
)
def test_a_process_of_another_machine_with_the_same_pid_is_not_this_one(
    monkeypatch: pytest.MonkeyPatch, now: datetime, host: str, pid: int, here: bool
) -> None:
    monkeypatch.setattr("wftui.tui.widgets.run.labels.os.getpid", lambda: 7)
    monkeypatch.setattr("wftui.tui.widgets.run.labels.socket.gethostname", lambda: "vm")
    owner = RunOwner(host=host, pid=pid)
    summary = ExecutionSummary(id="a", workflow_id="w", user_id="ada", status="running", owner=owner)
    assert is_here(owner) == here
    assert owner_forms(summary, now)[1:2] == (() if here else (f"ada, process {pid} on {host}",))


def test_no_mark_of_a_running_step_is_that_of_another_status() -> None:
    others = [look for status, look in STATUS.items() if status != "running"]
    assert not {*PULSE, *PULSE_ASCII} & {mark for look in others for mark in (look.glyph, look.ascii)}


async def test_snapshot_of_a_frozen_view(open_run: Any, size: tuple[int, int], until: Until, matches: Matches) -> None:
    async with open_run(running(), size) as (pilot, screen):
        await pilot.press("v")
        await until(pilot, lambda: screen.playback is not None and screen.playback.frozen)
        assert await matches(pilot)


async def test_snapshot_of_step_details(open_run: Any, size: tuple[int, int], matches: Matches) -> None:
    async with open_run(completed(), size) as (pilot, _screen):
        await pilot.press("1", "home", "enter")
        assert await matches(pilot)


@pytest.mark.slow
@pytest.mark.parametrize(
    "keys", ["t", "J", "R", "E", "1 home enter enter", "1 home enter enter t", "slash", "W", "question_mark"]
)
async def test_any_size_at_any_dialog(open_run: Any, keys: str) -> None:
    async with open_run(completed()) as (pilot, _screen):
        for size in ((40, 12), (20, 5), (79, 24), (200, 60), (80, 24)):
            await pilot.press(*keys.split())
            await pilot.resize_terminal(*size)
            await pilot.press("down", "end", "home", "right", "escape", "escape")
            assert pilot.app.is_running
            while len(pilot.app.screen_stack) > 2:
                await pilot.app.pop_screen()
            if len(pilot.app.screen_stack) < 2:
                pilot.app.open_monitor(completed().run_id)
                await pilot.pause()
