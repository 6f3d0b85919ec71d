"""Trials of single steps: executed steps, known outputs, and no recording."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from helpers import lives, until

from wftui.model.errors import UserError
from wftui.model.run.summary import ExecutionFilters
from wftui.workbench import Settings, Workbench

STEPS: list[dict[str, Any]] = [
    {"id": "first", "type": "set", "input": {"n": "{{ inputs.n }}"}},
    {"id": "slow", "type": "shell", "input": {"script": 'echo ran >> "$WFTUI_TRIED"; echo 5', "parse": "json"}},
    {"id": "second", "type": "set", "input": {"sum": "{{ steps.first.output.n + steps.slow.output.value }}"}},
    {"id": "off", "type": "set", "disabled": True, "needs": ["second"], "input": {"x": 1}},
    {"id": "box", "type": "group", "needs": ["first"], "steps": [{"id": "inner", "type": "set", "input": {"y": 2}}]},
]


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file to which the step `slow` writes."""
    path = tmp_path / "tried"
    monkeypatch.setenv("WFTUI_TRIED", str(path))
    return path


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    tables = tmp_path / "tables"
    path = tables / "workflows" / "flow" / "workflow.json"
    path.parent.mkdir(parents=True)
    path.write_text(source())
    opened = Workbench(Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"))
    yield opened
    await opened.close(cancel=True)


def source(**changed: Any) -> str:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    steps = [{**step, **changed.get(step["id"], {})} for step in STEPS]
    return json.dumps({"format": 1, "id": "flow", "inputSchema": schema, "steps": steps})


async def test_step_runs_after_those_it_needs(bench: Workbench, tried: Path) -> None:
    trial = await bench.trials.try_step("flow", source(), "second", {"n": 2})
    assert trial.result is not None
    assert (trial.result.status, trial.result.output) == ("completed", {"sum": 7})
    assert [each.path for each in trial.record.step_results] == ["first", "slow", "second"]
    assert trial.reused == []
    assert tried.read_text() == "ran\n"
    page = await bench.runs.history(ExecutionFilters(), limit=5)
    assert page.executions == []


async def test_outputs_of_the_last_run_are_taken(bench: Workbench, tried: Path) -> None:
    await bench.runs.wait(await bench.runs.start("flow", {"n": 1}))
    trial = await bench.trials.try_step("flow", source(), "second", {"n": 100})
    assert trial.result is not None
    assert trial.result.output == {"sum": 6}
    assert trial.reused == ["first", "slow"]
    assert tried.read_text() == "ran\n"


async def test_pinned_output_stands_for_a_step_but_not_in_real_runs(bench: Workbench, tried: Path) -> None:
    await bench.trials.pin("flow", "slow", {"value": 1000})
    trial = await bench.trials.try_step("flow", source(), "second", {"n": 1}, whole=True)
    assert trial.result is not None
    assert trial.result.output == {"sum": 1001}
    assert not tried.exists()
    record = await bench.runs.wait(await bench.runs.start("flow", {"n": 1}))
    second = record.step("second")
    assert second is not None
    assert second.output == {"sum": 6}
    await bench.trials.unpin("flow", "slow")
    assert await bench.trials.pins("flow") == {}


async def test_output_of_a_deleted_step_comes_back_only_where_nothing_was_chosen_since(bench: Workbench) -> None:
    trials, with_it = bench.trials, source()
    without = json.dumps({**json.loads(with_it), "steps": STEPS[1:]})
    await trials.pin("flow", "first", {"n": 1})
    assert await trials.follow_save("flow", with_it, without)
    assert await trials.pins("flow") == {}
    await trials.pin("flow", "first", {"n": 2})  # undone, not saved
    assert await trials.follow_save("flow", without, with_it)
    assert await trials.pins("flow") == {"first": {"n": 2}}
    assert await trials.follow_save("flow", with_it, without)
    assert await trials.follow_save("flow", without, with_it)
    assert await trials.pins("flow") == {"first": {"n": 2}}
    await trials.unpin("flow", "first")
    assert await trials.follow_save("flow", with_it, without)
    assert await trials.follow_save("flow", without, with_it)
    assert await trials.pins("flow") == {}


def changed(*places: tuple[int, dict[str, Any]]) -> str:
    """Return the source with keys of some steps changed."""
    steps = [dict(step) for step in STEPS]
    for at, keys in places:
        steps[at].update(keys)
    return json.dumps({**json.loads(source()), "steps": steps})


@pytest.mark.parametrize(
    ("after", "names"),
    [
        (changed((0, {"id": "one"})), {"first": "one"}),
        (changed((4, {"id": "crate"})), {"box.inner": "crate.inner"}),
        (changed((4, {"id": "crate", "steps": [{**STEPS[4]["steps"][0], "id": "x"}]})), {"box.inner": "crate.x"}),
        (changed((0, {"id": "one"}), (2, {"id": "two", "input": {"sum": 1}})), {"first": "one", "second": "two"}),
        (
            json.dumps({"steps": [{"id": "new", "type": "set"}, {**STEPS[0], "id": "one"}, *STEPS[1:]]}),
            {"first": "one"},
        ),
    ],
)
async def test_pinned_output_follows_a_step_renamed_by_hand(
    bench: Workbench, after: str, names: dict[str, str]
) -> None:
    trials, before = bench.trials, source()
    pins = {"first": {"n": 1}, "second": {"sum": 2}, "box.inner": {"y": 3}, "elsewhere": {"z": 4}}
    for path, output in pins.items():
        await trials.pin("flow", path, output)
    assert await trials.follow_save("flow", before, after)
    assert await trials.pins("flow") == {names.get(path, path): output for path, output in pins.items()}
    assert await trials.follow_save("flow", after, before), "undone"
    assert await trials.pins("flow") == pins


@pytest.mark.parametrize(
    "step",
    [
        {"id": "other", "type": "http", "input": {"url": "https://example.org"}},
        {"id": "other", "type": "set", "input": {"m": 1}},
    ],
)
async def test_pinned_output_does_not_follow_to_another_step(bench: Workbench, step: dict[str, Any]) -> None:
    await bench.trials.pin("flow", "first", {"n": 1})
    assert await bench.trials.follow_save("flow", source(), changed((0, step)))
    assert await bench.trials.pins("flow") == {}


async def test_output_pinned_for_the_new_name_of_a_step_is_kept(bench: Workbench) -> None:
    await bench.trials.pin("flow", "first", {"n": 1})
    await bench.trials.pin("flow", "one", {"n": 2})
    assert await bench.trials.follow_save("flow", source(), changed((0, {"id": "one"})))
    assert await bench.trials.pins("flow") == {"one": {"n": 2}}


async def test_whole_trial_runs_again_what_the_last_run_had(bench: Workbench, tried: Path) -> None:
    await bench.runs.wait(await bench.runs.start("flow", {"n": 1}))
    trial = await bench.trials.try_step("flow", source(), "second", {"n": 100}, whole=True)
    assert trial.result is not None
    assert trial.result.output == {"sum": 105}
    assert tried.read_text() == "ran\nran\n"


async def test_unsaved_source_counts_and_a_disabled_step_runs(bench: Workbench, tried: Path) -> None:
    trial = await bench.trials.try_step("flow", source(off={"input": {"x": 9}}), "off", {"n": 2})
    assert trial.result is not None
    assert trial.result.output == {"x": 9}


async def test_inner_step_is_tried_with_the_step_around_it(bench: Workbench, tried: Path) -> None:
    trial = await bench.trials.try_step("flow", source(), "box.inner", {"n": 2})
    assert trial.result is not None
    assert (trial.result.path, trial.result.output) == ("box.inner", {"y": 2})


async def test_failure_and_log_are_reported(bench: Workbench, tried: Path) -> None:
    failing = {"script": "echo about to fail; exit 3"}
    trial = await bench.trials.try_step("flow", source(slow={"input": failing}), "slow", {"n": 2})
    assert trial.result is not None
    assert trial.result.error is not None
    assert trial.result.error.type == "exit_code"
    assert "about to fail" in trial.lines


async def test_errors_of_source_and_inputs_are_reported(bench: Workbench, tried: Path) -> None:
    with pytest.raises(UserError, match="does not compile"):
        await bench.trials.try_step("flow", source(first={"type": "nope"}), "first", {"n": 2})
    trial = await bench.trials.try_step("flow", source(), "first", {"n": "two"})
    assert trial.record.error is not None
    assert trial.result is None or trial.result.status == "pending"


CHILD: dict[str, Any] = {
    "inputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    "steps": [{"id": "twice", "type": "set", "input": {"n": "{{ inputs.n * 2 }}"}}],
    "outputs": {"twice": "{{ steps.twice.output.n }}"},
}
MIDDLE: dict[str, Any] = {
    **CHILD,
    "steps": [{"id": "twice", "type": "workflow", "input": {"workflow": "child", "inputs": {"n": "{{ inputs.n }}"}}}],
    "outputs": {"four": "{{ steps.twice.output.twice * 2 }}"},
}
AGAIN = {"id": "again", "type": "workflow", "input": {"workflow": "child", "maxDepth": 3}}
EMPTY = {"id": "no", "type": "fail", "input": {"message": "out of stock", "type": "stock.empty"}}
ASKS = {"id": "ask", "type": "approval", "input": {"prompt": "ok?"}}


def calling(given: dict[str, Any], **more: Any) -> str:
    step = {"id": "call", "type": "workflow", **more, "input": {"workflow": "child", **given}}
    return json.dumps({"format": 1, "id": "flow", "steps": [step]})


async def save(bench: Workbench, name: str, workflow: dict[str, Any]) -> None:
    await bench.workflows.save(name, json.dumps({"format": 1, "id": name, **workflow}), None)


async def test_sub_workflow_runs_in_memory(bench: Workbench) -> None:
    await save(bench, "child", CHILD)
    await save(bench, "middle", MIDDLE)
    trial = await bench.trials.try_step("flow", calling({"workflow": "middle", "inputs": {"n": 4}}), "call", {})
    assert trial.result is not None
    assert (trial.result.status, trial.result.output) == ("completed", {"four": 16})
    each = calling({"inputs": {"n": "{{ item }}"}}, forEach={"in": "[1, 2, 3]"})
    trial = await bench.trials.try_step("flow", each, "call", {})
    assert trial.record.step_results[0].output == [{"twice": 2}, {"twice": 4}, {"twice": 6}]
    assert (await bench.runs.history(ExecutionFilters(), limit=5)).executions == []


@pytest.mark.parametrize(
    ("child", "given", "error", "message"),
    [
        ({"steps": [EMPTY]}, {}, "stock.empty", "out of stock"),
        (CHILD, {"inputs": {"n": "{{ 'x' | trim }}"}}, "validation.inputs", "/n"),
        (CHILD, {"inputs": {"n": 1}, "version": "9.0.0"}, "workflow.version", "not 9.0.0"),
        ({"steps": [AGAIN]}, {"maxDepth": 3}, "workflow.depth", "more than 3 deep"),
        ({"steps": [ASKS]}, {}, "approval", ""),
        ({"steps": [{"id": "x", "type": "nope"}]}, {}, "workflow.invalid", "workflow child cannot run"),
    ],
)
async def test_failing_sub_workflow_fails_the_step(
    bench: Workbench, child: dict[str, Any], given: dict[str, Any], error: str, message: str
) -> None:
    await save(bench, "child", child)
    trial = await bench.trials.try_step("flow", calling(given), "call", {})
    assert trial.result is not None
    assert trial.result.error is not None
    assert trial.result.error.type.startswith(error)
    assert message in trial.result.error.message


async def test_trial_ends_after_sub_workflows_without_waiting_step(bench: Workbench, tried: Path) -> None:
    script = 'sleep 0.2; echo done >> "$WFTUI_TRIED"'
    await save(bench, "child", {"steps": [{"id": "write", "type": "shell", "input": {"script": script}}]})
    trial = await bench.trials.try_step("flow", calling({"wait": False}), "call", {})
    assert trial.result is not None
    assert set(trial.result.output) == {"executionId"}
    assert tried.read_text() == "done\n"


async def test_cancelled_trial_cancels_its_sub_workflows(bench: Workbench, tried: Path) -> None:
    script = 'echo $$ >> "$WFTUI_TRIED"; exec sleep 1000'
    await save(bench, "child", {"steps": [{"id": "wait", "type": "shell", "input": {"script": script}}]})
    calls = [
        {"id": "off", "type": "workflow", "input": {"workflow": "child", "wait": False}},
        {"id": "on", "type": "workflow", "input": {"workflow": "child"}},
    ]
    await save(bench, "middle", {"steps": calls})
    task = asyncio.create_task(bench.trials.try_step("flow", calling({"workflow": "middle"}), "call", {}))
    while not (tried.exists() and len(tried.read_text().splitlines()) == 2):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not any(lives(int(number)) for number in tried.read_text().split()))


async def test_log_is_that_of_the_step_alone(bench: Workbench) -> None:
    steps = [
        {"id": "ab", "type": "shell", "input": {"script": "echo other"}},
        {"id": "a", "type": "shell", "needs": ["ab"], "forEach": {"in": "[1, 2]"}, "input": {"script": "echo own"}},
    ]
    trial = await bench.trials.try_step("flow", json.dumps({"format": 1, "id": "flow", "steps": steps}), "a", {})
    assert trial.lines == ["own", "own"]
