"""Reports of runs: whole, or with a sentence on what they leave out."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wftui.model.run.record_index import WINDOW
from wftui.workbench import Settings, Workbench
from wftui.workbench.past_runs import transfer_service, whole_records
from wftui.workbench.past_runs.transfer_service import ExportFormat

ITEMS = 2 * WINDOW
EACH = {"id": "each", "type": "set", "forEach": {"in": f"range({ITEMS}) | list", "maxItems": ITEMS}, "input": {"n": 1}}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    origins = {"database": "--db"}
    settings = Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ada", origins=origins)
    opened = Workbench(settings)
    yield opened
    await opened.close(cancel=True)


async def exported(bench: Workbench, run_id: str, kind: ExportFormat, folder: Path) -> str:
    path = folder / f"{kind}.out"
    await bench.transfer.export(run_id, path, kind)
    return path.read_text()


async def test_reports_hold_all_iterations_or_say_so(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.workflows.save("many", json.dumps({"format": 1, "id": "many", "steps": [EACH]}), None)
    run_id = await bench.runs.start("many", {})
    assert (await bench.runs.wait(run_id)).status == "completed"
    otlp = await exported(bench, run_id, "otlp", tmp_path)
    assert (otlp.count('"name": "each['), "left_out" in otlp) == (ITEMS, False)
    html = await exported(bench, run_id, "html", tmp_path)
    assert (html.count("<tr><td>each["), "Only the newest" in html) == (ITEMS, False)
    monkeypatch.setattr(whole_records, "_MOST_EVENTS", 100)
    (tmp_path / "cut").mkdir()
    otlp = await exported(bench, run_id, "otlp", tmp_path / "cut")
    assert otlp.count('"name": "each[') < ITEMS
    assert "wftui.left_out" in otlp
    assert "Only the newest iterations are here" in await exported(bench, run_id, "html", tmp_path / "cut")


async def test_report_shows_that_the_log_continues(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = {"id": "say", "type": "shell", "input": {"script": "for n in 1 2 3 4 5 6; do echo line$n; done"}}
    await bench.workflows.save("say", json.dumps({"format": 1, "id": "say", "steps": [step]}), None)
    run_id = await bench.runs.start("say", {})
    await bench.runs.wait(run_id)
    assert "The log continues" not in await exported(bench, run_id, "html", tmp_path)
    monkeypatch.setattr(transfer_service, "_MOST_LOGS", 0)
    (tmp_path / "cut").mkdir()
    page = await exported(bench, run_id, "html", tmp_path / "cut")
    assert f"The log continues after 0 entries: wftui show {run_id} --logs --db {tmp_path}/runs.db" in page
