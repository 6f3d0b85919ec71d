"""`forEach` of a step: one run per item, with results in the order of the items."""

from wftui.engine.primitives.cancellation import Stopped, StopScope
from wftui.engine.primitives.conditions import evaluate, origin, truth
from wftui.engine.primitives.failures import describe
from wftui.engine.primitives.outcome import WHEN_IS_FALSE, Failure, StepOutcome
from wftui.engine.primitives.tasks import task_group
from wftui.engine.run.steps.body import StepEnd, StepExecution
from wftui.engine.run.steps.frame import Frame
from wftui.engine.run.steps.item_failures import ItemFailures
from wftui.engine.run.steps.iteration_events import IterationMarks
from wftui.engine.run.steps.policies import count
from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError
from wftui.runtime.language.json_kinds import kind_and_value
from wftui.runtime.matrix import matrix_items, too_many
from wftui.runtime.plan import FAILED_ITEM_CANCELS, StepPlan
from wftui.runtime.workflow_errors import BindingError


async def run_for_each(
    runner: StepExecution, step: StepPlan, frame: Frame, path: str
) -> tuple[list[Json], ExecutionError | None]:
    """Run a step once per item.

    Returns:
        The outputs in the order of the items, null for failed and skipped ones, and an error that lists the failed.

    Raises:
        Failure: the list cannot be evaluated, or an item failed and `onItemError` is `fail`.
        Stopped: a stop came before every item had ended.
    """
    context = runner.context
    try:
        max_parallel, items = await _items(step, frame)
    except Exception as error:
        raise Failure(describe(error, context.plan, step, path, 1)) from error
    if path in context.carried.open:
        context.carried.open.discard(path)
    else:
        await runner.started(step, frame, path, 1)
    going = _Items(runner, step, frame, path, items, max_parallel)
    try:
        return await going.run()
    finally:
        going.stop.close()


