"""Run files: nothing is lost on the way, and nothing in a hostile one is believed."""

import asyncio
import base64
import gzip
import hashlib
import json
import os
import random
import stat
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from store.store_helpers import RUN, START, asking, completed, created, finished_run, log, started, step_completed
from wftui.model.base import Json
from wftui.model.errors import ConflictError, UserError
from wftui.model.run.actions import run_actions
from wftui.model.run.events import Created, ExecutionEvent, Log, LogSegment
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.summary import ExecutionFilters
from wftui.model.text.terminal_text import without_colors
from wftui.model.text.text_styles import StyleRun, with_styles
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer import run_file_lines
from wftui.store.transfer.run_file import read_run_file
from wftui.store.transfer.run_file_lines import RunFileError
from wftui.store.transfer.transfer import export_run, import_run

BIG = {"rows": ["x" * 100 + str(number) for number in range(400)]}
SOURCE = '{"format": 1, "id": "demo", "steps": []}'


@pytest.fixture
async def exported(tmp_path: Path) -> Path:
    """Export a run with a big value and a workflow."""
    store = await ExecutionStore.open(tmp_path / "first.db")
    plan = await store.put_plan(SOURCE, "code")
    first = created(plan=plan, inputs={"big": BIG}, start_key="k")
    events: list[ExecutionEvent] = [first, started(), log(message="grün \x1b[31mred\x1b[0m")]
    events += [step_completed(value=BIG), step_completed(step="b", value={"$value": 1}), completed()]
    await store.append(events, wait=True)
    path = tmp_path / "run.wfrun"
    await export_run(store, RUN, path)
    await store.close()
    return path


async def imported(path: Path, database: Path) -> ExecutionRecord:
    store = await ExecutionStore.open(database)
    try:
        record = await store.get(await import_run(store, path))
        assert record is not None
        return await store.resolve_record(record)
    finally:
        await store.close()


