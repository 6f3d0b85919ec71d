"""Run files: nothing is lost on the way, and nothing in a hostile one is believed."""

import asyncio
import gzip
import os
import random
import stat
from pathlib import Path

import pytest

from store.store_helpers import RUN, START, asking, completed, created, finished_run, log, started
from store.transfer.exported_runs import BIG, SOURCE, family, imported, lines_of, rewrite
from wftui.model.base import Json
from wftui.model.errors import ConflictError, UserError
from wftui.model.run.actions import run_actions
from wftui.model.run.events import Created
from wftui.model.run.summary import ExecutionFilters
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer.run_file import read_run_file
from wftui.store.transfer.run_file_lines import RunFileError
from wftui.store.transfer.transfer import export_run, import_run


async def test_an_imported_run_equals_the_exported_one(exported: Path, tmp_path: Path) -> None:
    first = await ExecutionStore.open(tmp_path / "first.db")
    before = await first.get(RUN)
    assert before is not None
    await first.resolve_record(before)
    await first.close()
    after = await imported(exported, tmp_path / "second.db")
    assert (before.imported_from, after.imported_from) == (None, "run.wfrun")
    before.imported_from = after.imported_from
    assert after == before
    second = await ExecutionStore.open(tmp_path / "second.db")
    assert await second.source_of(RUN) == SOURCE
    first_event = (await second.events(RUN, limit=1))[0]
    assert isinstance(first_event, Created)
    assert first_event.start_key is None
    assert [event.message async for page in second.log_lines(RUN) for event in page] == ["grün \x1b[31mred\x1b[0m"]
    await export_run(second, RUN, tmp_path / "again.wfrun")
    await second.close()
    assert lines_of(tmp_path / "again.wfrun")[1:3] == lines_of(exported)[1:3]


