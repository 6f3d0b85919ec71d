"""The format end to end: from a workflow.json to the state of every step."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import patience, run_to_end

from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Settings, Workbench

pytestmark = pytest.mark.usefixtures("unhurried")
Add = Callable[..., None]
SKIPPED = "needs {}, which was skipped"
FAILED = "needs {}, which failed"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    workbench = Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="me"))
    yield workbench
    await workbench.close(cancel=True)


@pytest.fixture
def add(tmp_path: Path) -> Add:
    """Puts a workflow into the workspace."""

    def put(workflow_id: str, steps: list[Json], **fields: Json) -> None:
        folder = tmp_path / "tables" / "workflows" / workflow_id
        folder.mkdir(parents=True)
        (folder / "workflow.json").write_text(json.dumps({"format": 1, "id": workflow_id, "steps": steps, **fields}))

    return put


def value(id: str, **fields: Json) -> Json:
    return {"id": id, "type": "set", "input": {"v": id}, **fields}


def fails(id: str, **fields: Json) -> Json:
    return {"id": id, "type": "assert", "input": {"that": False, "message": "no"}, **fields}


def waits(id: str, **fields: Json) -> Json:
    return {"id": id, "type": "delay", "input": {"for": "1h"}, **fields}


def told(record: ExecutionRecord) -> dict[str, str]:
    """Each step's status with skip reason, or error type and whether it was handled."""
    return {
        step.path: step.skip_reason
        or f"{step.status}{f' {step.error.type}' if step.error else ''}{' handled' if step.handled else ''}"
        for step in record.step_results
    }


@pytest.mark.parametrize(
    ("join", "expected"),
    [
        ("all_success", [FAILED.format("bad"), SKIPPED.format("off"), FAILED.format("bad"), SKIPPED.format("off")]),
        ("none_failed", [FAILED.format("bad"), "completed", FAILED.format("bad"), SKIPPED.format("off")]),
        ("any_success", ["completed", "completed", FAILED.format("bad"), SKIPPED.format("off")]),
        ("all_done", ["completed", "completed", "completed", "completed"]),
        ("any_failed", ["completed", "needs ok, which did not fail", "completed", SKIPPED.format("off")]),
    ],
)
async def test_joins(bench: Workbench, add: Add, join: str, expected: list[str]) -> None:
    needs = [["ok", "bad"], ["ok", "off"], ["bad", "off"], ["off"]]
    joined = [value(f"j{number}", needs=names, join=join) for number, names in enumerate(needs)]
    begin = [value("ok", needs=[]), fails("bad", needs=[]), value("off", needs=[], when="false")]
    add("w", [*begin, *joined])
    record = await run_to_end(bench, "w", {})
    assert [told(record)[f"j{number}"] for number in range(4)] == expected
    assert record.status == "failed"


async def test_an_order_lets_a_skip_pass_and_a_demand_does_not(bench: Workbench, add: Add) -> None:
    steps = [value("a", when="false"), value("b"), value("c", needs=["a"]), value("d", disabled=True), value("e")]
    add("w", [*steps, fails("f"), value("g"), value("h"), value("i", join="all_done")])
    assert told(await run_to_end(bench, "w", {})) == {
        "a": "when is false",
        "b": "completed",
        "c": SKIPPED.format("a"),
        "d": "disabled",
        "e": "completed",
        "f": "failed assertion",
        "g": FAILED.format("f"),
        "h": SKIPPED.format("g"),
        "i": "completed",
    }


