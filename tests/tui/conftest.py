"""Fixtures of screen tests: fixed clock, terminal, workbench and snapshots."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE
from pytest_textual_snapshot import SVGImageExtension  # type: ignore[import-untyped]  # ships no types
from syrupy.assertion import SnapshotAssertion
from syrupy.exceptions import SnapshotDoesNotExist
from textual.app import App
from textual.css.model import RuleSet
from textual.css.query import NoMatches
from textual.css.stylesheet import Stylesheet
from textual.message_pump import MessagePump
from textual.notifications import Notification
from textual.pilot import Pilot
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, TextArea
from textual.worker import Worker

from wftui.model.run.event_json import parse_event
from wftui.store.run_ids import new_id
from wftui.tui.app import WftuiApp
from wftui.workbench import Settings, Workbench

NOW = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
"""Current time of every screen test."""

SIZES = [(80, 24), (120, 40)]
"""Terminal sizes of the snapshots of every screen."""

_TURNS = 60
"""Turns of the event loop that keys get to take effect: a test may hold up what they wait for."""

_HOPS = 20
"""Turns of the event loop that a message gets on its way through the parents of its widget."""


@pytest.fixture(autouse=True)
def one_look(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the same terminal, locale and time zone everywhere."""
    for name in ("NO_COLOR", "COLORFGBG", "COLORTERM", "LC_ALL", "LC_CTYPE", "WFTUI_TABLES", "WFTUI_DB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(Pilot, "_wait_for_screen", _until_keys_count)
    # A notice stays: a loaded machine may take longer to look than a notice is shown.
    monkeypatch.setattr(Notification, "time_left", PATIENCE)
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session", autouse=True)
def css_parsed_once() -> Iterator[None]:
    """Parse each piece of CSS once for all tests: an eighth of an app's start."""
    parsed: dict[Hashable, list[RuleSet]] = {}
    frozen: list[tuple[dict[str, str], Hashable]] = [({}, None)]
    parse = Stylesheet._parse_rules

    def once(sheet: Stylesheet, css: str, *place: Any, **more: Any) -> list[RuleSet]:
        if frozen[0][0] is not sheet._variables:
            frozen[0] = sheet._variables, frozenset(sheet._variables.items())
        key = (frozen[0][1], css, place, *more.items())
        if key not in parsed:
            parsed[key] = parse(sheet, css, *place, **more)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", once)
        yield


_wait_for_screen = Pilot._wait_for_screen


async def _until_keys_count(pilot: Pilot[Any]) -> bool:
    """Wait until the app has handled its keys, then the messages of its widgets.

    The toolkit takes a process that gets no CPU time for idle, and its wait ends after 30 s; it waits for the messages
    that widgets have, not for those that follow.
    """
    for _ in range(_TURNS):
        if not isinstance(pilot.app, WftuiApp) or not pilot.app.keys_wait:
            break
        await asyncio.sleep(0.005)
    waited = await _wait_for_screen(pilot, timeout=PATIENCE)
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # what is to be called in this turn
    for _ in range(_HOPS):
        await asyncio.sleep(0)
        if not ready:
            break
    return waited


@pytest.fixture
def now() -> datetime:
    """Return the time of the workbench's clock."""
    return NOW


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create an empty workspace in a temporary home, so that its path is stable."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "tables"
    folder.mkdir()
    return folder


@pytest.fixture
def put_workflow(tables: Path) -> Callable[..., Path]:
    """Return `put_workflow(id, steps=[...], **rest)`, which writes a workflow.json."""

    def put(workflow_id: str, **rest: Any) -> Path:
        source = {"format": 1, "id": workflow_id, "steps": [{"id": "greet", "type": "set", "input": {"text": "hi"}}]}
        path = tables / "workflows" / workflow_id / "workflow.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        written = tables.parent / "written.json"
        written.write_text(json.dumps({**source, **rest}, indent=2) + "\n")
        written.replace(path)  # an open editor never reads half of it
        return path

    return put


@pytest.fixture
async def workbench(tables: Path, tmp_path: Path) -> AsyncIterator[Workbench]:
    """Open a workbench with an empty workspace, a database and a fixed clock."""
    bench = Workbench(
        Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"), clock=lambda: NOW, elapsed=lambda: 0.0
    )
    yield bench
    await bench.close(cancel=True)


@pytest.fixture
def put_run(workbench: Workbench) -> Callable[..., Awaitable[str]]:
    """Return `put_run(id, "completed", ago=60, duration=4200)`, for past runs.

    `ago` is in seconds, `duration` in milliseconds.
    """

    async def put(workflow_id: str, status: str, *, ago: float, duration: float = 0.0, error: str = "") -> str:
        store = await workbench.store()
        started = NOW - timedelta(seconds=ago)
        run = {"executionId": new_id(lambda: started)}
        first = {**run, "timestamp": started.isoformat()}
        last = {**run, "timestamp": (started + timedelta(milliseconds=duration)).isoformat(), "duration": duration}
        events: list[dict[str, Any]] = [
            {**first, "type": "created", "workflowId": workflow_id, "userId": "ada"},
            {**first, "type": "started"},
        ]
        if status != "running":
            outcomes: dict[str, dict[str, Any]] = {
                "completed": {"outputs": {}},
                "failed": {"error": {"message": error}},
            }
            events.append({**last, "type": status, **outcomes.get(status, {})})
        await store.append([parse_event(event) for event in events], wait=True)
        return run["executionId"]

    return put


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """Return `until(pilot, condition)`, which waits or fails with the screen as text."""

    async def wait(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not _holds(condition):
            if time.monotonic() > deadline:
                raise AssertionError(f"still not so after {PATIENCE:g} s; the screen:\n{screen_text(pilot.app)}")
            await pilot.pause(0.01)
        await pilot.pause()

    return wait


def _holds(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except NoMatches:  # a screen that has just come up has nothing on it yet
        return False
    except AttributeError as error:  # its widgets are attributes once it is composed
        if isinstance(error.obj, Screen) and not error.obj.is_mounted:
            return False
        raise


def screen_text(app: App[Any]) -> str:
    """Return the screen as lines of text."""
    width, height = app.size
    return "\n".join("".join(segment.text for segment in line) for line in _lines(app, width, height))


def _lines(app: App[Any], width: int, height: int) -> list[Any]:
    return [list(strip) for strip in app.screen._compositor.render_strips()][:height]


@pytest.fixture
def text_of() -> Callable[[App[Any]], str]:
    """Return `text_of(app)`, the screen as lines of text."""
    return screen_text


@pytest.fixture
def matches(snapshot: SnapshotAssertion) -> Callable[[Pilot[Any]], Awaitable[bool]]:
    """Return `await matches(pilot)`: compare a still screen with its snapshot.

    A screen that differs has some CPU seconds to become it, as threads may still work for it: the machine's speed does
    not count. `--snapshot-update` renews it.
    """
    pictures = snapshot.use_extension(SVGImageExtension)

    def stored() -> object:
        try:
            return pictures.extension.read_snapshot(
                test_location=pictures.test_location, index=pictures.index, session_id="read"
            )
        except SnapshotDoesNotExist:
            return None

    async def compare(pilot: Pilot[Any]) -> bool:
        if isinstance(pilot.app, WftuiApp):
            await pilot.app.check_attention()  # a poll does it some time
        for line in pilot.app.screen.query("Input, TextArea"):
            assert isinstance(line, Input | TextArea)
            line.cursor_blink = False
            line.notify_style_update()  # forgets lines that it drew while the cursor was off
        expected = None if snapshot.update_snapshots else stored()
        end = time.process_time() + 4
        while True:
            await settle(pilot.app)
            picture = pilot.app.export_screenshot(title="wftui", simplify=True)
            if expected is None or pictures.extension.serialize(picture) == expected or time.process_time() > end:
                break
        same = bool(pictures == picture)
        if not same:
            print(f"the screen is not as in its snapshot:\n{screen_text(pilot.app)}\nfocus: {pilot.app.focused}")
        return same

    return compare


async def settle(app: App[Any]) -> None:
    """Wait until nothing under way changes the screen any more."""
    seen: list[tuple[str, int]] = []
    while len(seen) < 4 or len(set(seen[-4:])) > 1:
        for pump in (app, app.screen, *app.screen.walk_children()):
            await _passed(pump, pump.call_later)
        await _passed(app.screen, app.screen.call_after_refresh)
        seen.append((screen_text(app), id(app.focused)))


_ENDLESS = frozenset({"follow"})
"""Groups of workers that last as long as their screen."""

_SOON = 5.0
"""Seconds of a timer that is waited for: screens look at what was typed or selected after a pause."""


async def at_rest(app: App[Any]) -> None:
    """Wait until neither a worker nor a timer is about to change the screen."""
    quiet = 0
    while quiet < 2:
        await settle(app)
        pumps = (app, *app.screen.walk_children(with_self=True))
        timers = [timer for pump in pumps for timer in pump._timers if timer._repeat == 0 and timer._interval < _SOON]
        quiet = 0 if any(_is_active(timer) for timer in timers) or any(map(_ends, app.workers)) else quiet + 1
        await asyncio.sleep(0.001)


def _is_active(timer: Timer) -> bool:
    return timer._task is not None and not timer._task.done()


def _ends(worker: Worker[Any]) -> bool:
    return not worker.is_finished and worker.group not in _ENDLESS


async def _passed(pump: MessagePump, call: Callable[[Callable[[], object]], bool]) -> None:
    done = asyncio.Event()
    if call(done.set):
        while pump.is_running and not done.is_set() and pump.app.return_code is None:
            await asyncio.sleep(0.001)


@pytest.fixture(params=SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Yield each size of the snapshots."""
    return request.param  # type: ignore[no-any-return]
