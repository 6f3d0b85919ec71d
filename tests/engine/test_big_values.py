"""A big value on its way from step to step: the event loop, and with it the screen, is never held up for long.

`WFTUI_BIG=1` sends 100 MB instead of 6.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from wftui.workbench import Settings, Workbench

COUNT = 20_000_000 if os.environ.get("WFTUI_BIG") else 1_200_000
MAKES = f"import json; print(json.dumps({{'n': [[1.25] * {COUNT // 2}, [2.25] * {COUNT // 2}]}}))"
STEPS = [
    {"id": "told", "type": "shell", "input": {"argv": [sys.executable, "-c", MAKES], "parse": "json"}},
    {
        "id": "turned",
        "type": "python",
        "input": {"code": "def main(v):\n    return v['n'][::-1]", "args": {"v": "{{ steps.told.output.value }}"}},
    },
    {"id": "counted", "type": "set", "input": {"all": "{{ steps.turned.output[0] | length }}"}},
]
STEPS[0]["input"] |= {"maxOutput": 1 << 28}  # type: ignore[operator]  # a table of different things


class Lateness:
    """The most that this process computed between two turns of the event loop, in seconds of its own time.

    Not of the clock's: what other programs do on this machine does not count.
    """

    def __init__(self) -> None:
        self.worst = 0.0

    async def watch(self) -> None:
        before = time.process_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.process_time()
            self.worst = max(self.worst, now - before)
            before = now


async def test_a_big_value_holds_nobody_up(tmp_path: Path) -> None:
    settings = Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="me")
    folder = settings.tables / "workflows" / "big"
    folder.mkdir(parents=True)
    outputs = {"count": "{{ steps.counted.output.all }}"}
    (folder / "workflow.json").write_text(json.dumps({"format": 1, "id": "big", "steps": STEPS, "outputs": outputs}))
    workbench = Workbench(settings)
    assert (await workbench.compile("big")).success
    await workbench.executor()
    lateness = Lateness()
    watching = asyncio.create_task(lateness.watch())
    record = await workbench.wait(await workbench.start("big", {}))
    watching.cancel()
    assert record.error is None
    assert record.outputs == {"count": COUNT // 2}
    text = json.dumps([[1.25] * (COUNT // 2), [2.25] * (COUNT // 2)])
    begun = time.process_time()
    json.loads(text)
    in_one_go = time.process_time() - begun
    assert lateness.worst < in_one_go, "some call dealt with all of the value"
    await workbench.close()
