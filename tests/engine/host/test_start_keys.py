"""Start keys: one run per user and key, from any number of starts and processes."""

import asyncio

import pytest
from helpers import patience, write_workflow

from wftui.model.errors import ConflictError, UsageError
from wftui.model.run.summary import ExecutionFilters
from wftui.workbench import Settings, Workbench

SCHEMA = {
    "type": "object",
    "properties": {
        "who": {"type": "string"},
        "times": {"type": "integer", "default": 1},
        "token": {"type": "string", "format": "secret", "writeOnly": True},
    },
}


@pytest.fixture(autouse=True)
def workflows(settings: Settings) -> None:
    for name in ("greet", "other"):
        step = {"id": "text", "type": "set", "input": {"text": "Hello {{ inputs.who }}"}}
        write_workflow(settings.tables, name, step, inputSchema=SCHEMA)


async def runs_of(workbench: Workbench, workflow_id: str = "greet") -> list[str]:
    page = await workbench.runs.history(ExecutionFilters(workflow_id=workflow_id))
    return [run.id for run in page.executions]


async def test_a_repeated_start_gives_the_run_back(workbench: Workbench) -> None:
    first = await workbench.runs.start("greet", {"who": "Ada"}, key="monday")
    await workbench.runs.wait(first)
    assert await workbench.runs.start("greet", {"who": "Ada", "times": 1}, key="monday") == first
    assert await workbench.runs.start("greet", {"who": "Ada"}, key="monday", by="grace") != first
    assert await workbench.runs.start("greet", {"who": "Ada"}) != first
    assert len(await runs_of(workbench)) == 3


@pytest.mark.parametrize(
    ("workflow", "inputs"),
    [("greet", {"who": "Grace"}), ("other", {"who": "Ada"}), ("greet", {}), ("greet", {"who": 1})],
)
async def test_a_key_of_another_start_is_refused(
    workbench: Workbench, workflow: str, inputs: dict[str, object]
) -> None:
    first = await workbench.runs.start("greet", {"who": "Ada"}, key="monday")
    with pytest.raises(ConflictError, match=first) as raised:
        await workbench.runs.start(workflow, inputs, key="monday")
    assert raised.value.code == "run.key"
    assert await runs_of(workbench) == [first]


async def test_connections_chosen_belong_to_the_start(workbench: Workbench) -> None:
    await workbench.runs.start("greet", {"who": "Ada"}, key="monday")
    with pytest.raises(ConflictError, match="connections"):
        await workbench.runs.start("greet", {"who": "Ada"}, key="monday", connections={"mail": "test"})


async def test_a_secret_input_is_not_compared_as_it_is_not_stored(workbench: Workbench, settings: Settings) -> None:
    first = await workbench.runs.start("greet", {"who": "Ada", "token": "s3cret-of-ada"}, key="monday")
    assert await workbench.runs.start("greet", {"who": "Ada", "token": "another-one"}, key="monday") == first
    await workbench.close()
    assert b"s3cret-of-ada" not in settings.database.read_bytes()


async def test_of_many_starts_at_once_in_two_programs_one_runs(settings: Settings) -> None:
    benches = [Workbench(settings), Workbench(settings)]
    async with patience():
        started = await asyncio.gather(
            *(benches[number % 2].runs.start("greet", {"who": "Ada"}, key="monday") for number in range(20))
        )
        for run_id in set(started):
            await benches[0].runs.until_end(run_id)
    assert await runs_of(benches[0]) == [started[0]]
    assert set(started) == {started[0]}
    for bench in benches:
        await bench.close()


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_has_a_length(workbench: Workbench, key: str) -> None:
    with pytest.raises(UsageError, match="1 to 200 characters"):
        await workbench.runs.start("greet", {"who": "Ada"}, key=key)
    assert await runs_of(workbench) == []


async def test_a_broken_workflow_does_not_take_its_run_away(workbench: Workbench, settings: Settings) -> None:
    first = await workbench.runs.start("greet", {"who": "Ada"}, key="monday")
    write_workflow(settings.tables, "greet", {"id": "text", "type": "no-such-type"})
    assert await workbench.runs.start("greet", {"who": "Ada"}, key="monday") == first
