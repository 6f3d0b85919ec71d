import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from helpers import run_to_end
from local_site import Answer, Asked, serving

from wftui.workbench import Workbench


async def test_pages_by_link(workbench: Workbench, tmp_path: Path) -> None:
    stumbled: set[str] = set()

    def answer(asked: Asked) -> Answer:
        page = int(parse_qs(urlsplit(asked.path).query).get("page", ["1"])[0])
        if page == 1 and not stumbled:
            stumbled.add("once")
            return Answer({}, status=503)
        headers = {"Link": f'</things?page={page + 1}>; rel="next"'} if page < 3 else {}
        return Answer([{"id": page * 10 + n} for n in range(2)], headers=headers)

    with serving(answer) as base:
        to = tmp_path / "pulled.json"
        record = await run_to_end(workbench, "http_pull", {"url": f"{base}/things", "to": str(to)})
    assert record.status == "completed", record.error
    assert [thing["id"] for thing in json.loads(to.read_text())] == [10, 11, 20, 21, 30, 31]
    assert record.outputs["count"] == 6
    step = record.step("by_link")
    assert step is not None
    assert len(step.attempts) == 2
    other = record.step("by_page")
    assert other is not None
    assert other.skip_reason == "when is false"


async def test_pages_by_number_are_bounded(workbench: Workbench, tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer:
        return Answer({"data": {"items": [parse_qs(urlsplit(asked.path).query)["page"][0]]}})

    with serving(answer) as base:
        inputs = {"url": base, "by": "page", "items": "data.items", "to": str(tmp_path / "x.json"), "maxPages": 3}
        record = await run_to_end(workbench, "http_pull", inputs)
    assert record.status == "completed", record.error
    assert (record.outputs["count"], record.outputs["truncated"]) == (3, True)
