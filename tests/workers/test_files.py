"""Data sent to a worker with a step: files, step types, big values."""

from pathlib import Path

import pytest
from helpers import run_to_end, until, write_workflow
from steps.llm.model_server import Say, model_server

from wftui.steps.registry.trust import TrustedFiles
from wftui.workbench import Settings, Workbench
from workers.conftest import StartWorker, shell

pytestmark = pytest.mark.slow

STEP = """\
from wftui.steps.plugin import StepContext, step


@step("acme.greet", title="Greet")
async def greet(name: str, *, context: StepContext) -> str:
    context.log(f"greeting {name}")
    return f"hello {name}"
"""


async def test_files_of_the_workflow_are_where_they_were_and_follow_changes(
    start_worker: StartWorker,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    start_worker()
    place = "tables/workflows/files"
    write_workflow(
        settings.tables,
        "files",
        shell("first", f"sh {place}/part/say.sh; ls -A; test -x {place}/part/say.sh && echo executable"),
        {
            "id": "change",
            "type": "shell",
            "input": {"script": f"echo 'echo two' > {place}/part/say.sh"},
            "pool": "here",
        },
        shell("second", f"sh {place}/part/say.sh", needs=["change"]),
        shell("third", "pwd", needs=["second"]),
    )
    script = tmp_path / place / "part" / "say.sh"
    script.parent.mkdir()
    script.write_text("echo one\n")
    script.chmod(0o755)
    bench = Workbench(settings)
    try:
        record = await run_to_end(bench, "files", {})
    finally:
        await bench.close(cancel=True)
    assert record.status == "completed", record.error
    outputs = {step.path: step.output["stdout"].split() for step in record.step_results}
    assert outputs["first"] == ["one", "tables", "executable"]
    assert outputs["second"] == ["two"]
    await until(lambda: not Path(outputs["third"][0]).exists())


async def test_a_trusted_step_type_of_the_workspace_goes_along(
    start_worker: StartWorker, settings: Settings, workbench: Workbench
) -> None:
    worker = start_worker()
    file = settings.tables / "steps" / "greet.py"
    file.parent.mkdir(parents=True)
    file.write_text(STEP)
    TrustedFiles().trust(file, file.read_bytes())
    write_workflow(settings.tables, "own", {"id": "a", "type": "acme.greet", "pool": "build", "input": {"name": "Ann"}})
    record = await run_to_end(workbench, "own", {})
    assert record.status == "completed", record.error
    assert (record.step_results[0].output, record.step_results[0].worker) == ("hello Ann", worker.name)


async def test_tools_of_a_model_from_the_workspace_go_along(
    start_worker: StartWorker, settings: Settings, workbench: Workbench
) -> None:
    worker = start_worker()
    file = settings.tables / "steps" / "greet.py"
    file.parent.mkdir(parents=True)
    file.write_text(STEP)
    TrustedFiles().trust(file, file.read_bytes())
    with model_server() as model:
        values = {"prompt": "Go.", "model": "m", "baseUrl": f"{model.url}/v1", "tools": [{"type": "acme.greet"}]}
        write_workflow(settings.tables, "talk", {"id": "ask", "type": "llm", "pool": "build", "input": values})
        model.script = [Say(calls=(("acme_greet", {"name": "Ann"}),)), "Greeted."]
        record = await run_to_end(workbench, "talk", {})
    assert record.status == "completed", record.error
    step = record.step_results[0]
    assert ([each["output"] for each in step.output["toolCalls"]], step.worker) == (["hello Ann"], worker.name)


async def test_big_inputs_and_outputs_arrive_whole(
    start_worker: StartWorker, settings: Settings, workbench: Workbench
) -> None:
    start_worker("--pool", "build", "-j", "4")
    code = "def main(items, n):\n    return [n, len(items), items[-1], 'x' * 3_000_000]"
    step = {"id": "f", "type": "python", "forEach": {"in": "[1, 2, 3, 4]", "maxParallel": 4}, "pool": "build"}
    step["input"] = {"code": code, "args": {"items": "{{ inputs.items }}", "n": "{{ item }}"}}
    write_workflow(settings.tables, "big", step, inputSchema={"properties": {"items": {"type": "array"}}})
    record = await run_to_end(workbench, "big", {"items": [f"entry {n}" for n in range(100_000)]})
    assert record.status == "completed", record.error
    store = await workbench.store()
    output = await store.resolve(record.step_results[0].output)
    assert [(each[0], each[1], each[2], len(each[3])) for each in output] == [
        (n, 100_000, "entry 99999", 3_000_000) for n in (1, 2, 3, 4)
    ]
