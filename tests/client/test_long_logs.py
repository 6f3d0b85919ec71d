"""Long logs of a server: a screen keeps them in a file, not in memory."""

import os
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from client.conftest import over_http
from wftui.client.log_spool import LogSpool
from wftui.model.run.events import Completed, Created, Log, LogSegment, Started
from wftui.store.log_segments import pack
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.workbench import Workbench
from wftui.workbench.protocols import AnyWorkbench

RUN = "01k9x2m4z-10n9s"
AT: dict[str, Any] = {"run_id": RUN, "timestamp": datetime(2026, 11, 1, 12, tzinfo=UTC)}
STEP: dict[str, Any] = {"step_id": "a", "path": "a"}
COUNT = 3_000


def lines_of(part: int) -> list[Log]:
    return [Log(message=f"part {part} line {number}\n  more", **STEP, **AT) for number in range(COUNT)]


async def long_log(owner: Workbench, parts: int = 3) -> None:
    """A run with a line, segments of 6,000 lines and a line between each two."""
    store = await owner.store()
    await store.append([Created(workflow_id="greet", user_id="ada", **AT), Started(**AT)], wait=True)
    await store.append([Log(message="first", **STEP, **AT)], wait=True)
    for part in range(parts):
        segment = await store.keep_lines(lines_of(part))
        assert isinstance(segment, LogSegment)
        await store.append([segment, Log(message=f"after {part}", **STEP, **AT)], wait=True)
    await store.append([Completed(duration=1, **AT)], wait=True)


def texts(buffer: LogBuffer) -> list[str]:
    return [buffer.line(number).text for number in range(len(buffer))]


async def read(bench: AnyWorkbench) -> tuple[LogBuffer, list[Log | LogSegment]]:
    buffer, seen = LogBuffer(await bench.records.segment_reader()), []
    async for page in bench.records.log_events(RUN):
        for event in page:
            seen.append(event)
            buffer.append(event)
    return buffer, seen


async def test_the_log_of_a_server_is_that_of_its_machine(owner: Workbench) -> None:
    await long_log(owner)
    local, _ = await read(owner)
    async with over_http(owner) as remote:
        buffer, seen = await read(remote)
        assert [event.type for event in seen].count("log_segment") == 3
        assert len(seen) == 7, "no line of a segment is in memory"
        assert texts(buffer) == texts(local)


async def test_segments_of_a_live_run_are_fetched(owner: Workbench) -> None:
    await long_log(owner, parts=2)
    async with over_http(owner) as remote:
        events = await remote.runs.events(RUN)
        await remote.records.fetch_segments(RUN, events)
        buffer = LogBuffer(await remote.records.segment_reader())
        for event in events:
            if isinstance(event, Log | LogSegment):
                buffer.append(event)
        local, _ = await read(owner)
        assert texts(buffer) == texts(local)


async def test_a_segment_that_the_server_no_longer_has_is_a_line(owner: Workbench) -> None:
    await long_log(owner, parts=1)
    events = await owner.runs.events(RUN)
    segment = next(event for event in events if isinstance(event, LogSegment))
    async with over_http(owner) as remote:
        source = await remote.records.segment_reader()
        assert "prints them" in source.missing(segment).message, "before it is asked for"
        for file in owner.settings.database.parent.rglob("*.log"):
            file.unlink()
        await remote.records.fetch_segments(RUN, events)
        assert not source.has(segment)
        assert source.missing(segment).message == "… 6,000 log lines are no longer stored (see history.run_log_mb)"


