"""Long logs: complete, with secrets masked, and little is lost in a kill."""

import errno
from datetime import timedelta

import pytest

from wftui.connections.redaction import Redactor
from wftui.engine.primitives.emitter import Emitter
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.run.steps.log_overflow import SEGMENT, LogOverflow
from wftui.engine.run.steps.log_tail import LogTail
from wftui.engine.run.steps.step_logger import StepLogger
from wftui.model.clock import utc_now
from wftui.model.run.events import Created, Log, LogSegment, StepProgress
from wftui.model.text.text_styles import with_styles
from wftui.store import log_segments
from wftui.store.execution_store import ExecutionStore
from wftui.store.log_segments import folder_of

pytest_plugins = "store.store_fixtures"
SETTINGS = EngineSettings(log_head=500, log_tail=10, log_tail_size=100, log_interval=0.0)


async def logged(store: ExecutionStore, *calls: tuple[str, str], secret: str = "") -> list[str]:
    """Return the whole log of a step that makes these calls."""
    emitter = Emitter("run", store, Redactor([secret] if secret else []), utc_now)
    await emitter.emit(Created(run_id="run", timestamp=utc_now(), workflow_id="w"))
    logger = StepLogger(emitter, SETTINGS, "a", "a")
    for stream, text in calls:
        logger.log(text, "info", stream)  # type: ignore[arg-type]  # one of the literals
        await logger.flush()
    await logger.close()
    await emitter.emit(StepProgress(run_id="run", timestamp=utc_now(), step_id="a", path="a", progress=1), safe=True)
    return [line async for page in store.log_lines("run") for event in page for line in event.message.split("\n")]


@pytest.mark.parametrize("together", [1, 7, 700, 100_000])
async def test_every_line_is_stored_in_order(store: ExecutionStore, together: int) -> None:
    reported = [f"line {number}" if number % 9 else "" for number in range(300 if together < 100 else 250_000)]
    parts = ["\n".join(reported[start : start + together]) + "\n" for start in range(0, len(reported), together)]
    lines = await logged(store, *(("stderr" if number % 3 else "stdout", part) for number, part in enumerate(parts)))
    assert lines == reported
    events = await store.events("run")
    segments = [event for event in events if isinstance(event, LogSegment)]
    if together > 7:
        assert len(segments) >= sum(map(len, reported)) // SEGMENT
    tail = [line for event in events if isinstance(event, Log) for line in event.message.split("\n")][-10:]
    assert tail == reported[-10:]


async def test_secrets_are_masked_in_segments(store: ExecutionStore) -> None:
    calls = [("stdout", f"{number} the-secret-word {number}") for number in range(100)]
    lines = await logged(store, *calls, secret="the-secret-word")
    assert lines == [f"{number} *** {number}" for number in range(100)]
    assert all(b"the-secret" not in file.read_bytes() for file in folder_of(store.path).iterdir())


async def test_colors_are_kept_beside_the_text_and_hide_no_secret(store: ExecutionStore) -> None:
    calls = [("stdout", f"\x1b[31mred {number}\x1b[0m of the-\x1b[1msecret-word") for number in range(9)]
    calls += [("stdout", f"\x1b[32mgreen\x1b[0m {number}") for number in range(90)]
    lines = await logged(store, *calls, secret="the-secret-word")
    assert lines == [f"red {number} of ***" for number in range(9)] + [f"green {number}" for number in range(90)]
    events = [event async for page in store.log_lines("run") for event in page]
    shown = [line for event in events for line in with_styles(event.message, event.styles).split("\n")]
    assert shown[:9] == lines[:9], "a line with a secret has lost its colors"
    assert shown[9:] == [f"\x1b[32mgreen\x1b[0m {number}" for number in range(90)]


async def test_a_full_disk_omits_lines_and_counts_them(store: ExecutionStore) -> None:
    folder_of(store.path).write_text("no folder can be made here")
    reported = [f"line {number}" for number in range(2_000)]
    lines = await logged(store, *(("stdout", line) for line in reported))
    (omitted,) = [line for line in lines if "omitted" in line]
    assert len(lines) - 1 + int(omitted.split()[1].replace(",", "")) == len(reported)
    assert lines[-10:] == reported[-10:]


def test_lines_wait_for_seconds_at_most() -> None:
    overflow = LogOverflow(LogTail(1000, 1000), keeps=True)
    begun = utc_now()
    overflow.add(begun, "info", "stdout", "one\ntwo")
    assert not overflow.due(begun + timedelta(seconds=0.5))
    assert overflow.due(begun + timedelta(seconds=1.5))
    assert [each.text for each in overflow.take()] == ["one\ntwo"]
    assert not overflow.is_waiting
    stored = files = 0
    for second in range(3, 3_603):
        overflow.add(begun + timedelta(seconds=second), "info", "stdout", "x")
        if overflow.due(begun + timedelta(seconds=second)):
            stored += sum(each.text.count("x") for each in overflow.take())
            files += 1
    assert stored > 3_600 - 32
    assert files < 250, "a step that goes on for long makes few files"


async def test_lines_whose_file_cannot_be_written_are_counted_with_the_reason(
    store: ExecutionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(log_segments, "write", full)
    reported = [f"line {number}" for number in range(200)]
    lines = await logged(store, ("stdout", "\n".join(reported)))
    (omitted,) = [line for line in lines if "omitted" in line]
    kept = [line for line in lines if line != omitted]
    assert kept == [*reported[: len(kept) - 10], *reported[-10:]]
    count = len(reported) - len(kept)
    assert omitted.startswith(f"… {count} lines omitted: they could not be stored: ")
