"""Log segments: complete, bounded, removed with their runs, and never trusted."""

import asyncio
import os
import stat
import zlib
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.store_helpers import RUN, START, completed, created, log, started
from wftui.model.run.events import Log, LogSegment
from wftui.store import log_segments
from wftui.store.execution_store import ExecutionStore
from wftui.store.log_segments import LogLimits, SegmentError, decode, folder_of, pack
from wftui.store.maintenance.cleanup import database_bytes
from wftui.store.recovery.salvage import salvage
from wftui.store.sqlite.database import Opening, prepare
from wftui.store.transfer.transfer import export_run, import_run

pytest_plugins = "store.store_fixtures"


def reported(text: str, run: str = RUN, second: int = 0) -> Log:
    at = START + timedelta(seconds=second)
    return Log(run_id=run, timestamp=at, message=text, step_id="a", path="a", stream="stdout")


async def kept(store: ExecutionStore, *texts: str, run: str = RUN) -> LogSegment:
    """Store lines of a step of a run outside of its events."""
    segment = await store.keep_lines([reported(text, run) for text in texts])
    assert isinstance(segment, LogSegment)
    (stored,) = await store.append([segment], wait=True)
    assert isinstance(stored, LogSegment)
    return stored


async def lines_of(store: ExecutionStore, run: str = RUN) -> list[str]:
    return [line async for page in store.log_lines(run) for event in page for line in event.message.split("\n")]


def random_text(number: int) -> str:
    """A text that does not compress."""
    return "".join(sha256(f"{number}.{part}".encode()).hexdigest() for part in range(1000))


async def test_lines_in_segments_are_read_in_their_place(store: ExecutionStore, database: Path) -> None:
    await store.append([created(), started(), log(message="first")], wait=True)
    segment = await kept(store, "b\nünï", "", "d")
    await store.append([log(message="last")], wait=True)
    assert await lines_of(store) == ["first", "b", "ünï", "", "d", "last"]
    assert (segment.lines, segment.longest) == (4, 3)
    read = store.segments(segment)
    assert [(each.seq, each.stream, each.path) for each in read] == [(segment.seq, "stdout", "a")] * 3
    found = [match.text async for page in store.search(RUN, "ünï") for match in page]
    assert found == ["ünï"]
    (file,) = folder_of(database).iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder_of(database).stat().st_mode) == 0o700
    assert database_bytes(database) > file.stat().st_size + database.stat().st_size - 1


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=9), min_size=1, max_size=9))
def test_a_segment_holds_any_lines(texts: list[str]) -> None:
    lines = [reported(text, second=number) for number, text in enumerate(texts)]
    segment, data = pack(lines)
    assert decode(segment, data) == lines
    assert (segment.lines, segment.longest) == (len(texts), max(map(len, texts)))


@pytest.mark.parametrize("is_of_run", [True, False])
async def test_the_oldest_segments_go(database: Path, is_of_run: bool) -> None:
    two_and_a_half = len(pack([reported(random_text(0))])[1]) * 5 // 2
    limits = LogLimits(run=two_and_a_half, history=None) if is_of_run else LogLimits(history=two_and_a_half)
    store = await ExecutionStore.open(database, log_limits=limits)
    for run in ("one", "two"):
        await store.append([created(run), started(run)], wait=True)
        for number in range(5):
            await kept(store, f"{run} {number} {random_text(number)}", run=run)
    lines = [" ".join(line.split()[:2]) for run in ("one", "two") for line in await lines_of(store, run)]
    gone = ["… 1"] * 3
    assert lines[:5] == ([*gone, "one 3", "one 4"] if is_of_run else ["… 1"] * 5)
    assert lines[5:] == [*gone, "two 3", "two 4"]
    assert len([*folder_of(database).iterdir()]) == (4 if is_of_run else 2)
    await store.close()


async def test_segments_are_removed_with_their_run(store: ExecutionStore, database: Path) -> None:
    for run in ("one", "two"):
        await store.append([created(run), started(run)], wait=True)
        await kept(store, "the same" if run == "one" else "other", run=run)
        await store.append([completed(run)], wait=True)
    left_behind = folder_of(database) / f"{'0' * 64}.log"
    left_behind.write_bytes(b"of a killed process")
    os.utime(left_behind, (0, 0))
    report = await store.delete("one")
    assert (report.runs, report.bytes_after < report.bytes_before) == (1, True)
    assert len([*folder_of(database).iterdir()]) == 1
    assert await lines_of(store, "two") == ["other"]


def _missing(file: Path) -> None:
    file.unlink()


def _link(file: Path) -> None:
    file.rename(file.with_suffix(".moved"))
    file.symlink_to(file.with_suffix(".moved"))


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _other_bytes(file: Path) -> None:
    file.write_bytes(b"x" * file.stat().st_size)


def _longer(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"x")


