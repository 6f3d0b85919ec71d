"""A renamed workflow is called by its new id."""

import errno
import json
from pathlib import Path

import pytest

from wftui.compiler.editing.renaming import RenameTarget
from wftui.model.base import Json
from wftui.workbench import Settings, Workbench
from wftui.workspace.workspace_errors import WorkspaceError


async def test_renaming_updates_callers(tmp_path: Path) -> None:
    call = '{"id": "call",  "type": "workflow", "input": {"workflow": "part", "inputs": {"workflow": "part"}}}'
    texts = {
        "part": '{"format": 1, "id": "part", "steps": []}',
        "whole": f'{{"format": 1, "id": "whole", "steps": [{call}]}}',
        "other": '{"format": 1, "id": "other", "steps": [{"id": "a", "type": "set", "input": {"workflow": "part"}}]}',
        "broken": '{"workflow": "part"',
    }
    for name, text in texts.items():
        path = tmp_path / "tables" / "workflows" / name / "workflow.json"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    bench = Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ada"))
    try:
        assert await bench.workflows.rename("part", "piece") == ["whole"]
        read = {name: (await bench.workflows.read(name)).text for name in ("piece", "whole", "other", "broken")}
    finally:
        await bench.close()
    assert json.loads(read["piece"])["id"] == "piece"
    assert read["whole"] == texts["whole"].replace('"part"', '"piece"', 1)
    assert (read["other"], read["broken"]) == (texts["other"], texts["broken"])


async def test_unsaved_text_follows(workbench: Workbench) -> None:
    await workbench.workflows.create("part", "empty")
    before = await workbench.workflows.read("part")
    text, etag = before.text, before.etag
    for version, more in ((etag, "  "), ("older", "{")):
        file = workbench.sources.draft_file("part")
        file.keep(text + more, version)
        file.release()
    opened = workbench.sources.draft_file("part")
    opened.keep(text, etag)
    written = [draft.written for draft in await workbench.sources.drafts("part")]
    await workbench.workflows.rename("part", "piece")
    renamed = await workbench.workflows.read("piece")
    found = await workbench.sources.drafts("piece")
    assert [draft.written for draft in found] == written
    assert {(draft.text, draft.etag) for draft in found} == {
        (f"{renamed.text}  ", renamed.etag),
        (f"{renamed.text}{{", "older"),
    }
    assert await workbench.sources.drafts("part") == [], "that of an open editor is its own"
    opened.release()
    assert [draft.text for draft in await workbench.sources.drafts("part")] == [text]


async def test_unsaved_text_that_cannot_follow_stays(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    await workbench.workflows.create("part", "empty")
    text = (await workbench.workflows.read("part")).text
    call: dict[str, Json] = {"id": "call", "type": "workflow", "input": {"workflow": "part"}}
    await workbench.workflows.create("whole", "empty", [call])
    file = workbench.sources.draft_file("part")
    file.keep(text, "")
    file.release()

    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("wftui.workspace.drafts.atomic_write", full)
        with pytest.raises(WorkspaceError, match="no space left on device"):
            await workbench.workflows.rename("part", "piece")
    assert [draft.text for draft in await workbench.sources.drafts("part")] == [text]
    assert '"workflow": "piece"' in (await workbench.workflows.read("whole")).text


async def test_workflows_that_read_a_renamed_output_follow(tmp_path: Path) -> None:
    call = '{"id": "call", "type": "workflow", "input": {"workflow": "part"}}'
    reads = '"a": "{{ steps.call.output.sum }}", "b": "{{ steps.use.output.sum }}"'
    steps = f'{call}, {{"id": "use", "type": "set", "input": {{{reads}}}}}'
    outputs = '{"x": "{{ steps.call.output[\'sum\'] }}"}'
    text = f'{{"format": 1, "id": "whole", "steps": [{steps}], "outputs": {outputs}}}'
    for name, source in {"part": '{"format": 1, "id": "part", "steps": []}', "whole": text}.items():
        path = tmp_path / "tables" / "workflows" / name / "workflow.json"
        path.parent.mkdir(parents=True)
        path.write_text(source)
    bench = Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ada"))
    named = RenameTarget("output", "sum")
    try:
        assert await bench.workflows.callers("part", named, "total") == ["whole"]
        assert (await bench.workflows.read("whole")).text == text
        await bench.workflows.rename_in_callers("part", named, "total")
        changed = (await bench.workflows.read("whole")).text
    finally:
        await bench.close()
    assert changed == text.replace("call.output.sum", "call.output.total").replace("output['sum']", "output['total']")


async def test_a_caller_that_cannot_be_written_is_named_and_the_others_change(tmp_path: Path) -> None:
    call = '{"id": "call", "type": "workflow", "input": {"workflow": "part"}}'
    tables = tmp_path / "tables"
    for name in ("part", "away", "whole"):
        steps = "" if name == "part" else call
        place = tmp_path / "elsewhere" if name == "away" else tables / "workflows" / name
        place.mkdir(parents=True)
        (place / "workflow.json").write_text(f'{{"format": 1, "id": "{name}", "steps": [{steps}]}}')
    (tables / "workflows" / "away").symlink_to(tmp_path / "elsewhere")
    bench = Workbench(Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"))
    try:
        with pytest.raises(WorkspaceError, match=r"still use the old name: away \(.*\); changed: whole$"):
            await bench.workflows.rename("part", "piece")
        assert '"piece"' in (await bench.workflows.read("whole")).text
        assert '"part"' in (tmp_path / "elsewhere" / "workflow.json").read_text()
    finally:
        await bench.close()
