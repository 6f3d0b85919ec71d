"""A big value passes between steps unchanged; events contain only a reference."""

import json
import sys
from pathlib import Path

from wftui.workbench import Settings, Workbench

COUNT = 200_000
MAKES = f"import json; print(json.dumps({{'n': [[1.25] * {COUNT // 2}, [2.25] * {COUNT // 2}]}}))"
TURNS = "def main(v):\n    return v['n'][::-1]"
STEPS = [
    {
        "id": "told",
        "type": "shell",
        "input": {"argv": [sys.executable, "-c", MAKES], "parse": "json", "maxOutput": 1 << 23},
    },
    {"id": "turned", "type": "python", "input": {"code": TURNS, "args": {"v": "{{ steps.told.output.value }}"}}},
    {"id": "counted", "type": "set", "input": {"all": "{{ steps.turned.output[0] | length }}"}},
]


async def test_big_value_is_complete_and_stored_separately(tmp_path: Path) -> None:
    settings = Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="me")
    folder = settings.tables / "workflows" / "big"
    folder.mkdir(parents=True)
    outputs = {"count": "{{ steps.counted.output.all }}", "last": "{{ steps.turned.output[1][-1] }}"}
    (folder / "workflow.json").write_text(json.dumps({"format": 1, "id": "big", "steps": STEPS, "outputs": outputs}))
    workbench = Workbench(settings)
    run_id = await workbench.runs.start("big", {})
    record = await workbench.runs.wait(run_id)
    assert record.error is None
    assert record.outputs == {"count": COUNT // 2, "last": 1.25}
    async for events in workbench.runs.follow(run_id):
        assert all(len(json.dumps(event.to_wire())) < 1000 for event in events if event.type != "log")
    await workbench.close()