@pytest.mark.parametrize("spoil", [_missing, _link, _pipe, _folder, _other_bytes, _longer])
async def test_a_file_that_is_not_the_segment_is_a_line_that_says_so(
    store: ExecutionStore, database: Path, spoil: object
) -> None:
    await store.append([created(), started()], wait=True)
    segment = await kept(store, "secret of somebody")
    (file,) = folder_of(database).iterdir()
    assert callable(spoil)
    spoil(file)
    (line,) = await lines_of(store)
    assert line.startswith("… 1 log lines ")
    with pytest.raises(SegmentError):
        store.segment_bytes(segment)


@pytest.mark.parametrize(
    "data",
    [
        zlib.compress(b"\n" * (log_segments.MOST_BYTES + 1)),
        zlib.compress(b'[1,"info","log","a"]') + b"more",
        zlib.compress(b'[1,"info","log","a"]')[:-3],
        zlib.compress(b'[1,"info","log","a"]\n[2,"info","log","b"]'),
        zlib.compress(b'[1,"loud","log","a"]'),
        zlib.compress(b'["x","info","log","a"]'),
        zlib.compress(b'[1e300,"info","log","a"]'),
        zlib.compress(b'[1,"info","log",{}]'),
        zlib.compress(b'{"a":1}'),
        zlib.compress(b"[" * 100_000),
        zlib.compress(b"\xff\xfe"),
        b"",
    ],
    ids=range(12),
)
def test_contents_that_are_not_a_log_are_refused(data: bytes) -> None:
    """Every size and hash matches: an attacker can make such a file."""
    segment = LogSegment(
        run_id=RUN, timestamp=START, step_id="a", path="a", segment=f"sha256:{sha256(data).hexdigest()}",
        bytes=max(1, len(data)), lines=1,
    )  # fmt: skip
    with pytest.raises(SegmentError, match="1 log lines are damaged"):
        decode(segment, data)


async def test_a_run_file_carries_segments(store: ExecutionStore, tmp_path: Path) -> None:
    await store.append([created(), started()], wait=True)
    await kept(store, "between\nand more")
    gone = await kept(store, "gone")
    log_segments.remove(store.path, [gone.segment])
    await store.append([completed()], wait=True)
    await export_run(store, RUN, tmp_path / "run.wfrun")
    other = await ExecutionStore.open(tmp_path / "other.db")
    await import_run(other, tmp_path / "run.wfrun")
    missing = "… 1 log lines are no longer stored (see history.run_log_mb)"
    assert await lines_of(other) == await lines_of(store) == ["between", "and more", missing]
    await other.close()


async def test_segments_of_a_recovered_database_are_kept(store: ExecutionStore, tmp_path: Path) -> None:
    await store.append([created(), started()], wait=True)
    await kept(store, "between")
    await store.append([completed()], wait=True)
    await store.close()
    fresh = tmp_path / "fresh.db"
    prepare(fresh, Opening(START, lambda *_: "", lambda _: None, lambda: False))
    salvage(store.path, fresh, START, lambda _: None, lambda: False)
    folder_of(store.path).rename(folder_of(fresh))
    recovered = await ExecutionStore.open(fresh, log_limits=LogLimits(run=1))
    assert await lines_of(recovered) == ["between"]
    await recovered.delete(RUN)
    assert not [*folder_of(fresh).iterdir()]
    await recovered.close()


async def test_lines_that_cannot_be_stored_do_not_end_the_run(store: ExecutionStore, database: Path) -> None:
    folder_of(database).write_text("a file is in the place of the folder")
    await store.append([created(), started()], wait=True)
    assert isinstance(await store.keep_lines([reported("x")]), str)
    assert [event.type for event in await store.append([completed()], wait=True)] == ["completed"]


async def test_removal_does_not_wait_for_the_event_of_a_young_file(store: ExecutionStore, database: Path) -> None:
    await store.append([created(), started()], wait=True)
    segment = await store.keep_lines([reported("not yet named")])
    assert isinstance(segment, LogSegment)
    await store.cleanup(None)
    await asyncio.sleep(0)
    await store.append([segment], wait=True)
    assert await lines_of(store) == ["not yet named"]


async def test_files_that_are_not_the_segment_are_named(store: ExecutionStore, database: Path) -> None:
    await store.append([created(), started()], wait=True)
    segment = await kept(store, "one\ntwo")
    (path,) = folder_of(database).iterdir()
    data = path.read_bytes()

    def why() -> str:
        with pytest.raises(SegmentError) as refused:
            log_segments.decode(segment, log_segments.read_bytes(database, segment))
        assert refused.value.code == "log.missing"
        assert str(refused.value) == f"2 log lines {refused.value.why}"
        return refused.value.why

    for other in (data[:-1], data + b"x", b"x" * len(data)):
        path.write_bytes(other)
        assert why() == "are damaged"
    path.unlink()
    assert why() == "are no longer stored (see history.run_log_mb)"
    path.mkdir()
    assert why() == "cannot be read: Is a directory"
    path.rmdir()
    (database.parent / "else").write_bytes(data)
    path.symlink_to(database.parent / "else")
    assert why().startswith("cannot be read: ")