async def test_the_newest_event_is_asked_for_without_the_record(
    owner: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await owner.store()
    await store.append([Created(workflow_id="greet", user_id="ada", **AT), Started(**AT)], wait=True)
    await store.append([Log(message="late", **STEP, **AT)], wait=True)
    newest = await owner.records.last_seq(RUN)
    assert newest == 3
    async with over_http(owner) as remote:
        monkeypatch.setattr(owner.runs, "record", None)
        assert await remote.records.last_seq(RUN) == newest


async def test_without_room_for_a_file_the_lines_stay_in_memory(
    owner: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    await long_log(owner)
    local, _ = await read(owner)
    async with over_http(owner) as remote:
        monkeypatch.setattr("wftui.client.log_spool.os.pwrite", full)
        buffer, _seen = await read(remote)
        assert texts(buffer) == texts(local)


async def test_lines_that_a_disk_takes_in_parts_are_whole(owner: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.pwrite
    await long_log(owner)
    local, _ = await read(owner)
    async with over_http(owner) as remote:
        monkeypatch.setattr("wftui.client.log_spool.os.pwrite", lambda file, data, at: write(file, data[:1000], at))
        buffer, _seen = await read(remote)
        assert texts(buffer) == texts(local)


async def test_a_log_that_is_opened_again_is_kept_once(owner: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    await long_log(owner)
    async with over_http(owner) as remote:
        first, _ = await read(remote)
        monkeypatch.setattr("wftui.client.log_spool.os.pwrite", None)
        again, _ = await read(remote)
        assert texts(again) == texts(first)


def test_a_full_file_forgets_its_oldest_segments() -> None:
    size = pack(lines_of(0))[1]
    spool = LogSpool(limit=3 * len(size), options=("--remote", "http://host", "--token-file", "a token"))
    kept = [spool.keep(lines_of(part)) for part in range(7)]
    assert [spool.has(segment) for segment in kept] == [False] * 4 + [True] * 3
    assert [[each.message for each in spool(segment)] for segment in kept[4:]] == [
        [each.message for each in lines_of(part)] for part in range(4, 7)
    ]
    command = f"wftui show {RUN} --logs --remote http://host --token-file 'a token'"
    assert [each.message for each in spool(kept[0])] == [
        f"… 6,000 log lines are no longer kept here (see history.log_mb); `{command}` prints them"
    ]
    small = LogSpool(limit=10)
    assert not small.has(small.keep(lines_of(0)))


def test_the_file_is_in_the_folder_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere")
    monkeypatch.setattr("tempfile.tempdir", None)
    spool = LogSpool()
    assert spool(spool.keep(lines_of(0)))[0].message == "part 0 line 0\n  more"


def test_equal_lines_of_two_steps_are_those_of_each() -> None:
    spool = LogSpool()
    kept = [
        spool.keep([Log(seq=seq, message=f"line {number}", step_id=name, path=name, **AT) for number in range(COUNT)])
        for seq, name in enumerate("ab", 5)
    ]
    assert [{(line.seq, line.path, line.step_id) for line in spool(segment)} for segment in kept] == [
        {(5, "a", "a")},
        {(6, "b", "b")},
    ]


def test_the_line_in_place_of_equal_segments_is_that_of_each_step() -> None:
    spool = LogSpool()
    segment = spool.keep(lines_of(0))
    other = segment.model_copy(update={"seq": 9, "path": "b", "step_id": "b"})
    spool.keep_instead(segment, Log(seq=5, message="gone", **STEP, **AT))
    missing = spool.missing(other)
    assert (missing.message, missing.seq, missing.path, missing.step_id) == ("gone", 9, "b", "b")


def test_kept_lines_take_no_memory() -> None:
    spool = LogSpool()
    kept: list[LogSegment] = []

    def lines(part: int) -> Sequence[Log]:
        return [Log(message=f"{part} {number} {'x' * 200}", **STEP, **AT) for number in range(COUNT)]

    tracemalloc.start()
    try:
        for part in range(20):
            kept.append(spool.keep(lines(part)))
        assert tracemalloc.get_traced_memory()[0] < 1_000_000, "of 12 MB of text"
    finally:
        tracemalloc.stop()
    assert all(
        [each.message for each in spool(segment)] == [each.message for each in lines(part)]
        for part, segment in enumerate(kept)
    )