async def test_parallel_items_keep_result_order(bench: Workbench, add: Add, tmp_path: Path) -> None:
    checked: Json = {"type": "assert", "input": {"that": "{{ item != 2 }}"}}
    many: dict[str, Any] = {"in": "[1, 2, 3, 4]", "maxParallel": 2}
    # The first item waits for the others, each of which would wait forever if it came after it.
    meet = 'if [ "$N" = 0 ]; then until [ -e 1 ] && [ -e 2 ]; do sleep 0.01; done; else touch "$N"; fi; echo "$N"'
    late: Json = {"id": "late", "type": "shell", "forEach": {"in": "range(3)", "maxParallel": 3}}
    late |= {"input": {"script": meet, "env": {"N": "{{ item }}"}, "cwd": str(tmp_path), "parse": "text"}}
    inner: Json = {
        "id": "inner",
        "type": "set",
        "forEach": {"in": "[10, 20]", "as": "y"},
        "input": {"s": "{{ x + y }}"},
    }
    add(
        "w",
        [
            late,
            {"id": "marked", "type": "set", "input": {"n": "{{ item }}"}, "forEach": {"in": "[3, 1, 2]"}},
            {"id": "kept", **checked, "forEach": {**many, "onItemError": "continue"}},
            {"id": "outer", "type": "group", "forEach": {"in": "[1, 2]", "as": "x"}, "steps": [inner]},
            {"id": "ended", **checked, "forEach": {"in": "[1, 2, 3]"}},
            value("after"),
        ],
        outputs={name: f"{{{{ steps.{name}.output }}}}" for name in ("late", "marked", "kept", "outer", "ended")},
    )
    record = await run_to_end(bench, "w", {})
    assert [each["value"].strip() for each in record.outputs.pop("late")] == ["0", "1", "2"]
    assert record.outputs == {
        "marked": [{"n": 3}, {"n": 1}, {"n": 2}],
        "kept": [{"that": True}, None, {"that": True}, {"that": True}],
        "outer": [[{"s": 11}, {"s": 21}], [{"s": 12}, {"s": 22}]],
        "ended": None,
    }
    steps = told(record)
    assert (steps["kept"], steps["kept[1]"], steps["kept[3]"]) == ("completed items", "failed assertion", "completed")
    assert (steps["ended"], steps["ended[1]"], steps.get("ended[2]")) == ("failed assertion", "failed assertion", None)
    assert steps["after"] == FAILED.format("ended")
    kept = record.step("kept")
    assert kept is not None
    assert kept.error is not None
    assert [error["index"] for error in kept.error.details["errors"]] == [1]


async def test_containers(bench: Workbench, add: Add) -> None:
    cases: Json = [{"when": f"inputs.k == {n}", "steps": [value(f"c{n}"), value(f"c{n}b")]} for n in (1, 2)]
    add(
        "w",
        [
            {"id": "taken", "type": "switch", "cases": cases, "default": {"steps": [value("other")]}},
            {
                "id": "turns",
                "type": "loop",
                "maxIterations": 5,
                "until": "steps.turn.output.n == 2",
                "steps": [{"id": "turn", "type": "set", "input": {"n": "{{ index }}"}}],
            },
            {"id": "saved", "type": "group", "onError": {"fallback": 7}, "steps": [fails("x"), value("y")]},
            {"id": "endless", "type": "loop", "maxIterations": 2, "until": "false", "steps": [value("z")]},
        ],
        inputSchema={"type": "object", "properties": {"k": {"type": "integer"}}, "required": ["k"]},
        outputs={name: f"{{{{ steps.{name}.output }}}}" for name in ("taken", "turns", "saved")},
    )
    record = await run_to_end(bench, "w", {"k": 2})
    assert record.outputs == {"taken": {"v": "c2b"}, "turns": {"n": 2}, "saved": 7}
    assert record.error is not None
    assert record.error.type == "loop.limit"
    steps = told(record)
    assert [steps[f"taken.{name}"] for name in ("c1", "c1b", "c2", "c2b", "other")] == [
        "branch not taken",
        "branch not taken",
        "completed",
        "completed",
        "branch not taken",
    ]
    assert [path for path in steps if path.startswith("turns[")] == [
        f"turns[{n}]{inner}" for n in range(3) for inner in ("", ".turn")
    ]
    assert (steps["saved"], steps["saved.y"]) == ("failed assertion handled", FAILED.format("x"))


