"""The cost of passing values of 100 MB between steps, and for the whole process."""

import asyncio
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

from measure import Row
from memory import peak_of_this_process

from wftui.workbench import Settings, Workbench

_SHAPES = {
    "20,000,000 numbers": "[[1.25] * 10_000_000, [2.25] * 10_000_000]",
    "400,000 objects": (
        "[{'id': i, 'name': f'name {i}', 'tags': ['a', 'b'], 'ok': True, 'x': i * 1.5, 'more': 'lorem ipsum ' * 12}"
        " for i in range(400_000)]"
    ),
    "one text": "'lorem ipsum dolor sit ámet ' * 4_000_000",
    "base64": "__import__('base64').b64encode(__import__('random').Random(1).randbytes(75_000_000)).decode()",
}
_HOPS = 3  # out of the program, into Python and out of it again
_TURNS = "def main(v):\n    return v['v']"


def rows() -> Iterable[Row]:
    """Time, longest block of the event loop and memory, for each shape."""
    for shape in _SHAPES:
        words = [sys.executable, __file__, shape]
        with tempfile.TemporaryDirectory(prefix="wftui-bench-", dir=Path.cwd()) as folder:
            done = subprocess.run([*words, folder], check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        megabytes, once = found["bytes"] / 1e6, found["once"] * _HOPS
        name = f"{shape}, {megabytes:.0f} MB, through three steps"
        yield Row(
            name,
            f"{found['taken']:.1f} s",
            f"{_HOPS} x dumps, loads, hash, compress {once:.1f} s",
            found["taken"] / once,
            4,
        )
        yield Row(f"{name}: longest hold-up", f"{found['worst'] * 1000:.0f} ms", "100 ms", found["worst"] / 0.1, 1)
        against = f"the value and its text {found['held']:.0f} MB"
        yield Row(f"{name}: peak memory", f"{found['peak']:.0f} MB", against, found["peak"] / found["held"], 4)


def _measure(shape: str, folder: Path) -> dict[str, float]:
    """Measure a run with such a value, then the same work without a workflow."""
    before = peak_of_this_process()
    taken, worst = asyncio.run(_run(shape, folder))
    peak = peak_of_this_process() - before
    value = eval(_SHAPES[shape])
    begun = time.perf_counter()
    text = json.dumps(value)
    loaded = json.loads(text)
    data = text.encode()
    hashlib.sha256(data).digest()
    zlib.compress(data, 1)
    once = time.perf_counter() - begun
    held = _size(loaded) + len(data)
    return {
        "taken": taken,
        "worst": worst,
        "peak": peak,
        "bytes": len(data),
        "once": once,
        "held": held / 1e6,
    }


def _size(value: object) -> int:
    """Bytes that a value takes in memory, each object in it counted."""
    inner: Iterable[object] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    return sys.getsizeof(value) + sum(map(_size, inner))


async def _run(shape: str, folder: Path) -> tuple[float, float]:
    """Seconds of the run, and the longest wait of a task that keeps yielding."""
    makes = f"import json; print(json.dumps({{'v': {_SHAPES[shape]}}}))"
    argv = [sys.executable, "-c", makes]
    steps = [
        {"id": "told", "type": "shell", "input": {"argv": argv, "parse": "json", "maxOutput": 1 << 28}},
        {"id": "turned", "type": "python", "input": {"code": _TURNS, "args": {"v": "{{ steps.told.output.value }}"}}},
        {"id": "counted", "type": "set", "input": {"all": "{{ steps.turned.output | length }}"}},
    ]
    settings = Settings(tables=folder / "tables", database=folder / "wftui.db", user_id="me")
    workflow = settings.tables / "workflows" / "big" / "workflow.json"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(json.dumps({"format": 1, "id": "big", "steps": steps}))
    workbench = Workbench(settings)
    await workbench.workflows.compile("big")
    worst = 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    begun = time.perf_counter()
    record = await workbench.runs.wait(await workbench.runs.start("big", {}))
    taken = time.perf_counter() - begun
    watching.cancel()
    await workbench.close()
    assert record.status == "completed", record.error
    return taken, worst


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], Path(sys.argv[2]))))
