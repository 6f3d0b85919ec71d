import json
from pathlib import Path

from helpers import run_to_end
from local_site import Answer, Asked, serving

from wftui.model.base import Json
from wftui.workbench import Workbench


async def test_one_failed_summary_does_not_affect_others(workbench: Workbench, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Alpha\nAbout alpha.\n")
    (docs / "b.md").write_text("# Beta\nAbout beta.\n")
    (docs / "bad.md").write_text("refuse this\n")

    def answer(asked: Asked) -> Answer:
        reported = asked.body["messages"][-1]["content"]
        if "refuse" in reported:
            return Answer({"error": {"message": "no"}}, status=400)
        content = json.dumps({"title": reported.split()[1], "summary": f"It has {len(reported)} characters."})
        half = len(content) // 2
        chunks: list[Json] = [{"delta": {"content": part}} for part in (content[:half], content[half:])]
        choices = [*chunks, {"delta": {}, "finish_reason": "stop"}]
        return Answer(events=[{"model": "stand-in", "choices": [{"index": 0, **choice}]} for choice in choices])

    with serving(answer) as base:
        inputs = {"folder": str(docs), "baseUrl": f"{base}/v1", "model": "stand-in", "to": str(tmp_path / "out.md")}
        record = await run_to_end(workbench, "llm_summary", inputs)
    assert record.status == "completed", record.error
    titles = [entry and entry["title"] for entry in record.outputs["summaries"]]
    assert titles == ["Alpha", "Beta", None]
    text = (tmp_path / "out.md").read_text()
    alpha = "## Alpha (a.md)\n\nIt has 21 characters.\n"
    beta = "## Beta (b.md)\n\nIt has 19 characters.\n"
    assert text == f"# {docs}\n\n{alpha}\n{beta}\n## Not summarised\n\n- bad.md\n"
    assert record.warnings == 1


async def test_unreachable_server_fails_the_run(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Alpha\n")
    record = await run_to_end(workbench, "llm_summary", {"folder": str(tmp_path), "baseUrl": "http://127.0.0.1:1/v1"})
    assert record.error is not None
    assert record.error.type == "assertion"
    assert "Does the server at http://127.0.0.1:1/v1 run" in record.error.message
