"""Locate a failed expression in workflow.json, by traceback or by its function."""

from wftui.runtime.plan import SourceSpot, WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError


def locate(plan: WorkflowPlan, error: BaseException) -> SourceSpot | None:
    """Return the location of the expression that an error is about, or None."""
    functions = {name for name, _line in plan.spots}
    outer: tuple[str, int] | None = None
    line = 0
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("WORKFLOW") is plan:
            # Lambdas and inner functions are within the lines of the named function.
            if frame.f_code.co_name in functions:
                outer = frame.f_code.co_name, frame.f_code.co_firstlineno
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    if outer is None:
        return _origin(plan, error.origin) if isinstance(error, WorkflowError) and error.origin else None
    name, first = outer
    lines = [known for function, known in plan.spots if function == name and known <= line - first]
    return plan.spots[name, max(lines)] if lines else None


def _origin(plan: WorkflowPlan, origin: tuple[str, str]) -> SourceSpot | None:
    name, end = origin
    return next(
        (spot for (function, _), spot in plan.spots.items() if function == name and spot.pointer.endswith(end)), None
    )
