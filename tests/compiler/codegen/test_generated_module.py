"""workflow.py: readable, formatted, deterministic, and executable by itself."""

import importlib
import json
import linecache
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from mypy import api

from compiler.compiler_helpers import assert_harmless, check, compiler_of, step, workflow, write
from compiler.every_feature import EVERYTHING
from wftui.compiler.module_run import CompileFailed, run_module
from wftui.model.workflow.definition import Workflow
from wftui.runtime.plan import step_infos
from wftui.runtime.scope import Scope, StepValues
from wftui.runtime.source_positions import locate
from wftui.runtime.workflow_errors import BindingError

RUFF = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))


def compiled(source: dict[str, Any]) -> str:
    result = check(source)
    assert not result.errors, [each.message for each in result.errors]
    assert result.generated_code is not None
    return result.generated_code


def test_the_same_file_gives_the_same_bytes_in_every_process() -> None:
    script = "import compiler.codegen.test_generated_module as test; print(test.compiled(test.EVERYTHING), end='')"
    made = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join([str(Path(__file__).parents[2]), *sys.path])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert made == {compiled(EVERYTHING)}


@pytest.mark.parametrize("width", ["88", "100", "120"])
def test_generated_code_is_ruff_formatted(width: str, tmp_path: Path) -> None:
    assert RUFF is not None
    compiler = compiler_of(tmp_path)
    write(tmp_path, EVERYTHING)
    assert compiler.compile("flow").success
    command = [RUFF, "format", "--isolated", "--diff", "--no-cache", "--line-length", width, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0
    done = subprocess.run(
        [RUFF, "check", "--isolated", "--no-cache", "--select", "E4,E7,E9,F,I,N8,UP,B,C4", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_it_type_checks(tmp_path: Path) -> None:
    path = tmp_path / "workflow.py"
    path.write_text(compiled(EVERYTHING))
    # With the project's own settings and cache: mypy takes its time over pydantic otherwise.
    limit = sys.getrecursionlimit()
    try:
        out, _errors, status = api.run(["--config-file", str(Path(__file__).parents[3] / "pyproject.toml"), str(path)])
    finally:
        sys.setrecursionlimit(limit)  # mypy raises it, and other tests of this process refuse deep values by it
    assert status == 0, out


def test_plan_matches_the_source(tmp_path: Path) -> None:
    write(tmp_path, EVERYTHING)
    plan = compiler_of(tmp_path).load("flow").plan
    assert (plan.id, plan.name, plan.version) == ("flow", 'Every "kind" of thing', "2.1.0")
    assert (plan.timeout, plan.max_parallel, plan.fail_fast, plan.env) == (3600, 3, True, ("HOME",))
    assert plan.secret_inputs == ("/list/*/key", "/token")
    assert list(plan.input_schema["properties"]) == ["name", "list", "token", "float"]
    first, each, choose, again, both, last = plan.steps
    assert (first.retry.max_attempts, first.timeout) == (2, 30)
    assert each.for_each is not None
    assert (each.for_each.as_, each.for_each.max_parallel, each.for_each.on_item_error) == ("one", 4, "continue")
    assert (choose.needs, choose.after) == (("first",), ("each",))
    assert [[inner.id for inner in case.steps] for case in choose.cases] == [["left"], ["middle"], ["right"]]
    assert choose.cases[2].when is None
    assert again.loop is not None
    assert (again.loop.max_iterations, again.loop.delay, again.after) == (5, 0.01, ("choose",))
    assert (both.join, both.needs, both.timeout, both.retry.max_attempts) == ("none_failed", ("choose",), None, 1)
    in_a, in_b = both.body
    assert (in_a.on_error, in_a.fallback, in_a.retry.on) == ("fallback", {"a": [1]}, ("http", "timeout"))
    assert (in_b.disabled, in_b.output_schema, in_b.timeout, in_b.idempotent) == (True, {"type": "object"}, 1.5, False)
    assert (last.on_error, last.needs, last.after) == ("continue", ("first",), ("both",))
    assert [each.id for each in plan.finally_] == ["clean"]
    assert list(plan.outputs) == ["n", "Not an identifier!", "1"]


def test_default_timeout_excludes_waiting_steps(tmp_path: Path) -> None:
    question = {"type": "approval", "input": {"prompt": "Go on?"}}
    steps = [
        {"id": "asks", **question},
        {"id": "asks_briefly", **question, "timeout": "1m"},
        {"id": "waits", "type": "delay", "input": {"for": "1h"}},
        step("works"),
        {"id": "holds", "type": "group", "steps": [{"id": "asks_inside", **question}, step("works_inside")]},
    ]
    write(tmp_path, workflow(*steps, defaults={"timeout": "30s"}))
    *outer, group = compiler_of(tmp_path).load("flow").plan.steps
    assert {each.id: each.timeout for each in (*outer, group, *group.body)} == {
        "asks": None,
        "asks_briefly": 60,
        "waits": None,
        "works": 30,
        "holds": None,
        "asks_inside": None,
        "works_inside": 30,
    }


def test_bindings_keep_types_and_embed_objects_as_json(tmp_path: Path) -> None:
    write(tmp_path, EVERYTHING)
    first = compiler_of(tmp_path).load("flow").plan.steps[0]
    assert first.input is not None
    bound = first.input(Scope(inputs={"name": "ada", "list": [{"key": 1}], "token": ""}, env={"HOME": "/root"}))
    assert bound["text"] == "ada and /root and 1"
    assert bound["value"] == [{"key": 1}]
    assert bound["nested"] == {"deep": [1, 2.5, None, True, {"a b": "ADA"}]}
    assert bound["long"] == "ada"
    assert bound["literal"] == EVERYTHING["steps"][0]["input"]["literal"]


def test_output_of_a_skipped_step_is_null(tmp_path: Path) -> None:
    write(tmp_path, EVERYTHING)
    outputs = compiler_of(tmp_path).load("flow").plan.outputs
    assert outputs["n"](Scope(steps={"first": StepValues(status="skipped")})) is None
    assert outputs["n"](Scope(steps={"first": StepValues({"value": [1]}, "completed")})) == 1
    with pytest.raises(BindingError, match="has no key 'value'"):
        outputs["n"](Scope(steps={"first": StepValues({}, "completed")}))


def test_outline_matches_the_plan(tmp_path: Path) -> None:
    write(tmp_path, EVERYTHING)
    compiler = compiler_of(tmp_path)
    assert compiler.outline("flow").steps == step_infos(compiler.load("flow").plan)


def test_a_failing_binding_names_its_place_in_the_source(tmp_path: Path) -> None:
    path = write(tmp_path, EVERYTHING)
    loaded = compiler_of(tmp_path).load("flow")
    first = loaded.plan.steps[0]
    assert first.input is not None
    with pytest.raises(BindingError) as caught:
        first.input(Scope(inputs={"name": "ada", "list": []}))
    spot = locate(loaded.plan, caught.value)
    assert spot is not None
    assert spot.pointer == "/steps/0/input/text"
    line = path.read_text().split("\n")[spot.line - 1]
    assert line[spot.column - 1 :].startswith("env.HOME }}")
    frames = traceback.extract_tb(caught.value.__traceback__)
    ours = next(frame for frame in frames if frame.filename.endswith("workflow.py"))
    assert ours.line is not None
    assert "HOME" in ours.line


def test_every_expression_has_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, EVERYTHING)
    plan = compiler_of(tmp_path).load("flow").plan
    lines = path.read_text().split("\n")
    starts = sorted(lines[spot.line - 1][spot.column - 1 :].split()[0] for spot in plan.spots.values())
    assert len(plan.spots) == 18
    assert all(start[0].isalpha() for start in starts)


def test_it_is_imported_and_called_by_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = tmp_path / "made_tables"
    write(
        tables,
        workflow(
            step("a", input={"x": "{{ inputs.n + 1 }}"}), inputSchema={"properties": {"n": {}}, "required": ["n"]}
        ),
    )
    assert compiler_of(tables).compile("flow").success
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module("made_tables")
    plan = package.load("flow")
    assert plan.steps[0].input(Scope(inputs={"n": 2})) == {"x": 3}
    assert package.WORKFLOWS["flow"].hash == plan.source_hash


def test_module_runs_standalone(tmp_path: Path) -> None:
    write(tmp_path, workflow(
        step("a", input={"x": "{{ inputs.n + 1 }}"}),
        inputSchema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        outputs={"x": "{{ steps.a.output.x }}"},
    ))  # fmt: skip
    assert compiler_of(tmp_path).compile("flow").success
    path = tmp_path / "workflows" / "flow" / "workflow.py"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)}
        return subprocess.run(
            [sys.executable, str(path), *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert "n" in run("--help").stdout
    done = run("-i", "n=41", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outputs"] == {"x": 42}
    assert run("-i", "n=text").returncode == 2


def test_json_text_becomes_literals_only() -> None:
    assert_harmless(compiled(EVERYTHING))


def test_hash_ignores_irrelevant_changes() -> None:
    def hashed(**changes: Any) -> str:
        code = compiled({**EVERYTHING, **changes})
        return next(line for line in code.splitlines() if line.startswith("Source: "))

    assert hashed(description="other", labels={}, name="Other") == hashed()
    assert hashed(steps=[{**EVERYTHING["steps"][0], "note": "!"}, *EVERYTHING["steps"][1:]]) == hashed()
    assert hashed(maxParallel=4) != hashed()
    assert Workflow.model_validate(EVERYTHING).max_parallel == 3


def test_lines_of_a_plan_from_memory_are_found(tmp_path: Path) -> None:
    source = json.dumps(workflow(step("a", input={"x": "{{ inputs.n }}"}), inputSchema={"properties": {"n": {}}}))
    loaded = compiler_of(tmp_path).load_text("flow", source)
    assert loaded.plan.steps[0].input is not None
    with pytest.raises(BindingError) as caught:
        loaded.plan.steps[0].input(Scope())
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert any('values.look_up(scope.inputs, "inputs", "n")' in (frame.line or "") for frame in frames)
    linecache.checkcache()
    again = compiler_of(tmp_path).load_stored("flow", source)
    assert again.plan.source_hash == loaded.plan.source_hash


def test_a_stored_workflow_has_a_plan_although_its_surroundings_are_gone(tmp_path: Path) -> None:
    call = {"id": "call", "type": "workflow", "input": {"workflow": "gone", "inputs": {}}}
    source = json.dumps(workflow(step("a"), call, {"id": "b", "type": "acme.kiln", "input": {}}))
    compiler = compiler_of(tmp_path)
    with pytest.raises(CompileFailed):
        compiler.load_text("flow", source)
    assert [each.id for each in compiler.load_stored("flow", source).plan.steps] == ["a", "call", "b"]
    with pytest.raises(CompileFailed):
        compiler.load_stored("flow", json.dumps(workflow(step("a", input={"x": "{{ steps.b.output }}"}))))


@pytest.mark.parametrize(
    "text",
    ["{{ inputs.n }}\n\ndef f():\n\nX = ", 'a"""\\\n\nX = 1\n\n"""\\\n\ndef f():\n\nY,\n    ("f", 1): SourceSpot("'],
)
def test_line_numbers_of_a_long_module_are_right(text: str, tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(400)]
    source = workflow(*(step(name, input={"x": text, "n": "{{ inputs.n }}"}) for name in names))
    source["inputSchema"] = {"properties": {"n": {}}}
    loaded = compiler_of(tmp_path).load_text("flow", json.dumps(source))
    lines = loaded.code.splitlines()
    assert len(lines) > 3_000
    assert [each.id for each in loaded.plan.steps] == names
    for each in loaded.plan.steps:
        assert each.input is not None
        begins = each.input.__code__.co_firstlineno
        assert lines[begins - 1].startswith(f"def {each.input.__name__}(")
    whole: dict[str, Any] = {"__name__": "whole"}
    exec(loaded.code, whole)
    assert len(loaded.plan.spots) >= len(names)
    assert list(loaded.plan.spots.items()) == list(whole["SPOTS"].items())


@pytest.mark.parametrize("group", ["deploy", "deploy-{{ inputs.host }}", "{{ vars.site if inputs.host else none }}"])
def test_a_concurrency_group_is_in_the_plan(group: str) -> None:
    source = {
        "format": 1,
        "id": "flow",
        "inputSchema": {"type": "object", "properties": {"host": {"type": "string"}}, "required": ["host"]},
        "vars": {"site": "north"},
        "concurrency": {"group": group, "onBusy": "skip"},
        "steps": [{"id": "a", "type": "set", "input": {"x": 1}}],
    }
    plan = run_module(compiled(source), "workflow.py")
    assert plan.concurrency is not None
    value = plan.concurrency.group(Scope(inputs={"host": "web1"}, locals={"vars": {"site": "north"}}))
    expected = {"deploy": "deploy", "deploy-{{ inputs.host }}": "deploy-web1"}.get(group, "north")
    assert (value, plan.concurrency.on_busy) == (expected, "skip")


@pytest.mark.parametrize(
    ("inside", "remembers"),
    [
        (step("a", input={"n": "{{ previous.n if previous else 0 }}"}), True),
        ({"id": "g", "type": "group", "steps": [step("a", input={"n": "{{ previous }}"})]}, True),
        ({"id": "g", "type": "group", "steps": [step("a")], "catch": [{"steps": [step("b", when="previous")]}]}, True),
        ({"id": "l", "type": "loop", "while": "previous", "maxIterations": 2, "steps": [step("a")]}, False),
        (step("a", forEach={"in": "previous or [1]"}), True),
        (step("a", forEach={"in": "[1]"}, input={"n": "{{ previous }}"}), False),
        (step("a"), False),
    ],
)
def test_a_loop_remembers_what_a_step_inside_reads(inside: dict[str, Any], remembers: bool) -> None:
    source = workflow({"id": "around", "type": "loop", "until": "index > 3", "maxIterations": 9, "steps": [inside]})
    [plan] = run_module(compiled(source), "workflow.py").steps
    assert plan.loop is not None
    assert plan.loop.remembers == remembers
