"""Runs of many steps and items: small memory, and nothing is lost."""

from pathlib import Path

import pytest

from engine.engine_plans import Open, Steps, Watch, chain, output_of, run, step, workflow
from engine.resuming import resume
from wftui.model.base import Json
from wftui.model.run.events import IterationCompleted
from wftui.model.run.record import ExecutionRequest
from wftui.model.run.record_index import WINDOW
from wftui.model.run.reducer import fold
from wftui.runtime.plan import ForEachPlan, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.store.execution_store import ExecutionStore

ITEMS = 3_000


def over_items(count: int) -> WorkflowPlan:
    """A group over a number of items; what goes in comes out of its only step."""

    def bind(scope: Scope) -> Json:
        return {"n": scope.locals["item"]}

    inner = step("inner", input=bind)
    each = ForEachPlan(items=lambda _scope: list(range(count)), max_items=count, max_parallel=10)
    return workflow(
        StepPlan(id="each", type="group", name="each", body=(inner,), for_each=each),
        outputs={"all": output_of("each")},
    )


async def test_ten_thousand_steps_run_one_after_the_other() -> None:
    record = await run(workflow(*chain(*(step(f"s{number}") for number in range(10_000)))))
    assert record.status == "completed"
    assert len(record.step_results) == 10_000
    assert {each.status for each in record.step_results} == {"completed"}


@pytest.mark.slow
async def test_record_holds_the_newest_of_thousands_of_items(open_executor: Open, tmp_path: Path) -> None:
    executor = await open_executor({"test": over_items(ITEMS)})
    record = await executor.execute(ExecutionRequest(workflow_id="test"))
    store = await ExecutionStore.open(tmp_path / "runs.db")
    assert record.status == "completed"
    assert await store.resolve(record.outputs) == {"all": [{"n": number} for number in range(ITEMS)]}
    each = record.step("each")
    assert each is not None
    assert each.iterations is not None
    assert (each.iterations.completed, each.iterations.total) == (ITEMS, ITEMS)
    assert len(record.step_results) < WINDOW * 4 // 3 + 10
    assert each.iterations.omitted == ITEMS - sum(found.parent == "each" for found in record.step_results)

    assert record.step("each[17]") is None
    outer, inner = await store.steps(record.id, ["each[17]"])
    assert (outer.path, outer.status, outer.output) == ("each[17]", "completed", {"n": 17})
    assert (inner.path, inner.input, len(inner.attempts)) == ("each[17].inner", {"n": 17}, 1)
    log = record.index.logs["each"]
    between = {"after": log.first[17] - 1, "until": log.last[17]}
    assert await store.steps(record.id, ["each[17]"], **between) == [outer, inner]
    assert [found.path for found in await store.steps(record.id, ["each[170].inner", "each[1170].inner"])] == [
        "each[170].inner",
        "each[1170].inner",
    ]
    assert await store.steps(record.id, ["each[50000]"]) == []

    head = await store.head(record.id)
    assert head is not None
    assert head.step_results == []
    assert head.to_wire() == {**record.to_wire(), "stepResults": []}

    whole = await store.get(record.id, window=None)
    assert whole is not None
    assert len(whole.step_results) == 2 * ITEMS + 1
    assert (await executor.plan_restart(record.id)).reused == ["each"]
    await store.close()


async def test_resume_with_items_beyond_the_record() -> None:
    count, total = 1_500, 2_000
    plan, watch = over_items(total), Watch()
    await run(plan, watch=watch)
    died_at = next(event.seq for event in watch.events if getattr(event, "path", "") == f"each[{count}]")
    before = watch.events[:died_at]
    assert len(fold(before[0].run_id, before).step_results) < 2 * count

    record, after = await resume(plan, before, Steps())

    assert record.status == "completed"
    assert record.outputs == {"all": [{"n": number} for number in range(total)]}
    each = record.step("each")
    assert each is not None
    assert each.iterations is not None
    assert (each.iterations.started, each.iterations.completed) == (total, total)
    done = {event.path for event in before if isinstance(event, IterationCompleted)}
    ran = {event.path for event in after[died_at:] if isinstance(event, IterationCompleted)}
    assert not done & ran
    assert len(done | ran) == total
