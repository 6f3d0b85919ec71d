"""`forEach` of a step: one run per item, with results in the order of the items."""

from collections.abc import Iterator

from wftui.engine.primitives.cancellation import Stopped
from wftui.engine.primitives.conditions import evaluate
from wftui.engine.primitives.failures import describe
from wftui.engine.primitives.outcome import Failure
from wftui.engine.primitives.tasks import task_group
from wftui.engine.run.steps.body import StepExecution
from wftui.engine.run.steps.frame import Frame
from wftui.engine.run.steps.item_failures import ItemFailures
from wftui.engine.run.steps.iteration_events import IterationMarks
from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError
from wftui.runtime.plan import StepPlan
from wftui.runtime.workflow_errors import BindingError


async def run_for_each(
    runner: StepExecution, step: StepPlan, frame: Frame, path: str
) -> tuple[list[Json], ExecutionError | None]:
    """Run a step once per item.

    Returns:
        The outputs in the order of the items, null for failed items, and an error that lists those.

    Raises:
        Failure: the list cannot be evaluated, or an item failed and `onItemError` is `fail`.
        Stopped: a stop came before every item had ended.
    """
    plan = step.for_each
    assert plan is not None
    context = runner.context
    try:
        items = await _items(step, frame)
    except Exception as error:
        raise Failure(describe(error, context.plan, step, path, 1), 1) from error
    if path in context.carried.open:
        context.carried.open.discard(path)
    else:
        await runner.started(step, frame, path, 1)
    marks = IterationMarks(context, step, path)
    await marks.planned(len(items))
    outputs: list[Json] = [None] * len(items)
    failures: list[tuple[int, ExecutionError]] = []
    waiting = iter(range(len(items)))
    cut = False

    def next_items() -> Iterator[int]:
        while not (failures and plan.on_item_error == "fail") and not frame.closed:
            index = next(waiting, None)
            if index is None:
                return
            yield index

    async def work() -> None:
        nonlocal cut
        for index in next_items():
            reused = await runner.reused(f"{path}[{index}]")
            if reused is not None:
                await context.yield_point.reach()
                outputs[index] = reused.output
                if reused.error is not None:
                    failures.append((index, reused.error))
                continue
            begun = context.now()
            await marks.started(index, context.emitter.label(items[index]))
            inside = frame.with_locals(**{plan.as_: items[index], "index": index})
            try:
                output, _ = await runner.attempts(step, inside, f"{path}[{index}]")
            except Stopped as stopped:
                cut = True
                await marks.cancelled(index, stopped, context.since(begun))
            except Failure as failure:
                failures.append((index, failure.error))
                await marks.failed(index, failure.error, context.since(begun))
            else:
                outputs[index] = output
                await marks.completed(index, output, context.since(begun))

    async with task_group() as group:
        for _ in range(min(plan.max_parallel, len(items)) - 1):
            group.create_task(work())
        await work()
    failed = ItemFailures(items, failures, context.emitter.label)
    if failures and plan.on_item_error == "fail":
        raise Failure(failed.first(), 1)
    if cut or next(waiting, None) is not None:
        raise Stopped
    return outputs, failed.summary(step, path) if failures else None


async def _items(step: StepPlan, frame: Frame) -> list[Json]:
    plan = step.for_each
    assert plan is not None
    items = await evaluate(plan.items, frame.scope)
    if not isinstance(items, list):
        raise BindingError(
            "binding.type", f"`forEach.in` must give a list; it gave a value of type {type(items).__name__}"
        )
    if len(items) > plan.max_items:
        raise BindingError("binding.limit", f"`forEach.in` gave {len(items)} items; `maxItems` allows {plan.max_items}")
    return items
