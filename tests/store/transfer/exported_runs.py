"""Run files, written by an export and changed afterwards."""

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from store.store_helpers import completed, created, started
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.record import ExecutionRecord
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer.transfer import import_run

BIG = {"rows": ["x" * 100 + str(number) for number in range(400)]}

SOURCE = '{"format": 1, "id": "demo", "steps": []}'


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
