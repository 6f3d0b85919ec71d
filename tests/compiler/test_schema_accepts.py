"""The shipped JSON Schema of workflow.json accepts every file that compiles."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from engine.control_flow.table import FLOWS
from steps.foreign_answers import places, with_value

from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.schema import workflow_schema
from wftui.model.base import Json
from wftui.model.workflow.containers import CONTAINERS
from wftui.steps.file.input import Action
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workspace.files import Workspace

ROOT = Path(__file__).parents[2]
SCHEMA = jsonschema.Draft202012Validator(workflow_schema(builtin_registry()))
SHELL: dict[str, Any] = {"id": "s", "type": "shell", "input": {"script": "true"}}
_SHARES = 80
VALUES: list[Json] = [
    *(None, True, 3, 2.5, "odd", "{{ vars.x }}", "a {{ vars.x }}", "{% raw %}x{% endraw %}", "5s", "3"),
    *(["odd"], [3], [], {"odd": 1}, {"a": "{{ vars.x }}"}, {}),
]


def compiles(source: Any) -> bool:
    compiler = WorkflowCompiler(Workspace(Path("nowhere")), builtin_registry())
    return compiler.check(source["id"] if isinstance(source["id"], str) else "flow", json.dumps(source)).success


def complaints(source: Json) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(source)]


def corpus() -> Iterator[Any]:
    """The workflows of the flows, the examples and the pages."""
    yield from (flow.source for flow in FLOWS)
    for path in (ROOT / "tables" / "workflows").glob("*/workflow.json"):
        yield json.loads(path.read_text("utf-8"))
    for page in (ROOT / "docs").rglob("*.md"):
        for found in re.finditer(r"```json tables/workflows/\S+\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            yield json.loads(found[1])


def bases() -> Iterator[tuple[dict[str, Any], list[tuple[Any, ...]]]]:
    """Workflows with each key of the format and each field of each step type."""
    workflow: dict[str, Any] = {"format": 1, "id": "flow", "vars": {"x": 1}}
    registry = builtin_registry()
    for step_type in registry.types():
        fields = step_type.input_schema().get("properties", {})
        example = dict(step_type.example)
        step: dict[str, Any] = {"id": "s", "type": step_type.word, "input": example}
        if step_type.connection_kind:
            step["connection"] = "c"
        source = {**workflow, "connections": {"c": {"kind": step_type.connection_kind or "http"}}, "steps": [step]}
        own = [*places(example), *((name,) for name in fields if name not in example)]
        yield source, [("steps", 0, "input", *path) for path in own]
    inputs = {each.word: {"input": dict(each.example)} for each in registry.types()}
    yield (
        {**workflow, "steps": [SHELL], "defaults": {"types": inputs}},
        [("defaults", *each) for each in places({"types": inputs})],
    )
    step = SHELL | {
        "forEach": {"in": "[1]", "as": "i", "maxParallel": 1, "when": "true", "stopWhen": "true", "maxItems": 3},
        "retry": {"maxAttempts": 2, "delay": "1s", "backoff": 2, "maxDelay": "1s", "jitter": 0.1, "totalTimeout": "1s"},
        "catch": [{"on": ["timeout"], "steps": [SHELL | {"id": "h"}], "output": 1}],
        "onError": {"fallback": 1},
        "timeout": "1s",
    }
    yield {**workflow, "steps": [step]}, [("steps", 0, *path) for path in places(step) if path[0] != "input"]
    for container in CONTAINERS:
        yield {**workflow, "steps": [container.example]}, [("steps", 0, *path) for path in places(container.example)]
    others: dict[str, Any] = {
        "defaults": {"timeout": "1s", "types": {"shell": {"input": {"env": {"A": "b"}}, "timeout": "1s"}}},
        "concurrency": {"group": "a", "onBusy": "skip"},
        "outputs": {"a": 1},
        "labels": {"a": "b"},
        "finally": [SHELL | {"id": "end"}],
    }
    yield {**workflow, **others, "steps": [SHELL]}, list(places(others))


def test_it_accepts_the_workflows_of_this_project() -> None:
    sources = [source for source in corpus() if compiles(source)]
    assert len(sources) > len(FLOWS)
    assert {source["id"]: found for source in sources if (found := complaints(source))} == {}


def test_it_accepts_fields_that_defaults_give() -> None:
    defaults = {"types": {"shell": {"input": {"script": "true"}}, "workflow": {"input": {"workflow": "other"}}}}
    steps = [{"id": "a", "type": "shell", "input": {}}, {"id": "b", "type": "workflow", "input": {"inputs": {}}}]
    assert complaints({"format": 1, "id": "flow", "defaults": defaults, "steps": steps}) == []


def incomplete() -> Iterator[dict[str, Any]]:
    """Steps that lack one field of their input, or all of them, or the input itself."""
    actions = [{"action": each, "path": "a", "content": "b", "to": "c"} for each in get_args(Action)]
    for step_type in builtin_registry().types():
        for example in [dict(step_type.example), *(actions if step_type.word == "file" else [])]:
            step = {"id": "s", "type": step_type.word, "input": example}
            if step_type.connection_kind:
                step["connection"] = "c"
            yield {key: value for key, value in step.items() if key != "input"}
            yield {**step, "input": {}}
            for name in example:
                yield {**step, "input": {key: value for key, value in example.items() if key != name}}


def placed(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The step in a place for steps."""
    first = SHELL | {"id": "first"}
    yield {"steps": [step]}
    yield {"steps": [first], "finally": [step]}
    yield {"steps": [{"id": "g", "type": "group", "steps": [step]}]}
    yield {"steps": [{"id": "g", "type": "loop", "until": "true", "maxIterations": 1, "steps": [step]}]}
    yield {"steps": [{"id": "g", "type": "switch", "cases": [{"when": "true", "steps": [step]}]}]}
    switch = {"cases": [{"when": "true", "steps": [first]}], "default": {"steps": [step]}}
    yield {"steps": [{"id": "g", "type": "switch", **switch}]}
    yield {"steps": [{"id": "g", "type": "race", "branches": [{"name": "b", "steps": [step]}]}]}
    yield {"steps": [first | {"catch": [{"steps": [step]}]}]}
    yield {"steps": [first | {"catch": [{"steps": [{"id": "g", "type": "group", "steps": [step]}]}]}]}