@pytest.mark.parametrize(
    "step",
    [
        waits("a"),
        fails("a", retry={"maxAttempts": 9, "delay": "1h"}),
        {"id": "a", "type": "loop", "maxIterations": 9, "until": "false", "delay": "1h", "steps": [value("x")]},
        {"id": "a", "type": "group", "steps": [waits("x")], "forEach": {"in": "range(4)", "maxParallel": 2}},
        {"id": "a", "type": "approval", "input": {"prompt": "?"}},
        {"id": "a", "type": "workflow", "input": {"workflow": "child"}},
    ],
    ids=["delay", "retry", "loop", "items", "approval", "child"],
)
async def test_run_timeout_reaches_every_wait_and_runs_finally(bench: Workbench, add: Add, step: Json) -> None:
    add("child", [waits("inner")], **{"finally": [value("last")]})
    add(
        "w",
        [step, value("b", join="all_done")],
        timeout=0.1,
        **{"finally": [value("tidy"), fails("bad"), value("end")]},
    )
    record = await run_to_end(bench, "w", {})
    assert record.error is not None
    assert (record.status, record.error.type) == ("failed", "timeout")
    steps = told(record)
    assert (steps["a"], steps["b"]) == ("cancelled", "cancelled")
    assert (steps["tidy"], steps["bad"], steps["end"]) == ("completed", "failed assertion", FAILED.format("bad"))
    for run in (await bench.runs.history()).executions:
        if run.workflow_id == "child":
            assert told(await bench.runs.record(run.id)) == {"inner": "cancelled", "last": "completed"}


async def test_failing_finally_fails_the_run(bench: Workbench, add: Add) -> None:
    add("w", [value("a")], outputs={"a": "{{ steps.a.output.v }}"}, **{"finally": [fails("tidy")]})
    record = await run_to_end(bench, "w", {})
    assert (record.status, record.outputs) == ("failed", {"a": "a"})
    assert record.error is not None
    assert record.error.pointer == "/finally/0"


async def test_override_of_an_unused_connection_fails_the_run(bench: Workbench, add: Add) -> None:
    add("w", [value("a")])
    run_id = await bench.runs.start("w", {}, connections={"mail": "other"})
    record = await bench.runs.wait(run_id)
    assert record.error is not None
    assert record.error.type == "connection.unresolved"
    assert "names no connection 'mail' that 'other' could replace" in record.error.message
    assert told(record) == {"a": "pending"}


async def test_a_cancel_reaches_every_sub_workflow_of_a_list(bench: Workbench, add: Add) -> None:
    add("child", [waits("inner")], **{"finally": [value("last")]})
    each: Json = {"id": "each", "type": "workflow", "input": {"workflow": "child"}}
    add("w", [{**each, "forEach": {"in": "range(5)", "maxParallel": 3}}, value("b")], **{"finally": [value("tidy")]})
    run_id = await bench.runs.start("w", {})
    linked: set[str] = set()
    async with patience():
        async for batch in bench.runs.follow(run_id):
            linked |= {event.waiting.child_id or "" for event in batch if event.type == "step_waiting"}
            if len(linked) == 3:
                break
        await bench.runs.cancel(run_id)
        await bench.runs.wait(run_id)
    runs = {run.id: run for run in (await bench.runs.history()).executions}
    assert {run.status for run in runs.values()} == {"cancelled"}
    assert {run.id for run in runs.values() if run.parent_id == run_id} == linked
    assert told(await bench.runs.record(run_id)) == {
        "each": "cancelled",
        "each[0]": "cancelled",
        "each[1]": "cancelled",
        "each[2]": "cancelled",
        "b": "cancelled",
        "tidy": "completed",
    }
    for child in linked:
        assert told(await bench.runs.record(child)) == {"inner": "cancelled", "last": "completed"}


async def test_cancelled_sub_workflow_fails_its_step(bench: Workbench, add: Add) -> None:
    add("child", [waits("inner")])
    add("w", [{"id": "sub", "type": "workflow", "input": {"workflow": "child"}}, value("b")])
    run_id = await bench.runs.start("w", {})
    async with patience():
        async for batch in bench.runs.follow(run_id):
            if children := [event.waiting.child_id for event in batch if event.type == "step_waiting"]:
                break
        assert children[0] is not None
        await bench.runs.cancel(children[0])
        record = await bench.runs.wait(run_id)
    assert told(record) == {"sub": "failed workflow.cancelled", "b": FAILED.format("sub")}
    assert record.status == "failed"
