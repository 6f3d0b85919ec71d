"""Step runner: `when`, then attempts (bind, validate, run, check) and `onError`."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wftui.engine.primitives.cancellation import Stopped, StopScope
from wftui.engine.primitives.conditions import evaluate, truth
from wftui.engine.primitives.failures import describe, may_retry, parse_input, retry_after
from wftui.engine.primitives.outcome import CANCELLED, CUTS, WHEN_IS_FALSE, Failure, Skip, StepOutcome, after_failure
from wftui.engine.primitives.retry import delay_before_next
from wftui.engine.primitives.schema_validation import check_output
from wftui.engine.run.state.leaf_work import LeafAttempt, run_here
from wftui.engine.run.state.run_context import RunContext
from wftui.engine.run.steps.body import BodyResult, StepEnd, run_body
from wftui.engine.run.steps.catching import run_catching
from wftui.engine.run.steps.containers import parent_of, run_container
from wftui.engine.run.steps.foreach import run_for_each
from wftui.engine.run.steps.frame import Frame
from wftui.engine.run.steps.iteration_events import reason_of
from wftui.engine.run.steps.policies import with_policy
from wftui.engine.run.steps.step_context import EngineStepContext
from wftui.model.base import Json
from wftui.model.run.events import StepCancelled, StepCompleted, StepFailed, StepRetrying, StepSkipped, StepStarted
from wftui.model.run.steps import ExecutionError
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.runtime.json_values import ensure_json
from wftui.runtime.plan import StepPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import CaughtAgainError, WorkflowError

_COPIED_AT_ONCE = 100


class StepRunner:
    """Runner of the steps of one run."""

    def __init__(self, context: RunContext) -> None:
        self.context = context

    async def run_body(self, steps: Sequence[StepPlan], frame: Frame, *, fail_fast: bool | None = None) -> BodyResult:
        """Run a list of steps."""
        fast = self.context.plan.fail_fast if fail_fast is None else fail_fast
        return await run_body(steps, frame, self.run_step, self.skip_step, fail_fast=fast)

    async def run_step(self, step: StepPlan, frame: Frame) -> StepOutcome:
        """Run a step that its join admits, and return its outcome."""
        context = self.context
        path = frame.prefix + step.id
        reused = await self.reused(path)
        if reused is not None:
            return reused
        begun = context.begun(path)
        attempts, handled = 1, False
        error: ExecutionError | None = None
        entered = False
        try:
            if not await self._may_run(step, frame.scope, path):
                return await self.skip_step(step, frame, WHEN_IS_FALSE)
            frame.stop.check()
            entered = True
            if step.for_each is not None:
                output, error = await run_for_each(self, step, frame, path)
            else:
                end = await self.attempts(step, frame, path)
                output, attempts, error, handled = end.output, end.attempts, end.error, end.handled
        except Stopped as stopped:
            if not entered:
                await self.skip_inside(step, path, frame.stop.why)
            await self._cancelled(step, frame, path, begun, stopped)
            return StepOutcome("cancelled", cut=True)
        except Failure as failure:
            if not entered:
                await self.skip_inside(step, path, after_failure(step.id))
            return await self._failed(step, path, begun, failure)
        if handled and error is not None:
            return await self._end_failed(step, path, begun, Failure(error, attempts), output, handled=True)
        context.warnings += error is not None
        big = await context.emitter.emit(
            StepCompleted(
                **context.about(step, path),
                output=output,
                item_errors=error,
                duration=context.since(begun),
                attempt=attempts,
            ),
            later=self.is_pure(step) and step.for_each is None,
        )
        return StepOutcome("completed", output=output, error=error, attempts=attempts, big=big)

    async def reused(self, path: str) -> StepOutcome | None:
        """Return the outcome of a step or iteration that is reused, or None.

        Results of another run are recorded in this one.
        """
        carried = self.context.carried
        outcome = await carried.reused(path)
        copies = carried.copies.pop(path, [])
        for event in copies:
            passed = event.item_errors is not None if isinstance(event, StepCompleted) else False
            self.context.warnings += passed or (isinstance(event, StepFailed) and event.handled)
        for start in range(0, len(copies), _COPIED_AT_ONCE):
            await self.context.emitter.emit(*copies[start : start + _COPIED_AT_ONCE])
            await self.context.yield_point.reach()
        return outcome

    async def skip_step(self, step: StepPlan, frame: Frame, skip: Skip) -> StepOutcome:
        """Record that a step and its inner steps are skipped."""
        await self._emit_skips([(step, frame.path)], skip)
        return StepOutcome("skipped", because_failed=skip.because_failed)

    async def skip_inside(self, step: StepPlan, path: str, skip: Skip) -> None:
        """Record that the inner steps of a container are skipped, but not the container."""
        await self._emit_skips(_inside(step, path), skip)

    async def skip_steps(self, steps: Sequence[StepPlan], parent: str, skip: Skip) -> None:
        """Record that some steps inside a step are skipped."""
        await self._emit_skips([(step, parent) for step in steps], skip)

    async def _emit_skips(self, steps: list[tuple[StepPlan, str | None]], skip: Skip) -> None:
        context = self.context
        events: list[StepSkipped | StepCancelled] = []
        todo = steps[::-1]
        while todo:
            step, parent = todo.pop()
            path = f"{parent}.{step.id}" if parent else step.id
            todo += reversed(_inside(step, path))
            if path in context.carried.ends or path in context.carried.cancelled:
                continue
            if path in context.carried.open and skip.reason in CUTS:  # it ran when the process ended
                why = skip.reason if skip is not CANCELLED else None
                events.append(StepCancelled(**context.about(step, path), reason=why))
                continue
            events.append(
                StepSkipped(
                    **context.about(step, path),
                    step_name=step.name,
                    step_type=step.type,
                    parent=parent,
                    reason=skip.reason,
                    because_failed=skip.because_failed,
                )
            )
        if events:
            await context.emitter.emit(*events)

    def attempts(self, step: StepPlan, frame: Frame, path: str) -> Awaitable[StepEnd]:
        """Run the attempts of a step or item, and the handlers of its error.

        Not a coroutine of its own: most steps have no catch.

        Raises:
            Failure: the last attempt failed.
            Stopped: a stop came.
        """
        if step.catch:
            return run_catching(self, step, frame, path, self._attempts)
        return self._attempts(step, frame, path)

    async def _attempts(self, step: StepPlan, frame: Frame, path: str) -> StepEnd:
        """Run the attempts of a step or item.

        Raises:
            Failure: the last attempt failed.
            Stopped: a stop came.
        """
        context = self.context
        try:
            step = step if step.policy is None else await with_policy(step, step.policy, frame.scope)
        except Exception as error:  # a policy that raises is a failure of the step
            raise Failure(describe(error, context.plan, step, path, 1)) from error
        failed = context.carried.failed.get(path, 0)
        attempt = context.carried.attempts.get(path, 0)
        if step.type in CONTAINER_TYPES and path in context.carried.open:
            attempt -= 1  # it continues in the same attempt
        due = context.carried.retry_at(path)
        if due is not None:
            await frame.stop.sleep(max(0.0, (due - context.now()).total_seconds()))
        total, left = step.retry.total_timeout, None
        until = None if total is None else context.now() + timedelta(seconds=total - context.carried.tried_for(path))
        while True:
            attempt += 1
            try:
                frame.stop.check()
                if until is not None:
                    left = (until - context.now()).total_seconds()
                    if left <= 0 and failed:
                        raise WorkflowError("timeout", "")
                if step.type in CONTAINER_TYPES:
                    output, problem = await self._container_attempt(step, frame, path, attempt, left)
                    return StepEnd(output, attempt, problem)
                return StepEnd(await self._leaf_attempt(step, frame, path, attempt, failed + 1, left), attempt)
            except Stopped:
                raise
            except Exception as error:  # noqa: BLE001  (any error of a step is a failure of that step)
                again = frame.caught if isinstance(error, CaughtAgainError) else None
                described = again or describe(error, context.plan, step, path, attempt)
            failed += 1
            if until is not None and described.type == "timeout" and context.now() >= until:
                sentence = f"all attempts together took longer than retry.totalTimeout of {total:g} s"
                raise Failure(described.model_copy(update={"message": sentence}), attempt)
            if failed >= step.retry.max_attempts or not may_retry(described, step.retry.on):
                raise Failure(described, attempt)
            context.carried.forget_inside(path)
            delay = delay_before_next(step.retry, failed, context.random, retry_after(described))
            if until is not None and context.now() + timedelta(seconds=delay) >= until:
                raise Failure(described, attempt)
            retrying = StepRetrying(
                **context.about(step, path), attempt=attempt, error=described, next_at=context.now()
            )
            retrying.next_at = retrying.timestamp + timedelta(seconds=delay)
            await context.emitter.emit(retrying)
            await frame.stop.sleep(delay)

    async def started(
        self, step: StepPlan, frame: Frame, path: str, attempt: int, bound: Json = None, *, at_once: bool = False
    ) -> None:
        """Record the start of an attempt.

        For a step that may run only once, the event is committed first, so that no crash can hide it; for one that may
        act outside, so are the ends of the steps before.

        Args:
            at_once: its end follows well within a millisecond, and both are recorded together.
        """
        context = self.context
        event = StepStarted(
            **context.about(step, path),
            step_name=step.name,
            step_type=step.type,
            parent=parent_of(frame, step, path),
            attempt=attempt,
            input=bound,
            pool=step.pool,
        )
        if at_once and step.idempotent:
            context.emitter.hold(event)
        else:
            await context.emitter.emit(event, safe=not step.idempotent or context.emitter.unsaved)

    def is_pure(self, step: StepPlan) -> bool:
        """Return whether a step only computes: nobody can notice that it ran again."""
        kind = self.context.step_types.get(step.type)
        return kind is not None and kind.pure and step.idempotent

    async def _leaf_attempt(
        self, step: StepPlan, frame: Frame, path: str, attempt: int, number: int, left: float | None
    ) -> Json:
        context = self.context
        kind = context.step_types.get(step.type)
        if kind is None:
            raise WorkflowError("validation.type", f"there is no step type {step.type!r} here; is a plugin missing?")
        await context.slots.acquire(frame.stop)
        step_context = EngineStepContext(context, step, path, attempt)
        try:
            scope = frame.scope
            if step.connection is not None:
                step_context.connection = await context.connections.get(step.connection)
                scope = replace(scope, connection=step_context.connection or {})
            bound = await evaluate(step.input, scope) if step.input is not None else {}
            await ensure_json(bound, "binding.not_json", "the input")
            parsed = parse_input(kind.input_model, bound)
            at_once = kind.immediate and step.pool is None
            again = path in context.carried.open
            await self.started(step, frame, path, attempt, bound, at_once=at_once)
            try:
                if at_once:
                    await context.yield_point.reach()
                    output = await kind.run(parsed, step_context)
                else:
                    limit, settings = _sooner(step.timeout, left), context.settings
                    work = LeafAttempt(
                        step, kind, bound, parsed, step_context, number, again, frame.stop, limit, settings
                    )
                    output = await (run_here(work) if step.pool is None else self._in_pool(work))
            finally:
                await step_context.close()
            await ensure_json(output, "output.not_json", "the output")
            await check_output(step, output)
            return output
        finally:
            if step_context.holds_slot:
                context.slots.release()

    async def _in_pool(self, work: LeafAttempt) -> Json:
        if self.context.workers is None:
            raise WorkflowError("internal", f"this process cannot reach the workers of pool {work.step.pool!r}")
        return await self.context.workers.run(work)

    async def _container_attempt(
        self, step: StepPlan, frame: Frame, path: str, attempt: int, left: float | None
    ) -> tuple[Json, ExecutionError | None]:
        context = self.context
        spent = 0.0
        if path in context.carried.open:
            context.carried.open.discard(path)
            spent = context.carried.spent(path)
        else:
            await self.started(step, frame, path, attempt)
        stop = StopScope(frame.stop)
        limit = _sooner(step.timeout - spent if step.timeout is not None else None, left)
        if limit is not None:
            stop.start_timer(limit)
        try:
            output, problem = await run_container(self, step, frame, path, stop)
        except Stopped:
            if stop.timed_out:
                raise WorkflowError(
                    "timeout", f"it took longer than its timeout of {step.timeout or limit:g} s"
                ) from None
            raise
        finally:
            stop.close()
        await check_output(step, output)
        return output, problem

    async def _may_run(self, step: StepPlan, scope: Scope, path: str) -> bool:
        try:
            return step.when is None or truth(await evaluate(step.when, scope), "when", step.when)
        except Exception as error:  # a condition that raises is a failure, never false
            raise Failure(describe(error, self.context.plan, step, path, 1)) from error

    async def _cancelled(self, step: StepPlan, frame: Frame, path: str, begun: datetime, stopped: Stopped) -> None:
        context = self.context
        await context.emitter.emit(
            StepCancelled(
                **context.about(step, path),
                duration=context.since(begun),
                abandoned=stopped.abandoned,
                reason=reason_of(frame.stop),
            )
        )

    async def _failed(self, step: StepPlan, path: str, begun: datetime, failure: Failure) -> StepOutcome:
        output = step.fallback if step.on_error == "fallback" else None
        return await self._end_failed(step, path, begun, failure, output, handled=step.on_error != "fail")

    async def _end_failed(
        self, step: StepPlan, path: str, begun: datetime, failure: Failure, output: Json, *, handled: bool
    ) -> StepOutcome:
        context = self.context
        context.warnings += handled
        await context.emitter.emit(
            StepFailed(
                **context.about(step, path),
                error=failure.error,
                duration=context.since(begun),
                attempt=failure.attempts,
                handled=handled,
                output=output,
            )
        )
        return StepOutcome("failed", output=output, error=failure.error, handled=handled, attempts=failure.attempts)


def _sooner(timeout: float | None, left: float | None) -> float | None:
    """Return the smaller of two limits, in seconds; None without any."""
    if left is None:
        return timeout
    return max(0.0, left if timeout is None else min(timeout, left))


def _inside(step: StepPlan, path: str) -> list[tuple[StepPlan, str | None]]:
    """Return the direct inner steps of a container with its path.

    Inner steps whose addresses need an iteration are omitted.
    """
    return [(inner, path) for inner in step.fixed_inside]
