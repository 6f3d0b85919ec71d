"""Run files that are made to harm are refused, and leave nothing."""

import base64
import gzip
import hashlib
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from store.store_helpers import RUN, START, completed, created, started
from store.transfer.exported_runs import event, imported, rename, rewrite
from wftui.model.base import Json
from wftui.model.run.events import Log, LogSegment
from wftui.model.text.terminal_text import without_colors
from wftui.model.text.text_styles import StyleRun, with_styles
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer import run_file_lines
from wftui.store.transfer.run_file import read_run_file
from wftui.store.transfer.run_file_lines import RunFileError
from wftui.store.transfer.transfer import export_run, import_run

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
    ("later version", lambda lines: lines[0].update(version=True)),
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
        for name in ("", "last", "../../etc/passwd", "a b", "x" * 101, "\x1b[2J", "a\n")
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


async def test_what_a_file_repeats_without_an_end_is_not_read(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions of empty members of gzip, or padding to terabytes."""
    data, path = exported.read_bytes(), tmp_path / "endless.wfrun"
    for endless in (data + gzip.compress(b""), gzip.compress(b"") + data, data + b"\0", data + data):
        path.write_bytes(endless)
        with pytest.raises(RunFileError, match="something follows its end"):
            read_run_file(path)
    with path.open("wb") as file:
        file.write(data)
        file.truncate(1 << 40)
    with pytest.raises(RunFileError, match="something follows its end"):
        read_run_file(path)
    path.unlink()
    path.write_bytes(data)
    monkeypatch.setattr(run_file_lines, "MOST_BYTES", len(data) - 1)
    with pytest.raises(RunFileError, match="packed contents are too big"):
        read_run_file(path)
