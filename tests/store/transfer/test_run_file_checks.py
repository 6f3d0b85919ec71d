"""Checks of run files: their end, their limits, and files that are not finished."""

import gzip
from pathlib import Path

import pytest

from store.store_helpers import RUN
from store.transfer.exported_runs import family, lines_of, rewrite
from wftui.model.base import Json
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer import run_file, transfer
from wftui.store.transfer.run_file import RunFileWriter, check_header, read_run_file
from wftui.store.transfer.run_file_lines import RunFileError
from wftui.store.transfer.transfer import export_run


def refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(RunFileError) as refused:
        read_run_file(path)
    return refused.value.code, str(refused.value).removeprefix(f"{path} ")


def packed(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(gzip.compress(b"".join(lines)))


def plain_lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


async def test_the_last_line_is_a_checksum_of_all_others(exported: Path) -> None:
    lines = plain_lines(exported)
    broken = "run_file.broken"
    packed(exported, lines[:-1])
    assert refusal(exported) == (broken, "cannot be used: it is truncated")
    packed(exported, [*lines, b"{}\n"])
    assert refusal(exported) == (broken, "cannot be used: its contents do not match its checksum")
    packed(exported, [*lines[:-1], b'{"sha256":"0"}\n'])
    assert refusal(exported) == (broken, "cannot be used: its contents do not match its checksum")
    packed(exported, lines)
    assert [run.events for run in read_run_file(exported).runs] == [6]
    check_header(exported)


async def test_only_the_beginning_shows_what_a_file_is(exported: Path, tmp_path: Path) -> None:
    packed(exported, plain_lines(exported)[:1])
    check_header(exported)
    packed(exported, [b""])
    with pytest.raises(RunFileError, match="it is not a run file"):
        check_header(exported)
    with pytest.raises(RunFileError, match=r"^cannot read .*: No such file") as missing:
        check_header(tmp_path / "missing")
    assert missing.value.code == "run_file.unreadable"


async def test_a_read_that_is_not_wanted_any_more_stops(exported: Path) -> None:
    with pytest.raises(RunFileError, match="is no longer read") as stopped:
        read_run_file(exported, lambda: True)
    assert stopped.value.code == "run_file.unreadable"


async def test_events_have_a_limit(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_file, "MOST_EVENTS", 6)
    assert read_run_file(exported).runs[0].events == 6
    monkeypatch.setattr(run_file, "MOST_EVENTS", 5)
    assert refusal(exported) == ("run_file.too_big", "holds more than 5 events")


async def test_runs_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await family(tmp_path / "runs.db")
    path = tmp_path / "all.wfrun"
    await export_run(store, "parent", path)
    assert [run.created.run_id for run in read_run_file(path).runs] == ["parent", "child", "grandchild"]
    monkeypatch.setattr(run_file, "MOST_RUNS", 2)
    assert len(read_run_file(path).runs) == 3
    monkeypatch.setattr(run_file, "MOST_RUNS", 1)
    assert refusal(path) == ("run_file.too_big", "holds more than 1 runs")
    monkeypatch.setattr(transfer, "MOST_RUNS", 1)
    await export_run(store, "parent", tmp_path / "some.wfrun")
    assert [line["child"] for line in lines_of(tmp_path / "some.wfrun") if "child" in line] == ["child"]
    await store.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seq": 9}, "its event 2 is out of order"),
        ({"executionId": "other"}, "its event 2 is out of order"),
        ({"duration": -1}, "the duration of an event is not valid"),
        ({"timestamp": "1800-01-01T00:00:00Z"}, "the time of an event is in the year 1800"),
        ({"seq": 10**19}, "a number of an event is too big"),
        ({"path": "a[x]"}, "the address of its event 2 is not valid"),
    ],
)
async def test_events_that_no_run_has_are_refused(exported: Path, change: dict[str, Json], why: str) -> None:
    def changed(lines: list[dict[str, Json]]) -> None:
        events = [line["event"] for line in lines if "event" in line]
        if "path" in change or "duration" in change:
            events[1].update(
                {**events[3], "type": "step_completed", "stepId": "a", "path": "a", "seq": 2, "output": None}
            )
        events[1].update(change)

    rewrite(exported, changed)
    code, sentence = refusal(exported)
    assert (code, sentence) == ("run_file.broken", f"cannot be used: {why}")


@pytest.mark.parametrize("missing", ["seq", "executionId", "timestamp"])
async def test_events_without_a_place_are_refused(exported: Path, missing: str) -> None:
    rewrite(exported, lambda lines: next(line["event"] for line in lines if "event" in line).pop(missing))
    assert refusal(exported) == ("run_file.broken", f"cannot be used: an event has no {missing}")


def test_an_unfinished_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "run.wfrun"
    with pytest.raises(KeyError), RunFileWriter(path) as out:
        out.line({"event": {}})
        raise KeyError
    assert not path.exists()
    with RunFileWriter(path, children=True) as out:
        out.finish()
    first, last = lines_of(path)
    assert first == {"format": "wftui-run", "version": 2}
    assert list(last) == ["sha256"]
    with pytest.raises(RunFileError, match="already exists") as exists, RunFileWriter(path):
        pass
    assert exists.value.code == "run_file.exists"


async def test_a_run_without_children_is_read_by_the_first_version(exported: Path, tmp_path: Path) -> None:
    assert lines_of(exported)[0]["version"] == 1
    store = await ExecutionStore.open(tmp_path / "first.db")
    await export_run(store, RUN, tmp_path / "again.wfrun")
    await store.close()
    assert plain_lines(tmp_path / "again.wfrun") == plain_lines(exported)
