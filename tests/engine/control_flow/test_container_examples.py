"""The container examples of docs/steps.md and `wftui steps --json` run."""

import pytest

from engine.control_flow.flow import compiled
from engine.engine_plans import run
from wftui.model.workflow.containers import CONTAINER_TYPES, CONTAINERS, Container


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.word)
async def test_the_example_runs(container: Container) -> None:
    record = await run(compiled({"format": 1, "id": "flow", "steps": [container.example]}))
    assert record.status == "completed", record.error


def test_every_container_is_described() -> None:
    assert {each.word for each in CONTAINERS} >= CONTAINER_TYPES
