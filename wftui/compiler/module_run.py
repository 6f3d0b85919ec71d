"""Execute the source of a compiled workflow, without importing a file."""

import re
from collections.abc import Iterator

from wftui.runtime.plan import WorkflowPlan

_SLICE_LINES = 1_000
"""CPython needs about 70 times the size of the source while it compiles: a big module is compiled in slices."""

_STATEMENT = re.compile(r'"""\\\n(?:[^"\\]|\\.|"(?!""))*+"""|(?<=\n\n)(?=def |[A-Z])', re.DOTALL)
"""A string of several lines, or the start of a top-level statement: after an empty line, at the left edge."""


def run_module(code: str, filename: str) -> WorkflowPlan:
    """Execute a compiled workflow and return its plan.

    Args:
        filename: its name in tracebacks and breakpoints.
    """
    namespace: dict[str, object] = {"__name__": "wftui_compiled_workflow", "__file__": filename}
    for text in _slices(code):
        exec(compile(text, filename, "exec"), namespace)
    plan = namespace["WORKFLOW"]
    assert isinstance(plan, WorkflowPlan)
    return plan


def _slices(code: str) -> Iterator[str]:
    """Split a module into consecutive parts that keep their line numbers."""
    line = start = lines = 0
    for boundary in _STATEMENT.finditer(code):
        lines = code.count("\n", start, boundary.start())
        if lines >= _SLICE_LINES and not boundary[0]:
            yield "\n" * line + code[start : boundary.start()]
            line, start = line + lines, boundary.start()
    yield "\n" * line + code[start:]
