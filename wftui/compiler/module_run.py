"""Loading of compiled workflows: their source is executed, no file is imported."""

import re
from collections.abc import Iterator

from wftui.compiler.collection import collection_paused
from wftui.model.data_class import dataclass
from wftui.model.errors import ExitCode, UserError
from wftui.model.workflow.compilation import CompilationResult
from wftui.runtime.plan import WorkflowPlan


class CompileFailed(UserError):  # noqa: N818  (reads as a sentence)
    """A workflow with errors, which `result` lists."""

    code = "workflow.errors"
    exit_code = ExitCode.NOT_COMPILED

    def __init__(self, result: CompilationResult) -> None:
        first, *others = result.errors
        more = f" (and {len(others)} more)" if others else ""
        super().__init__(
            f"{result.workflow_id} does not compile: line {first.line}, column {first.column}: {first.message}{more}"
        )
        self.result = result


@dataclass(frozen=True, slots=True)
class LoadedWorkflow:
    """A workflow ready to run: the plan, its source and its Python."""

    plan: WorkflowPlan
    source: str
    code: str
    result: CompilationResult


_SLICE_LINES = 300
"""CPython needs about 70 times the size of the source while it compiles: a big module is compiled in slices."""

_STATEMENT = re.compile(
    r'"""\\\n(?:[^"\\]|\\.|"(?!""))*+"""|(?<=\n\n)(?=def |[A-Z])'
    r'|(?<=,\n)(?P<spot>(?=    \("\w+", \d+\): SourceSpot\())',
    re.DOTALL,
)
"""A string of several lines, or the start of a top-level statement (after an empty line, at the left edge) or of an
entry of SPOTS."""


@collection_paused()
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
    """Split a module into consecutive parts that keep their line numbers.

    Those of SPOTS each add their entries to it.
    """
    line = start = 0
    opening = ""
    for boundary in _STATEMENT.finditer(code):
        is_spot = boundary["spot"] is not None
        lines = code.count("\n", start, boundary.start())
        if lines >= _SLICE_LINES and (is_spot or not boundary[0]):
            yield "\n" * line + opening + code[start : boundary.start()] + ("}" if is_spot else "")
            line, start, opening = line + lines, boundary.start(), "SPOTS |= {" if is_spot else ""
    yield "\n" * line + opening + code[start:]
