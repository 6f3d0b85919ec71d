import json
from pathlib import Path

from kit import run_to_end
from web import Answer, Asked, serving

from wftui.model.base import Json
from wftui.workbench import Workbench


async def test_every_file_is_summarised_and_one_failure_spares_the_others(workbench: Workbench, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Alpha\nAbout alpha.\n")
    (docs / "b.md").write_text("# Beta\nAbout beta.\n")
    (docs / "bad.md").write_text("refuse this\n")

    def answer(asked: Asked) -> Answer:
        said = asked.body["messages"][-1]["content"]
        if "refuse" in said:
            return Answer({"error": {"message": "no"}}, status=400)
        content = json.dumps({"title": said.split()[1], "summary": f"It has {len(said)} characters."})
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
    assert "## Alpha (a.md)" in text
    assert "bad.md" not in text
    assert record.warnings == 1
