"""The compiler: cold and unchanged at four sizes, and a one-step change as it happens while typing."""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure import Row

from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.expressions.expression import compile_expression
from wftui.compiler.expressions.template import split_template
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workspace.files import Workspace

SIZES = (10, 100, 1_000, 5_000)
FRAME_MS = 16.0


def workflow_of(size: int) -> str:
    """A chain of different steps with conditions, references and literals, as JSON text."""
    steps: list[dict[str, Any]] = []
    for number in range(size):
        before = f"steps.s{number - 1}.output"
        if number % 5 == 0:
            step: dict[str, Any] = {
                "type": "shell",
                "input": {"script": f"echo {number} $NAME", "env": {"NAME": "{{ inputs.name }}"}},
                "retry": {"maxAttempts": 3},
            }
        else:
            read = f"{before}.exitCode" if number % 5 == 1 else f"{before}.count"
            step = {
                "type": "set",
                "input": {"count": f"{{{{ {read} + 1 }}}}", "text": f"step {number} of {{{{ inputs.name | upper }}}}"},
            }
        if number % 7 == 0:
            step["when"] = f"inputs.name != '{number}'"
        steps.append({"id": f"s{number}", **step})
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    return json.dumps({"format": 1, "id": "flow", "inputSchema": schema, "steps": steps}, indent=2)


def rows() -> Iterator[Row]:
    """What compiling costs."""
    cold = {size: _cold(size) for size in SIZES}
    for size in SIZES:
        per_step = cold[size] / size * 1000
        yield Row(f"compile {size:,} steps, cold", f"{cold[size]:.0f} ms", f"{per_step:.0f} µs a step")
    ratio = (cold[5_000] / 5_000) / (cold[100] / 100)
    yield Row("cost of a step at 5,000 against 100", f"{ratio:.2f}", "", ratio, 1.5)
    for size in (100, 5_000):
        yield Row(f"compile {size:,} steps, unchanged", f"{_unchanged(size):.2f} ms")
    for size, aim in ((200, FRAME_MS), (2_000, 50.0)):
        change = _change(size)
        yield Row(f"check after a change in {size:,} steps", f"{change:.1f} ms", f"{aim:.0f} ms", change / aim, 1.0)


def _compiler(root: Path) -> WorkflowCompiler:
    return WorkflowCompiler(Workspace(root), builtin_registry())


def _cold(size: int) -> float:
    """Milliseconds of a first compile, files written, with nothing remembered; imports done before."""
    text, found = workflow_of(size), []
    for _ in range(5 if size <= 100 else 2):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            _write(root, workflow_of(3))
            compiler = _compiler(root)
            compiler.compile("flow")
            compile_expression.cache_clear()
            split_template.cache_clear()
            _write(root, text)
            found.append(_milliseconds(lambda compiler=compiler: compiler.compile("flow")))
    return statistics.median(found)


def _unchanged(size: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write(root, workflow_of(size))
        compiler = _compiler(root)
        compiler.compile("flow")
        return statistics.median(_milliseconds(lambda: compiler.compile("flow")) for _ in range(9))


def _change(size: int) -> float:
    """Milliseconds of CPU to check a text that differs from the last one in one step."""
    text = workflow_of(size)
    with tempfile.TemporaryDirectory() as folder:
        compiler = _compiler(Path(folder))
        compiler.check("flow", text)
        found = []
        for number in range(15):
            changed = text.replace("step 57 of", f"step 57, change {number}, of")
            begin = time.process_time()
            assert compiler.check("flow", changed).success
            found.append((time.process_time() - begin) * 1000)
    return statistics.median(found)


def _write(root: Path, text: str) -> None:
    path = root / "workflows" / "flow" / "workflow.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _milliseconds(work: Any) -> float:
    begin = time.perf_counter()
    assert work().success
    return (time.perf_counter() - begin) * 1000
