"""What going on with an interrupted run keeps and what it runs, told before it is done. Pure."""

from wftui.engine.restart.rerun_plan import StepDecision
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult


def plan_resume(record: ExecutionRecord) -> list[StepDecision]:
    """What becomes of each step, in the order of the run; of a forEach or loop its rounds are told in one line."""
    return [_decision(step) for step in record.step_results if "[" not in step.path]


def _decision(step: StepResult) -> StepDecision:
    if step.status not in {"pending", "running", "waiting"}:
        return StepDecision(step.path, "keep", f"{step.status} before")
    return StepDecision(step.path, "run", _why(step))


def _why(step: StepResult) -> str:
    if step.status == "pending":
        return "had not begun"
    if step.iterations is not None:
        ended = step.iterations.completed + step.iterations.failed
        return f"goes on; {ended} rounds that ended are kept"
    if step.waiting is None:
        return "was at work when the process ended; tries again"
    match step.waiting.reason:
        case "delay":
            return "waits on until the moment that was set"
        case "approval":
            return "asks again; its timeout goes on"
        case "child":
            return "goes on with the run it started"
        case "retry":
            return "tries again"
