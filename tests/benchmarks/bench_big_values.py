"""What a value of 100 MB does, on its way from step to step, to everything else in the process."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from measure import Row

from wftui.workbench import Settings, Workbench

_COUNT = 20_000_000
_MAKES = f"import json; print(json.dumps({{'n': [[1.25] * {_COUNT // 2}, [2.25] * {_COUNT // 2}]}}))"
_TURNS = "def main(v):\n    return v['n'][::-1]"
_STEPS = [
    {"id": "told", "type": "shell", "input": {"argv": [sys.executable, "-c", _MAKES], "parse": "json"}},
    {"id": "turned", "type": "python", "input": {"code": _TURNS, "args": {"v": "{{ steps.told.output.value }}"}}},
    {"id": "counted", "type": "set", "input": {"all": "{{ steps.turned.output[0] | length }}"}},
]
_STEPS[0]["input"] |= {"maxOutput": 1 << 28}  # type: ignore[operator]  # a table of different things


def rows() -> Iterable[Row]:
    """The longest time between two turns of the event loop, beside one `json.loads` of the same text."""
    with tempfile.TemporaryDirectory(prefix="wftui-bench-", dir=Path.cwd()) as folder:
        taken, worst = asyncio.run(_run(Path(folder)))
    text = json.dumps([[1.25] * (_COUNT // 2), [2.25] * (_COUNT // 2)])
    begun = time.perf_counter()
    json.loads(text)
    in_one_go = time.perf_counter() - begun
    yield Row(
        f"longest hold-up by a value of {len(text) / 1e6:.0f} MB through three steps ({taken:.1f} s)",
        f"{worst * 1000:.0f} ms",
        f"one json.loads of it {in_one_go * 1000:.0f} ms",
        worst / in_one_go,
        0.5,
    )


async def _run(folder: Path) -> tuple[float, float]:
    """Seconds the run takes, and the longest wait of a task that asks for a turn every millisecond."""
    settings = Settings(tables=folder / "tables", database=folder / "wftui.db", user_id="me")
    workflow = settings.tables / "workflows" / "big" / "workflow.json"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(json.dumps({"format": 1, "id": "big", "steps": _STEPS}))
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
