"""Executes the text of a compiled workflow, without ever importing a file."""

import re
from collections.abc import Iterator

from wftui.runtime.plan import WorkflowPlan

_SLICE_LINES = 1_000
"""CPython holds some 70 times the size of a text while it compiles it: a big module is compiled in slices."""

_STATEMENT = re.compile(r'"""\\\n(?:[^"\\]|\\.|"(?!""))*+"""|(?<=\n\n)(?=def |[A-Z])', re.DOTALL)
"""A text of several lines, or where a top-level statement begins: after an empty line, at the left edge."""


def run_module(code: str, filename: str) -> WorkflowPlan:
    """Execute a compiled workflow and give its plan.

    Args:
        filename: what tracebacks and breakpoints call it.
    """
    namespace: dict[str, object] = {"__name__": "wftui_compiled_workflow", "__file__": filename}
    for text in _slices(code):
        exec(compile(text, filename, "exec"), namespace)
    plan = namespace["WORKFLOW"]
    assert isinstance(plan, WorkflowPlan)
    return plan


def _slices(code: str) -> Iterator[str]:
    """Parts of a module that follow one another, each moved down to the line where it stands in the whole."""
    line = start = lines = 0
    for boundary in _STATEMENT.finditer(code):
        lines = code.count("\n", start, boundary.start())
        if lines >= _SLICE_LINES and not boundary[0]:
            yield "\n" * line + code[start : boundary.start()]
            line, start = line + lines, boundary.start()
    yield "\n" * line + code[start:]