async def test_only_its_owner_reads_it_and_no_file_is_replaced(exported: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    store = await ExecutionStore.open(tmp_path / "first.db")
    before = exported.read_bytes()
    with pytest.raises(RunFileError, match="already exists"):
        await export_run(store, RUN, exported)
    assert exported.read_bytes() == before
    with pytest.raises(UserError, match="there is no run"):
        await export_run(store, "nothing", tmp_path / "other.wfrun")
    with pytest.raises(RunFileError, match="cannot write"):
        await export_run(store, RUN, tmp_path / "nowhere" / "other.wfrun")
    assert not (tmp_path / "other.wfrun").exists()
    await store.close()


async def test_a_known_run_is_refused(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(ConflictError) as refused:
        await imported(exported, tmp_path / "first.db")
    assert refused.value.code == "run_file.known"


async def test_a_run_that_had_not_ended_is_interrupted_and_not_resumed(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "first.db")
    await store.append([created(), started(), asking()], wait=True)
    await export_run(store, RUN, tmp_path / "run.wfrun")
    await store.close()
    record = await imported(tmp_path / "run.wfrun", tmp_path / "second.db")
    assert record.status == "interrupted"
    resume = next(action for action in run_actions(record) if action.id == "resume")
    assert (resume.enabled, "imported" in (resume.reason or "")) == (False, True)


async def test_every_damage_is_a_sentence(exported: Path, tmp_path: Path) -> None:
    data = exported.read_bytes()
    choose = random.Random(7)
    for number in range(150):
        place, size = choose.randrange(len(data)), choose.randrange(1, 40)
        damaged = data[:place] if number % 3 == 0 else data[:place] + choose.randbytes(size) + data[place + size :]
        if damaged == data:
            continue
        path = tmp_path / "damaged.wfrun"
        path.write_bytes(damaged)
        try:
            file = read_run_file(path)
        except RunFileError as error:
            assert str(path) in str(error)
        else:  # only bytes of the gzip header that mean nothing
            assert file.created.workflow_id == "demo"


async def long_run(path: Path, lines: int = 1_500) -> None:
    """Export a run with many events, too big for the buffer of `gzip`.

    It has 128 KB since Python 3.12: a smaller file is read before anything can happen to it.
    """
    store = await ExecutionStore.open(path.with_suffix(".db"))
    choose = random.Random(1)
    reported = [log(message=choose.randbytes(200).hex()) for _ in range(lines)]
    await store.append([created(), started(), *reported, completed()], wait=True)
    await export_run(store, RUN, path)
    await store.close()


async def test_an_import_says_how_far_it_is(tmp_path: Path) -> None:
    path, store = tmp_path / "long.wfrun", await ExecutionStore.open(tmp_path / "second.db")
    await long_run(path)
    reports: list[tuple[int, int]] = []
    await import_run(store, path, lambda number, total: reports.append((number, total)))
    assert len(reports) > 5
    assert reports == sorted(reports)
    assert reports[-1] == (1_503, 1_503)
    assert len(await store.events(RUN, limit=2_000)) == 1_503
    await store.close()


@pytest.mark.parametrize("how", ["cancelled", "file changes"])
async def test_an_import_that_does_not_end_leaves_nothing(tmp_path: Path, how: str) -> None:
    path, store = tmp_path / "long.wfrun", await ExecutionStore.open(tmp_path / "second.db")
    await long_run(path)
    data = path.read_bytes()

    def stop(number: int, total: int) -> None:
        if how == "cancelled":
            importing.cancel()
        else:
            path.write_bytes(data[: len(data) // 2])

    importing = asyncio.ensure_future(import_run(store, path, stop))
    with pytest.raises(asyncio.CancelledError if how == "cancelled" else RunFileError):
        await importing
    assert (await store.list()).executions == []
    path.write_bytes(data)
    assert await import_run(store, path) == RUN
    assert len(await store.events(RUN, limit=2_000)) == 1_503
    await store.close()


async def test_the_runs_that_its_steps_started_go_with_it(tmp_path: Path) -> None:
    store = await family(tmp_path / "first.db")
    await export_run(store, "parent", tmp_path / "parent.wfrun")
    await export_run(store, "child", tmp_path / "child.wfrun")
    await store.close()
    second = await ExecutionStore.open(tmp_path / "second.db")
    assert await import_run(second, tmp_path / "parent.wfrun") == "parent"
    found = {run.id: (run.parent_id, run.parent_path) for run in (await second.list()).executions}
    assert found == {
        "parent": (None, None),
        "child": ("parent", "build[0].deploy"),
        "grandchild": ("child", "sub"),
    }
    assert await second.child_of("parent", "build[0].deploy") == "child"
    record = await second.get("grandchild")
    assert record is not None
    assert (await second.resolve_record(record)).inputs == {"big": BIG}
    assert record.imported_from == "parent.wfrun"
    with pytest.raises(ConflictError):
        await import_run(second, tmp_path / "child.wfrun")
    await second.close()
    third = await ExecutionStore.open(tmp_path / "third.db")
    await import_run(third, tmp_path / "child.wfrun")
    listed = (await third.list(ExecutionFilters(children=False))).executions
    assert [run.id for run in listed] == ["child"]
    with pytest.raises(ConflictError):
        await import_run(third, tmp_path / "parent.wfrun")  # it has the child
    assert await third.summary("parent") is None
    await third.close()


@pytest.mark.parametrize(
    ("before", "after"),
    [("parent_path", None), ("parentId", "elsewhere"), ("parentId", None), ("executionId", "parent")],
)
async def test_children_of_no_run_in_the_file_are_refused(tmp_path: Path, before: str, after: str | None) -> None:
    store = await family(tmp_path / "first.db")
    path = tmp_path / "parent.wfrun"
    await export_run(store, "parent", path)
    await store.close()

    def change(lines: list[dict[str, Json]]) -> None:
        for line in lines:
            if line.get("event", {}).get("executionId") == "grandchild":
                for name in ("parentPath",) if before == "parent_path" else (before,):
                    if name in line["event"]:
                        line["event"][name] = after

    rewrite(path, change)
    with pytest.raises(RunFileError):
        await imported(path, tmp_path / "second.db")


OTHER = {"empty": b"", "text": b"text"} | {
    f"packed {name}": gzip.compress(data)
    for name, data in {"empty": b"", "list": b"[1]\n", "deep list": b"[" * 100_000}.items()
}


@pytest.mark.parametrize("data", OTHER.values(), ids=OTHER)  # the bytes hold the time of day
def test_other_files_are_not_run_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(data)
    with pytest.raises(RunFileError, match=r"it is not a run file|it is truncated"):
        read_run_file(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RunFileError, match="named pipe"):
        read_run_file(path)


async def test_a_run_of_another_run_is_exported_alone(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "first.db")
    events = finished_run(RUN, at=START)
    events[0] = created(parent_id="p", parent_path="call")
    await store.append(events, wait=True)
    await export_run(store, RUN, tmp_path / "run.wfrun")
    await store.close()
    record = await imported(tmp_path / "run.wfrun", tmp_path / "second.db")
    assert (record.parent_id, record.parent_path) == ("p", None)
