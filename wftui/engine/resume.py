"""Going on with a run whose process died: what must be known, and what must be asked first."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wftui.engine.prior import Prior, RunHistory
from wftui.engine.secret_inputs import restored
from wftui.model.base import Json
from wftui.model.errors import ConflictError, NotFoundError, UserError
from wftui.model.events import TERMINAL_EVENTS, Created
from wftui.model.workflow import CONTAINER_TYPES
from wftui.runtime.plan import StepPlan, WorkflowPlan

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore

_PAGE = 2000
_INDEX = re.compile(r"(\[\d+\])+$")


class ConfirmationNeeded(UserError):  # noqa: N818  (a question, which `confirmed` answers)
    """Steps that may not run twice were running when the process died. `paths` names them."""

    code = "resume.confirm"

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(paths)}: running when the process died, so its work may be done already, and the workflow"
            " says it must not be done twice; resume with confirmation to run it again"
        )
        self.paths = list(paths)


async def read_history(store: "ExecutionStore", execution_id: str) -> RunHistory:
    """A run's events, boiled down.

    Raises:
        NotFoundError: there is no such run.
    """
    history = RunHistory(Prior(store.resolve))
    after = 0
    while page := await store.events(execution_id, after=after, limit=_PAGE):
        for event in page:
            history.note(event)
        after = page[-1].seq
    return history


def check_resumable(history: RunHistory, execution_id: str) -> Created:
    """Refuse what cannot be resumed; returns how the run began.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: the run has ended, or is not interrupted.
    """
    if history.created is None or history.last is None:
        raise NotFoundError(f"no run {execution_id}")
    last = history.last.type
    if last in TERMINAL_EVENTS:
        raise ConflictError(f"run {execution_id} has already ended: it is {last}")
    if last != "interrupted":
        raise ConflictError(f"run {execution_id} is not interrupted: another process runs it")
    return history.created


def may_have_run(plan: WorkflowPlan, prior: Prior) -> list[str]:
    """Paths of the steps that were running when the process died and that the workflow wants to run only once."""
    steps = {step.id: step for step in every_step(plan)}
    found = ((path, steps.get(declared_id(path))) for path in sorted(prior.open))
    return [path for path, step in found if step and not step.idempotent and not _goes_on(step, path, prior)]


def declared_id(path: str) -> str:
    """The id of the step at a path: `build[3].fetch` → `fetch`, `build[3]` → `build`."""
    return _INDEX.sub("", path.rpartition(".")[2])


def every_step(plan: WorkflowPlan) -> list[StepPlan]:
    """All steps of a plan, inner ones included."""
    found: list[StepPlan] = []
    todo = [*plan.steps, *plan.finally_]
    while todo:
        step = todo.pop()
        found.append(step)
        todo += [*step.body, *(inner for case in step.cases for inner in case.steps)]
    return found


def inputs_again(plan: WorkflowPlan, stored: Json, given: Mapping[str, Json]) -> dict[str, Json]:
    """The inputs a run was started with; the secret ones, which are not stored, from `given`.

    Raises:
        UsageError: a secret input is not given.
    """
    return restored(stored, given, plan.secret_inputs)


def _goes_on(step: StepPlan, path: str, prior: Prior) -> bool:
    """Whether a resume goes on inside of the step, or with its wait, rather than running it again."""
    return step.type in CONTAINER_TYPES or path in prior.planned or path in prior.waits