class _Items:
    """The items of a running forEach.

    Attributes:
        stop: of the items alone, for the end that one of them causes.
    """

    def __init__(
        self, runner: StepExecution, step: StepPlan, frame: Frame, path: str, items: list[Json], max_parallel: int
    ) -> None:
        plan = step.for_each
        assert plan is not None
        self.stop = StopScope(frame.stop)
        self._runner = runner
        self._context = runner.context
        self._step = step
        self._plan = plan
        self._frame = frame
        self._path = path
        self._items = items
        self._max_parallel = max_parallel
        self._marks = IterationMarks(runner.context, step, path)
        self._outputs: list[Json] = [None] * len(items)
        self._failures: list[tuple[int, ExecutionError]] = []
        self._passed: list[tuple[int, ExecutionError]] = []  # that a catch or `onLimit` lets pass
        self._waiting = iter(range(len(items)))
        self._previous: Json = None
        self._ended_at: int | None = None
        self._cut = False
        self._pure = runner.is_pure(step)

    async def run(self) -> tuple[list[Json], ExecutionError | None]:
        """Run the items; return and raise what `run_for_each` does."""
        plan, items = self._plan, self._items
        await self._marks.planned(len(items))
        if plan.stop_when is not None and self._context.carried.ends:
            await self._find_end()
        async with task_group() as group:
            for _ in range(min(self._max_parallel, len(items)) - 1):
                group.create_task(self._work())
            await self._work()
        problems = [*self._failures, *self._passed]
        failed = ItemFailures(items, problems, self._context.emitter.label)
        if self._ended_at is not None:
            del self._outputs[self._ended_at + 1 :]
        elif self._failures and plan.on_item_error == "fail":
            raise Failure(failed.first())
        elif self._cut or next(self._waiting, None) is not None:
            raise Stopped
        return self._outputs, failed.summary(self._step, self._path) if problems else None

    def _place(self, index: int) -> str:
        return f"{self._path}[{index}]"

    async def _work(self) -> None:
        while (index := self._next()) is not None:
            reused = await self._runner.reused(self._place(index))
            if reused is None:
                await self._run_item(index)
            else:
                await self._context.yield_point.reach()
                self._keep(index, reused)

    def _next(self) -> int | None:
        failed = self._failures and self._plan.on_item_error == "fail"
        if failed or self._ended_at is not None or self._frame.closed:
            return None
        return next(self._waiting, None)

    def _keep(self, index: int, reused: StepOutcome) -> None:
        if reused.status == "failed" and reused.error is not None and not reused.handled:
            self._failures.append((index, reused.error))
        elif reused.status != "skipped":
            self._outputs[index] = self._previous = reused.output
            if reused.error is not None:
                self._passed.append((index, reused.error))

    async def _run_item(self, index: int) -> None:
        context, plan = self._context, self._plan
        names: dict[str, Json] = {"index": index, "previous": self._previous} if plan.remembers else {"index": index}
        inside = self._frame.with_locals(self.stop, **{**names, plan.as_: self._items[index]})
        begun = context.begun(self._place(index))
        try:
            if plan.when is not None and not truth(await evaluate(plan.when, inside.scope), "forEach.when", plan.when):
                await self._marks.skipped(index, WHEN_IS_FALSE)
                return
            await self._marks.started(index, context.emitter.label(self._items[index]), at_once=self._pure)
            end = await self._runner.attempts(self._step, inside, self._place(index))
            is_last = await self._ends(inside, end.output)
            if is_last and self.stop.stopped:
                raise Stopped  # another item has ended it
        except Stopped as stopped:
            self._cut = True
            await self._marks.cancelled(index, stopped, context.since(begun), self.stop)
        except Failure as failure:
            await self._fail(index, failure.error, context.since(begun))
        except Exception as error:  # noqa: BLE001  (a condition that raises is a failure of its item)
            described = describe(error, context.plan, self._step, self._place(index), 1)
            await self._fail(index, described, context.since(begun))
        else:
            await self._complete(index, end, context.since(begun), is_last=is_last)

    async def _complete(self, index: int, end: StepEnd, duration: float, *, is_last: bool) -> None:
        self._outputs[index] = self._previous = end.output
        if end.error is not None:
            self._passed.append((index, end.error))
        if is_last:
            self._ended_at = index
            self.stop.stop()
        if end.handled and end.error is not None:
            await self._marks.failed(index, end.error, duration, handled=True, output=end.output)
        else:
            await self._marks.completed(index, end.output, duration, end.error, later=self._pure)

    async def _fail(self, index: int, error: ExecutionError, duration: float) -> None:
        self._failures.append((index, error))
        if self._plan.on_item_error == "fail" and self._context.rules >= FAILED_ITEM_CANCELS:
            self.stop.stop()
        await self._marks.failed(index, error, duration)

    async def _ends(self, inside: Frame, output: Json) -> bool:
        """Return whether `stopWhen` ends the forEach after an item."""
        if self._plan.stop_when is None:
            return False
        scope = inside.with_locals(output=output).scope
        return truth(await evaluate(self._plan.stop_when, scope), "forEach.stopWhen", self._plan.stop_when)

    async def _find_end(self) -> None:
        """Find the item that had ended the forEach in an earlier process or run."""
        ended_at = None
        for index, item in enumerate(self._items):
            reused = await self._runner.reused(self._place(index))
            if reused is None:
                continue
            inside = self._frame.with_locals(index=index, previous=self._previous, **{self._plan.as_: item})
            self._keep(index, reused)
            if ended_at is None and reused.edge == "succeeded" and await self._ends(inside, reused.output):
                ended_at = index
        self._ended_at = ended_at
        if ended_at is None:
            self._failures.clear()
            self._passed.clear()
            self._previous = None


async def _items(step: StepPlan, frame: Frame) -> tuple[int, list[Json]]:
    """Return how many items may run at the same time, and the items."""
    plan = step.for_each
    assert plan is not None
    limits = await evaluate(plan.limits, frame.scope) if plan.limits is not None else {}
    most = count(limits.get("maxItems", plan.max_items), "forEach.maxItems", plan.limits)
    max_parallel = count(limits.get("maxParallel", plan.max_parallel), "forEach.maxParallel", plan.limits)
    items = await evaluate(plan.items, frame.scope)
    try:
        return max_parallel, matrix_items(items, most) if plan.matrix else _checked(items, most)
    except BindingError as error:
        error.origin = origin(plan.items)
        raise


def _checked(items: Json, most: int) -> list[Json]:
    """Return the items of a list; raise an error for other values or too many."""
    if not isinstance(items, list):
        raise BindingError("binding.type", f"`forEach.in` must give a list; it gave {kind_and_value(items)}")
    if len(items) > most:
        raise too_many(len(items), most)
    return items
