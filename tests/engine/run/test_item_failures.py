"""Failures of forEach: the error lists the items with value and error."""

from typing import Any

import pytest

from engine.engine_plans import output_of, run, step, workflow
from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import ForEachPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


async def checked(items: list[Json], bad: Any, on_item_error: Any) -> ExecutionRecord:
    async def check(given: dict[str, Json], _context: StepContext) -> Json:
        if bad(given["item"]):
            raise WorkflowError("host.down", "It does not answer.", details={"tried": 3})
        return "up"

    each = ForEachPlan(items=lambda _scope: items, on_item_error=on_item_error)
    plan = workflow(
        step("c", "check", for_each=each, input=lambda scope: {"function": "check", "item": scope.locals["item"]}),
        outputs={"error": lambda scope: scope.steps["c"].error, "all": output_of("c")},
    )
    return await run(plan, check=check)


HOSTS: list[Json] = [f"host{n}" for n in range(8)]


async def test_message_names_items_and_details_list_them() -> None:
    record = await checked(HOSTS, lambda host: host in ("host3", "host5"), "continue")
    assert record.status == "completed"
    error = record.outputs["error"]
    assert error["message"] == "2 of 8 items failed: host3, host5"
    assert [(each["index"], each["value"], each["error"]["type"]) for each in error["details"]["items"]] == [
        (3, "host3", "host.down"),
        (5, "host5", "host.down"),
    ]
    assert error["details"]["failed"] == 2
    assert [each["index"] for each in error["details"]["errors"]] == [3, 5]


async def test_the_error_of_the_first_item_names_it() -> None:
    record = await checked(HOSTS, lambda host: host == "host2", "fail")
    assert record.error is not None
    assert (record.error.type, record.error.message) == ("host.down", "host2: It does not answer.")
    assert record.error.details["tried"] == 3
    assert [(each["index"], each["value"]) for each in record.error.details["items"]] == [(2, "host2")]


@pytest.mark.parametrize(
    ("item", "name", "value"),
    [
        ({"name": "db", "port": 1}, "db", {"name": "db", "port": 1}),
        ([1, 2], "1 2", [1, 2]),
        ([[1], {}], "[0]", [[1], {}]),
        (7, "7", 7),
        ("x" * 9_000, "x" * 59 + "…", "x" * 1_999 + "…"),
        ({"name": "big", "text": "x" * 9_000}, "big", None),
        (None, "[0]", None),
    ],
)
async def test_items_of_every_kind(item: Json, name: str, value: Json) -> None:
    record = await checked([item], lambda _: True, "continue")
    assert record.outputs["error"]["message"] == f"1 of 1 items failed: {name}"
    assert record.outputs["error"]["details"]["items"][0]["value"] == value


async def test_many_failures_are_bounded() -> None:
    record = await checked([f"host{n}" for n in range(300)], lambda _: True, "continue")
    error = record.outputs["error"]
    assert error["message"] == "300 of 300 items failed: host0, host1, host2, host3, host4, …"
    assert len(error["details"]["items"]) == len(error["details"]["errors"]) == 100
