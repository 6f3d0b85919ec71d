"""`race`: branches side by side, of which the first success wins."""

from wftui.engine.primitives.cancellation import Stopped, StopScope
from wftui.engine.primitives.outcome import LOST
from wftui.engine.primitives.tasks import task_group
from wftui.engine.run.steps.body import BodyResult, StepExecution
from wftui.engine.run.steps.frame import Frame
from wftui.model.base import Json
from wftui.model.run.events import StepWon
from wftui.runtime.json_values import if_small
from wftui.runtime.plan import BranchPlan, StepPlan
from wftui.runtime.workflow_errors import WorkflowError


async def run_race(runner: StepExecution, step: StepPlan, frame: Frame, path: str, stop: StopScope) -> Json:
    """Run the branches; return name and output of the first that succeeds.

    All others have ended then.

    Raises:
        WorkflowError: `race.failed`: no branch succeeded.
        Stopped: a stop came first.
    """
    race = _Race(runner, step, frame, path, stop)
    try:
        await race.run()
    finally:
        race.close()
    return race.output()


class _Race:
    def __init__(self, runner: StepExecution, step: StepPlan, frame: Frame, path: str, stop: StopScope) -> None:
        self._runner = runner
        self._step = step
        self._frame = frame
        self._path = path
        self._stop = stop
        self._scopes = {branch.name: StopScope(stop) for branch in step.branches}
        self._results: dict[str, BodyResult] = {}
        self._winner = runner.context.carried.won.get(path)

    async def run(self) -> None:
        if self._winner is not None:
            self._stop_others()
        async with task_group() as group:
            for branch in self._step.branches:
                group.create_task(self._branch(branch))

    def close(self) -> None:
        for scope in self._scopes.values():
            scope.close()

    def output(self) -> Json:
        if self._winner is not None:
            result = self._results[self._winner]
            return {"branch": self._winner, "output": result.value()}
        if self._stop.stopped:
            raise Stopped
        errors = {name: result.error for name, result in self._results.items() if result.error is not None}
        if not errors:
            raise WorkflowError("race.failed", "no branch won: the steps of all branches were skipped")
        sentences = "; ".join(f"{name}: {error.message}" for name, error in errors.items())
        details = {name: if_small(error.to_wire()) for name, error in errors.items()}
        raise WorkflowError("race.failed", f"no branch won: {sentences}", details={"branches": details})

    async def _branch(self, branch: BranchPlan) -> None:
        inside = self._frame.inside(self._path, self._scopes[branch.name])
        result = self._results[branch.name] = await self._runner.run_body(branch.steps, inside)
        if result.error is None and not result.cut and result.succeeded and self._winner is None:
            # No await between this decision and the stop of the others.
            self._winner = branch.name
            self._stop_others()
            context = self._runner.context
            await context.emitter.emit(StepWon(**context.about(self._step, self._path), branch=branch.name))

    def _stop_others(self) -> None:
        for name, scope in self._scopes.items():
            if name != self._winner:
                scope.stop(LOST)
