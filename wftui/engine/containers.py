"""Steps made of steps: `group`, `switch`, `loop`, and `forEach` on any step."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wftui.engine.body import BodyResult
from wftui.engine.cancel import Stopped, StopScope
from wftui.engine.conditions import holds
from wftui.engine.failures import describe
from wftui.engine.frame import Frame
from wftui.engine.iterations import IterationMarks
from wftui.engine.outcome import BRANCH_NOT_TAKEN, Failure
from wftui.model.base import Json
from wftui.model.execution import ExecutionError
from wftui.runtime.errors import BindingError, WorkflowError
from wftui.runtime.plan import CasePlan, StepPlan

if TYPE_CHECKING:
    from wftui.engine.steprunner import StepRunner


def parent_of(frame: Frame, step: StepPlan, path: str) -> str | None:
    """The path a step, or an item of its forEach, stands in."""
    return frame.path if path == frame.prefix + step.id else frame.prefix + step.id


async def run_container(runner: "StepRunner", step: StepPlan, frame: Frame, path: str, stop: StopScope) -> Json:
    """One attempt of a container; returns its output.

    Raises:
        Failure: something inside failed, and nothing handled it.
        Stopped: a stop came before everything inside had ended by itself.
    """
    if step.loop is not None:
        return await _run_loop(runner, step, frame, path, stop)
    steps = step.body
    inside = frame.inside(path, stop)
    if step.cases:
        taken = _taken(step, frame)
        for case in step.cases:
            if case is not taken:
                for inner in case.steps:
                    await runner.skip_step(inner, inside, BRANCH_NOT_TAKEN)
        steps = taken.steps if taken else ()
    return _output(await runner.run_body(steps, inside))


def _taken(step: StepPlan, frame: Frame) -> CasePlan | None:
    default = next((case for case in step.cases if case.when is None), None)
    return next((case for case in step.cases if case.when and holds(case.when, frame.scope, "when")), default)


def _output(result: BodyResult) -> Json:
    if result.error is not None:
        raise Failure(result.error, 1)
    if result.cut:
        raise Stopped
    return result.output


async def _run_loop(runner: "StepRunner", step: StepPlan, frame: Frame, path: str, stop: StopScope) -> Json:
    plan = step.loop
    assert plan is not None
    core = runner.core
    marks = IterationMarks(core, step, path)
    await marks.planned(None)
    for index in range(plan.max_iterations):
        begun = core.now()
        place = f"{path}[{index}]"
        inside = frame.with_locals(index=index).inside(place, stop)
        await marks.started(index, None)
        try:
            output = _output(await runner.run_body(step.body, inside))
            done = holds(plan.until, inside.scope, "until")
        except Stopped:
            await marks.cancelled(index, Stopped(), core.since(begun))
            raise
        except Failure as failure:
            await marks.failed(index, failure.error, core.since(begun))
            raise
        except Exception as error:
            await marks.failed(index, describe(error, core.plan, step, place, 1), core.since(begun))
            raise
        await marks.completed(index, output, core.since(begun))
        if done:
            return output
        if index + 1 < plan.max_iterations:
            await stop.sleep(plan.delay)
    raise WorkflowError("loop.limit", f"`until` was still false after {plan.max_iterations} iterations")


async def run_for_each(runner: "StepRunner", step: StepPlan, frame: Frame, path: str) -> list[Json]:
    """Run a step once per item; returns the outputs in the order of the items, null for an item that failed.

    Raises:
        Failure: the list cannot be had, or an item failed and `onItemError` is `fail`.
        Stopped: a stop came before every item had ended.
    """
    plan = step.for_each
    assert plan is not None
    core = runner.core
    try:
        items = _items(step, frame)
    except Exception as error:
        raise Failure(describe(error, core.plan, step, path, 1), 1) from error
    await runner.started(step, frame, path, 1)
    marks = IterationMarks(core, step, path)
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
            begun = core.now()
            await marks.started(index, core.emitter.label(items[index]))
            inside = frame.with_locals(**{plan.as_: items[index], "index": index})
            try:
                output, _ = await runner.attempts(step, inside, f"{path}[{index}]")
            except Stopped as stopped:
                cut = True
                await marks.cancelled(index, stopped, core.since(begun))
            except Failure as failure:
                failures.append((index, failure.error))
                await marks.failed(index, failure.error, core.since(begun))
            else:
                outputs[index] = output
                await marks.completed(index, output, core.since(begun))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(plan.max_parallel, len(items)) - 1):
            group.create_task(work())
        await work()
    if failures and plan.on_item_error == "fail":
        raise Failure(failures[0][1], 1)
    if cut or next(waiting, None) is not None:
        raise Stopped
    return outputs


def _items(step: StepPlan, frame: Frame) -> list[Json]:
    plan = step.for_each
    assert plan is not None
    items = plan.items(frame.scope)
    if not isinstance(items, list):
        raise BindingError(
            "binding.type", f"`forEach.in` must give a list; it gave a value of type {type(items).__name__}"
        )
    if len(items) > plan.max_items:
        raise BindingError("binding.limit", f"`forEach.in` gave {len(items)} items; `maxItems` allows {plan.max_items}")
    return items