@pytest.mark.first_cases(3)
@pytest.mark.parametrize("number", range(len(list(placed(SHELL)))))
def test_it_rejects_a_step_without_a_needed_field_wherever_it_stands(number: int) -> None:
    kinds = {each.word: each.connection_kind for each in builtin_registry().types()}
    compiler = WorkflowCompiler(Workspace(Path("nowhere")), builtin_registry())
    needed = 0
    for step in incomplete():
        kind = kinds[step["type"]]
        known = {"connections": {"c": {"kind": kind}}} if kind else {}
        source = {"format": 1, "id": "flow", **known, **list(placed(step))[number]}
        errors = compiler.check("flow", json.dumps(source)).errors
        # The arguments of `main` follow from its code, which no schema reads.
        errors = [each for each in errors if not each.message.startswith("main cannot be called")]
        # "onTimeout" without "timeout" and the like are refused, not missing.
        missing = [each for each in errors if re.search(r"missing|Give exactly one of|needs \"", each.message)]
        assert bool(missing) == bool(complaints(source)), (source, missing)
        needed += bool(missing)
    assert needed > 20


@pytest.mark.parametrize("given", [{"cwd": 3}, {"scrip": "true"}, {"parse": "jsn"}, {"env": ["A"]}])
def test_it_rejects_what_no_default_can_be(given: dict[str, Json]) -> None:
    source = {"format": 1, "id": "flow", "defaults": {"types": {"shell": {"input": given}}}, "steps": [SHELL]}
    assert not compiles(source)
    assert len(complaints(source)) == 1


def test_it_still_rejects_what_no_default_can_mend() -> None:
    steps = [{"id": "a", "type": "shell", "input": {"scrip": "true", "parse": "xml"}}]
    assert len(complaints({"format": 1, "id": "flow", "steps": steps})) == 3


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("share", range(_SHARES))
def test_it_accepts_every_value_that_compiles(share: int) -> None:
    cases = [(source, path, value) for source, paths in bases() for path in paths for value in VALUES]
    random.Random(7).shuffle(cases)
    accepted = 0
    for source, path, value in cases[share::_SHARES]:
        changed = with_value(source, path, value)
        if compiles(changed):
            accepted += 1
            assert complaints(changed) == [], (path, value)
    assert accepted > 10