def lines_of(path: Path) -> list[dict[str, Json]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def rewrite(path: Path, change: Callable[[list[dict[str, Json]]], object]) -> None:
    """Change the lines of a file, with a checksum that fits."""
    lines = lines_of(path)[:-1]
    change(lines)
    data = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    last = json.dumps({"sha256": hashlib.sha256(data).hexdigest()}).encode()
    path.write_bytes(gzip.compress(data + last + b"\n"))


def event(lines: list[dict[str, Json]], number: int) -> dict[str, Json]:
    found: dict[str, Json] = [line["event"] for line in lines if "event" in line][number - 1]
    return found


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


JUNK: list[Json] = [
    None,
    -1,
    10**30,
    0.5,
    True,
    "x",
    "\x1b[2J",
    [],
    {},
    [[-5, 9, "31"]],
    [[0, 10**9, "31"]],
    [[0, 1, "m"]],
]


async def test_hostile_styles_and_segments_are_refused_or_readable(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "first.db")
    colorful = Log(run_id=RUN, timestamp=START, message="one two", styles=[StyleRun(0, 3, "31")])
    step = {"step_id": "a", "path": "a"}
    await store.append([created(), started(), colorful], wait=True)
    segment = await store.keep_lines([colorful.model_copy(update=step)])
    assert isinstance(segment, LogSegment)
    await store.append([segment, completed()], wait=True)
    path, choose = tmp_path / "run.wfrun", random.Random(3)
    await export_run(store, RUN, path)
    await store.close()
    second, whole = await ExecutionStore.open(tmp_path / "second.db"), path.read_bytes()
    read = 0
    for number in range(250):
        name = f"run-{number}"

        def change(lines: list[dict[str, Json]], name: str = name) -> None:
            rename(lines, name)
            found, carried = event(lines, 4), next(line for line in lines if "log" in line)
            if choose.random() < 0.5:
                target = event(lines, choose.choice([3, 4]))
                target[choose.choice([*target, "styles"])] = choose.choice(JUNK)
                target["executionId"] = name
            else:
                entry: list[Json] = [1, "info", "log", "one two", [[0, 3, "31"]]]
                entry[choose.randrange(5)] = choose.choice(JUNK)
                data = zlib.compress(json.dumps(entry).encode())
                found["segment"] = carried["log"] = f"sha256:{hashlib.sha256(data).hexdigest()}"
                found["bytes"], carried["data"] = len(data), base64.b64encode(data).decode()

        path.write_bytes(whole)
        rewrite(path, change)
        try:
            await import_run(second, path)
        except RunFileError:
            continue
        async for page in second.log_lines(name):
            for each in page:
                assert without_colors(with_styles(each.message, each.styles)) == without_colors(each.message)
        async for _ in second.search(name, "two"):
            pass
        read += 1
    assert read > 20
    await second.close()


def rename(lines: list[dict[str, Json]], name: str) -> None:
    for line in lines:
        if "event" in line:
            line["event"]["executionId"] = name


async def family(path: Path) -> ExecutionStore:
    """Return a history with a run, its child and grandchild, and an unrelated rerun."""
    store = await ExecutionStore.open(path)
    for name, parent, step in (
        ("parent", None, None),
        ("child", "parent", "build[0].deploy"),
        ("grandchild", "child", "sub"),
        ("again", "parent", None),
    ):
        events: list[ExecutionEvent] = [created(name, parent_id=parent, parent_path=step, inputs={"big": BIG})]
        await store.append([*events, started(name), completed(name)], wait=True)
    return store


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


def replace_value(lines: list[dict[str, Json]], text: str) -> None:
    """Replace the text of the big value, with a hash that fits."""
    value = next(line for line in lines if "value" in line)
    name = value["value"]
    value.update(text=text, value=f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
    changed = [json.loads(json.dumps(line).replace(name, value["value"])) for line in lines]
    lines[:] = changed


def reference_to(lines: list[dict[str, Json]], text: str) -> dict[str, Json]:
    """Add a big value; return a reference to it."""
    name = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    lines.insert(2, {"value": name, "text": text})
    return {"$value": name, "bytes": len(text), "preview": text}


HOSTILE: list[tuple[str, Callable[[list[dict[str, Json]]], object]]] = [
    ("not a run file", lambda lines: lines[0].update(format="other")),
    ("later version", lambda lines: lines[0].update(version=3)),
    ("neither a value nor an event", lambda lines: lines.insert(2, {"child": "x"})),
    ("does not match its hash", lambda lines: lines[2].update(text="[]")),
    ("a value is missing", lambda lines: lines.pop(2)),
    ("out of order", lambda lines: event(lines, 3).update(seq=7)),
    ("out of order", lambda lines: event(lines, 3).update(executionId="another")),
    ("follows the end", lambda lines: lines.append({"event": {**event(lines, 3), "seq": 7}})),
    ("follows the end", lambda lines: lines.append({"event": {**event(lines, 1), "seq": 7}})),
    ("does not begin", lambda lines: lines.remove({"event": event(lines, 1)})),
    ("later version", lambda lines: event(lines, 3).update(type="from_the_future")),
    *(
        (
            f"an event has no {name}",
            lambda lines, name=name: (event(lines, 3).update(type="new"), event(lines, 3).pop(name)),
        )
        for name in ("seq", "executionId", "timestamp")
    ),
    ("in the year 9999", lambda lines: event(lines, 3).update(timestamp="9999-12-31T23:59:59Z")),
    ("nested deeper", lambda lines: event(lines, 1).update(inputs={"k": json.loads("[" * 300 + "]" * 300)})),
    *(
        ("id of its workflow", lambda lines, name=name: event(lines, 1).update(workflowId=name))
        for name in ("../../evil", "/evil", "", "..", "a\x1b")
    ),
    *(
        ("inputs of its run", lambda lines, value=value: event(lines, 1).update(inputs=value))
        for value in ("x", [1], None, 5, True)
    ),
    ("inputs of its run", lambda lines: event(lines, 1).update(inputs=reference_to(lines, "[1, 2]"))),
    ("too big", lambda lines: event(lines, 6).update(warnings=1e300)),
    ("duration", lambda lines: event(lines, 6).update(duration="Infinity")),
    ("is not JSON", lambda lines: replace_value(lines, "[1, 2")),
    ("too many parts", lambda lines: replace_value(lines, "[" + "[]," * 2_000_000 + "[]]")),
    ("reference to a value", lambda lines: event(lines, 1)["inputs"].update({"$value": {}})),
    ("address of its event 4", lambda lines: event(lines, 4).update(path="a]")),
    ("more iterations than it holds", lambda lines: event(lines, 4).update(path="a[999999999]")),
    ("neither a value nor an event", lambda lines: lines.append({"exec": "rm -rf /"})),
    ("cannot be used|later version", lambda lines: event(lines, 3).update(timestamp="never")),
    *(
        ("id of its run", lambda lines, name=name: rename(lines, name))
        for name in ("", "../../etc/passwd", "a b", "x" * 101, "\x1b[2J", "a\n")
    ),
]


@pytest.mark.parametrize(("sentence", "change"), HOSTILE)
async def test_a_hostile_file_is_refused_and_leaves_nothing(
    exported: Path, tmp_path: Path, sentence: str, change: Callable[[list[dict[str, Json]]], object]
) -> None:
    rewrite(exported, change)
    with pytest.raises(RunFileError, match=sentence):
        await imported(exported, tmp_path / "second.db")
    store = await ExecutionStore.open(tmp_path / "second.db")
    assert (await store.list()).executions == []
    await store.close()


async def test_a_small_file_that_unpacks_to_gigabytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_file_lines, "MOST_EVENT_BYTES", 500_000)
    monkeypatch.setattr(run_file_lines, "MOST_LINE_BYTES", 1_000_000)
    header = b'{"format":"wftui-run","version":1}\n'
    lists = b'{"value":"x","text":[' + b"[]," * 200_000 + b"[]]}\n"
    for data in (b"[" * 5_000_000, header + b'{"value":"' + b"x" * 5_000_000 + b'"}\n', header + lists):
        path = tmp_path / "bomb.wfrun"
        path.write_bytes(gzip.compress(data))
        with pytest.raises(RunFileError, match="more than"):
            read_run_file(path)
        path.unlink()


OTHER = {"empty": b"", "text": b"text"} | {
    f"packed {name}": gzip.compress(data)
    for name, data in {"empty": b"", "list": b"[1]\n", "deep list": b"[" * 100_000}.items()
}


@pytest.mark.parametrize("data", OTHER.values(), ids=OTHER)  # the bytes hold the time of day
def test_other_files_are_not_run_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(data)
    with pytest.raises(RunFileError):
        read_run_file(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RunFileError, match="named pipe"):
        read_run_file(path)


async def test_a_run_of_another_run_stands_by_itself(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "first.db")
    events = finished_run(RUN, at=START)
    events[0] = created(parent_id="p", parent_path="call")
    await store.append(events, wait=True)
    await export_run(store, RUN, tmp_path / "run.wfrun")
    await store.close()
    record = await imported(tmp_path / "run.wfrun", tmp_path / "second.db")
    assert (record.parent_id, record.parent_path) == ("p", None)
