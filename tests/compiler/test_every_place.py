"""Every walk over a workflow covers the steps of every kind of list."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine.control_flow.flow import set_
from engine.engine_plans import Steps, run
from engine.resuming import rerun

from compiler.compiler_helpers import check, compiler_of, text_of, workflow
from wftui.compiler.editing.placed_steps import steps_in
from wftui.compiler.editing.renaming import RenameTarget, rename
from wftui.compiler.module_run import run_module
from wftui.engine.host.pools import in_pool
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.engine.run.early_values import every_leaf
from wftui.model.workflow.inner_steps import every_step
from wftui.runtime.plan import WorkflowPlan, repeated_infos, step_infos
from wftui.tui.canvas.graph import nodes_from_steps

Step = dict[str, Any]
BROKEN: Step = {"id": "fails", "type": "fail", "input": {"type": "a.b", "message": "m"}}
PLACES: dict[str, Callable[[Step], Step]] = {
    "group": lambda step: {"id": "c", "type": "group", "steps": [step]},
    "items": lambda step: {"id": "c", "type": "group", "forEach": {"in": "[1]"}, "steps": [step]},
    "loop": lambda step: {"id": "c", "type": "loop", "until": "true", "maxIterations": 1, "steps": [step]},
    "case": lambda step: {"id": "c", "type": "switch", "cases": [{"when": "true", "steps": [step]}]},
    "default": lambda step: {
        "id": "c",
        "type": "switch",
        "cases": [{"when": "false", "steps": [set_("off", x=1)]}],
        "default": {"steps": [step]},
    },
    "branch": lambda step: {"id": "c", "type": "race", "branches": [{"name": "b", "steps": [step]}]},
    "handler": lambda step: {**BROKEN, "id": "c", "catch": [{"steps": [step]}]},
    "handler of a container": lambda step: {
        "id": "c",
        "type": "group",
        "steps": [BROKEN],
        "catch": [{"on": ["no"], "steps": [set_("off", x=1)]}, {"steps": [step]}],
    },
}
SINGLE: list[tuple[str, ...]] = [(name,) for name in PLACES]
NESTED: list[tuple[str, ...]] = [(outer, inner) for outer in PLACES for inner in PLACES if outer != inner]


def nested(step: Step, names: tuple[str, ...]) -> Step:
    """The step inside the places, the outermost first."""
    for depth, name in enumerate(reversed(names)):
        step = json.loads(json.dumps(PLACES[name](step)).replace('"c"', f'"c{depth}"'))
        step = json.loads(json.dumps(step).replace('"off"', f'"off{depth}"').replace('"fails"', f'"fails{depth}"'))
    return step


def flow(step: Step, names: tuple[str, ...], **fields: Any) -> Step:
    return workflow(set_("src", n=1), set_("other", n=1), nested(step, names), **fields)


def compiled(source: Step) -> WorkflowPlan:
    result = check(source)
    assert result.generated_code is not None, result.errors
    return run_module(result.generated_code, "workflow.py")


def pointer_of(source: Step) -> str:
    """The pointer of the step `probe`."""
    return next(each.pointer for each in steps_in(source) if each.id == "probe")


every_place = pytest.mark.parametrize("names", SINGLE + NESTED[::3], ids=" in ".join)


@every_place
def test_lists_of_steps_show_it(names: tuple[str, ...]) -> None:
    source = flow(set_("probe", x="{{ steps.src.output.n }}"), names)
    plan = compiled(source)
    assert "probe" in [step["id"] for step in every_step(source)]
    assert pointer_of(source).endswith("/steps/0")
    outline = compiler_of(Path("nowhere")).outline("flow", text_of(source))
    outlined = outline.steps
    shown = not {"items", "loop"} & set(names)  # the steps of iterations have their addresses from the run
    for infos in (outlined, step_infos(plan)):
        assert ("probe" in [info.step_id for info in infos]) is shown
        assert any(node.path.endswith(".probe") for node in nodes_from_steps(infos)) is shown
    repeated = [sorted(infos, key=lambda info: info.path) for infos in (outline.repeated, repeated_infos(plan))]
    assert repeated[0] == repeated[1]
    assert ("probe" in [info.step_id for info in repeated[0]]) is not shown


@every_place
def test_its_references_are_dependencies_and_are_renamed(names: tuple[str, ...]) -> None:
    source = flow(set_("probe", x="{{ steps.src.output.n }}"), names)
    source["steps"][2]["needs"] = []
    assert "src" in compiled(source).steps[2].needs
    rename(RenameTarget("step", "src"), "new")(source)
    assert "steps.new.output.n" in json.dumps(source)


@pytest.mark.parametrize(
    ("probe", "code"),
    [
        (set_("probe", x="{{ nope }}"), "reference.name"),
        (set_("probe", x="{{ steps.nope.output }}"), "reference.step"),
        (set_("probe", x="{{ steps.src.output.m }}"), "reference.property"),
        (set_("probe", x="{{ secrets.key }}"), "secret.place"),
        ({"id": "probe", "type": "shell", "input": {"argv": ["echo", "{{ inputs.key }}"]}}, "secret.visible"),
        (set_("probe", x="ghp_16C7e42F292c6912E7710c838347Ae178B4a"), "secret.literal"),
        ({"id": "probe", "type": "shell", "input": {}}, "input.refused"),
        ({"id": "probe", "type": "http", "connection": "nope", "input": {"url": "/"}}, "connection.unknown"),
        ({"id": "probe", "type": "workflow", "input": {"workflow": "nowhere"}}, "workflow.unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_checks_reach_it(probe: Step, code: str) -> None:
    schema = {"type": "object", "properties": {"key": {"type": "string", "writeOnly": True, "default": "a"}}}
    for names in SINGLE + NESTED[::5]:
        source = flow(probe, names, inputSchema=schema)
        at = pointer_of(source)
        result = check(source)
        seen = {each.code for each in (*result.errors, *result.warnings) if each.pointer.startswith(at)}
        assert code in seen, (names, [(each.code, each.pointer) for each in (*result.errors, *result.warnings)])


@every_place
async def test_the_preflight_check_reaches_it(names: tuple[str, ...]) -> None:
    probe = {"id": "probe", "type": "shell", "input": {"argv": ["no-such-program-at-all"]}}
    record = await run(compiled(flow(probe, names)))
    assert record.error is not None
    assert "probe: the program 'no-such-program-at-all'" in record.error.message
    assert [step for step in record.step_results if step.started_at] == []


@every_place
async def test_a_rerun_sees_that_it_has_changed(names: tuple[str, ...]) -> None:
    before = compiled(flow(set_("probe", x="{{ steps.src.output.n }}"), names))
    after = compiled(flow(set_("probe", x="{{ steps.src.output.n + 1 }}"), names))
    assert before.source_hash != after.source_hash
    record = await run(before)
    planned = plan_restart(after, record, inputs={}, environment={}, before=before)
    runs = {each.path for each in planned.decisions if each.action == "run"}
    assert [path for path in runs if path.startswith("c")]
    new, _events = await rerun(after, record, planned, Steps())
    assert [step.output for step in new.step_results if step.step_id == "probe"] == [{"x": 2}]


@every_place
def test_a_pool_given_at_the_start_reaches_it(names: tuple[str, ...]) -> None:
    plan = compiled(flow({"id": "probe", "type": "shell", "input": {"script": "true"}}, names))
    moved = in_pool(plan, "far", Steps())
    assert [step.pool for step in every_leaf(moved.steps) if step.id == "probe"] == ["far"]


def test_notes_inside_do_not_count_as_changes() -> None:
    for names in SINGLE + NESTED:
        plain = compiled(flow(set_("probe", x=1), names))
        noted = compiled(flow({**set_("probe", x=1), "note": "why", "name": "Probe"}, names))
        assert plain.source_hash == noted.source_hash, names
