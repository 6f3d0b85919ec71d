"""Locate a failed expression in workflow.json by the traceback of its code."""

from wftui.runtime.plan import SourceSpot, WorkflowPlan


def locate(plan: WorkflowPlan, error: BaseException) -> SourceSpot | None:
    """Return the location of the plan's expression that raised an error, or None."""
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
        return None
    name, first = outer
    lines = [known for function, known in plan.spots if function == name and known <= line - first]
    return plan.spots[name, max(lines)] if lines else None
