"""The compiler: cold and unchanged at four sizes, and one-step changes."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measure import Row

from wftui.compiler.checks.checker import check_workflow
from wftui.compiler.codegen.step_code import write_step
from wftui.compiler.collection import collection_paused
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.expressions.expression import compile_expression
from wftui.compiler.expressions.template import split_template
from wftui.compiler.python_code import tuple_of
from wftui.compiler.tree.sub_workflows import SubWorkflows
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workspace.files import Workspace

SIZES = (10, 100, 1_000, 5_000)
FRAME_MS = 16.0


def workflow_of(size: int) -> str:
    """A chain of varied steps with conditions, references and literals, as JSON text."""
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
    """The cost of compiling."""
    cold = {size: _cold(size) for size in SIZES}
    for size in SIZES:
        per_step = cold[size] / size * 1000
        against = f"500 µs a step: {per_step:.0f}"
        most = 1 if size >= 100 else None  # the fixed part of a file of ten steps is most of it
        yield Row(f"compile {size:,} steps, cold", f"{cold[size]:.0f} ms of CPU", against, per_step / 500, most)
    ratio = (cold[5_000] / 5_000) / (cold[100] / 100)
    yield Row("cost of a step at 5,000 against 100", f"{ratio:.2f}", "", ratio, 1.5)
    for size in (100, 5_000):
        yield Row(f"compile {size:,} steps, unchanged", f"{_unchanged(size):.2f} ms")
    for size, aim in ((200, FRAME_MS), (2_000, 50.0)):
        first = _first_check(size)
        for kind, edits in _EDITS.items():
            change = _change(size, edits)
            against = f"{aim:.0f} ms; first check {first:.0f} ms"
            yield Row(
                f"check of {size:,} steps after a change of {kind}", f"{change:.1f} ms", against, change / aim, 1.0
            )
        floor = _checked_and_written(size)
        against = f"all of them inherit others: {change:.0f} ms"
        yield Row(f"checking and writing each of {size:,} steps, nothing else", f"{floor:.1f} ms", against)


def _compiler(root: Path) -> WorkflowCompiler:
    return WorkflowCompiler(Workspace(root), builtin_registry())


def _cold(size: int) -> float:
    """Milliseconds of CPU of a first compilation with files written, without imports."""
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


def _reworded(text: str, number: int) -> str:
    return text.replace("step 57 of", f"step 57, change {number}, of")


def _other_condition(text: str, number: int) -> str:
    return text.replace("inputs.name != '56'", f"inputs.name != 'change {number}'")


def _described(text: str, number: int) -> str:
    return text.replace('"id": "flow"', f'"id": "flow", "description": "change {number}"')


def _moved(text: str, number: int) -> str:
    """Move a step over half of the list, and back."""
    document = json.loads(text)
    steps = document["steps"]
    if number % 2 == 0:
        steps.insert(len(steps) * 3 // 4, steps.pop(len(steps) // 4 + 4))
    return json.dumps(document, indent=2)


def _inserted(text: str, number: int) -> str:
    """Insert a step before all others, and remove it."""
    document = json.loads(text)
    if number % 2 == 0:
        document["steps"].insert(0, {"id": "first", "type": "set", "needs": [], "input": {"number": number}})
    return json.dumps(document, indent=2)


def _lowered(text: str, number: int) -> str:
    """Insert a line end before all steps; workflow.py contains their line numbers."""
    return text.replace('"steps": [', '"steps": [' + "\n" * number)


def _swapped(text: str, number: int) -> str:
    document = json.loads(text)
    document["steps"].insert(10 + number, document["steps"].pop(95))
    return json.dumps(document, indent=2)


def _other_types(text: str, number: int) -> str:
    """Change the type of an input that four of five steps read."""
    kind = ("string", "boolean")[number % 2]
    return text.replace('"type": "string"', f'"type": "{kind}"')


def _other_retries(text: str, number: int) -> str:
    return text.replace('"id": "flow"', f'"id": "flow", "defaults": {{"retry": {{"maxAttempts": {number + 2}}}}}')


def _other_inputs(text: str, number: int) -> str:
    return text.replace('"required": [', f'"title": "change {number}", "required": [')


_EDITS: dict[str, Callable[[str, int], str]] = {
    "a text": _reworded,
    "a condition": _other_condition,
    "places, of two neighbours": _swapped,
    "place, of one step over half of the list": _moved,
    "a new first step": _inserted,
    "the lines of all steps, by an empty one": _lowered,
    "the description": _described,
    "the input schema": _other_inputs,
    "the type of an input that 80 % of the steps read": _other_types,
    "defaults that all steps inherit": _other_retries,
}


def _first_check(size: int) -> float:
    """Milliseconds of CPU to check a text with nothing remembered."""
    text = workflow_of(size)
    with tempfile.TemporaryDirectory() as folder:
        compiler = _compiler(Path(folder))
        compiler.check("flow", workflow_of(3))
        begin = time.process_time()
        assert compiler.check("flow", text).success
        return (time.process_time() - begin) * 1000


def _checked_and_written(size: int) -> float:
    """Milliseconds of CPU to check a value and write the Python of each step.

    All expressions are known, nothing has a place in the text, and nothing is compared with an earlier check.
    """
    value, found = json.loads(_other_retries(workflow_of(size), 0)), []
    with tempfile.TemporaryDirectory() as folder:
        compiler = _compiler(Path(folder))
        children = SubWorkflows(compiler.workspace)
        for _ in range(4):
            with collection_paused():
                begin = time.process_time()
                checked = check_workflow(value, "flow", compiler.step_types, children)
                assert checked.tree is not None
                for node in checked.tree.walk():
                    after = [each.id for each in checked.graph.comes_after(node)]
                    write_step(node, [], after, lambda _body: tuple_of([]))
                found.append((time.process_time() - begin) * 1000)
    return min(found)


def _change(size: int, edit: Callable[[str, int], str]) -> float:
    """Milliseconds of CPU to check a text that differs from the last one by one edit."""
    text = workflow_of(size)
    with tempfile.TemporaryDirectory() as folder:
        compiler = _compiler(Path(folder))
        compiler.check("flow", text)
        compiler.check("flow", edit(text, 0))
        found = []
        for number in range(1, 13):
            changed = edit(text, number)
            begin = time.process_time()
            assert compiler.check("flow", changed).success
            found.append((time.process_time() - begin) * 1000)
    return statistics.median(found)


def _write(root: Path, text: str) -> None:
    path = root / "workflows" / "flow" / "workflow.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _milliseconds(work: Any) -> float:
    """Milliseconds of CPU of some work."""
    begin = time.process_time()
    assert work().success
    return (time.process_time() - begin) * 1000
