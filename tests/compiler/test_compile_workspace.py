"""Compiling a workspace: written files, nothing executed, concurrent processes."""

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import obey_permissions

from compiler.compiler_helpers import STEP_TYPES, compiler_of, marked, step, text_of, workflow, write
from wftui.compiler.module_run import CompileFailed
from wftui.compiler.registry import RegistryEntry, read_registry, update_registry
from wftui.model.errors import NotFoundError
from wftui.runtime.scope import Scope
from wftui.workspace.files import Workspace

GOOD = workflow(step("a", input={"x": 1}))
PLANT = "raise SystemExit('planted code was run')\n"


def generated(root: Path, workflow_id: str = "flow") -> Path:
    return root / "workflows" / workflow_id / "workflow.py"


def named(workflow_id: str, **fields: object) -> dict[str, object]:
    return {**GOOD, "id": workflow_id, **fields}


def test_ac_a_1_compile_validates_the_workflow(tmp_path: Path) -> None:
    write(tmp_path, workflow(step("a", input={"x": "{{ inputs.nope }}"})))
    result = compiler_of(tmp_path).compile("flow")
    assert not result.success
    assert [each.code for each in result.errors] == ["reference.input"]
    assert result.generated_code is None
    assert not generated(tmp_path).exists()


def test_ac_a_2_compile_writes_the_python_beside_the_json(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    result = compiler_of(tmp_path).compile("flow")
    assert result.success
    assert generated(tmp_path).read_text() == result.generated_code


def test_ac_a_3_compile_updates_the_registry(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, named("other", version="3.0"), "other")
    compiler = compiler_of(tmp_path)
    compiler.compile("flow")
    assert list(read_registry(tmp_path / "registry.py")) == ["flow"]
    compiler.compile("other")
    entries = read_registry(tmp_path / "registry.py")
    assert {name: entry.version for name, entry in entries.items()} == {"flow": "0.1.0", "other": "3.0"}
    assert (tmp_path / "__init__.py").is_file()
    assert (tmp_path / "workflow.schema.json").is_file()


def test_checking_writes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert compiler_of(tmp_path).check("flow", path.read_text()).success
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["workflow.json"]


def test_an_unknown_workflow_is_not_found(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(NotFoundError, match="did you mean flow"):
        compiler_of(tmp_path).compile("flwo")


def test_unchanged_files_are_not_rewritten(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    compiler_of(tmp_path).compile("flow")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    compiler_of(tmp_path).compile("flow")
    compiler_of(tmp_path).compile_all()
    compiler_of(tmp_path).load("flow")
    assert {path: path.stat().st_mtime_ns for path in files} == before
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(files)


def test_one_broken_workflow_leaves_the_others_usable(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, "{ broken", "broken")
    write(tmp_path, named("later"), "later")
    (tmp_path / "workflows" / "binary").mkdir()
    (tmp_path / "workflows" / "binary" / "workflow.json").write_bytes(b"\xff\xfe\x00")
    results = compiler_of(tmp_path).compile_all()
    assert {result.workflow_id: result.success for result in results} == {
        "binary": False,
        "broken": False,
        "flow": True,
        "later": True,
    }
    assert list(read_registry(tmp_path / "registry.py")) == ["flow", "later"]


def test_broken_or_deleted_workflow_leaves_the_registry(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    path = write(tmp_path, named("other"), "other")
    compiler = compiler_of(tmp_path)
    compiler.compile_all()
    path.write_text("{}")
    compiler.compile("other")
    assert list(read_registry(tmp_path / "registry.py")) == ["flow"]
    write(tmp_path, named("other"), "other")
    compiler.compile_all()
    path.unlink()
    compiler.compile("flow")
    assert list(read_registry(tmp_path / "registry.py")) == ["flow"]


def test_a_planted_module_is_never_run(tmp_path: Path) -> None:
    path = write(tmp_path, named("flow", outputs={"x": "{{ steps.a.output.x }}"}))
    for place in (
        generated(tmp_path),
        tmp_path / "registry.py",
        tmp_path / "__init__.py",
        path.with_name("__init__.py"),
    ):
        place.write_text(PLANT)
    compiler = compiler_of(tmp_path)
    compiler.check("flow", path.read_text())
    assert generated(tmp_path).read_text() == PLANT
    row = compiler.row(Workspace(tmp_path).read("flow"))
    assert row.state == "stale"
    plan = compiler.load("flow").plan
    assert plan.steps[0].input is not None
    assert plan.steps[0].input(Scope()) == {"x": 1}
    assert generated(tmp_path).read_text() == PLANT
    assert not any(name.startswith(("tables", "workflows")) for name in sys.modules)


def test_an_edited_module_is_neither_run_nor_replaced(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    compiler = compiler_of(tmp_path)
    compiler.compile("flow")
    code = generated(tmp_path).read_text()
    generated(tmp_path).write_text(edited := code.replace('"x": 1', '"x": 2'))
    loaded = compiler_of(tmp_path).load("flow")
    assert loaded.plan.steps[0].input is not None
    assert loaded.plan.steps[0].input(Scope()) == {"x": 1}
    assert [each.code for each in loaded.result.warnings] == ["workspace.edited"]
    assert generated(tmp_path).read_text() == edited


def test_a_change_of_the_source_is_seen(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    compiler = compiler_of(tmp_path)
    first = compiler.load("flow").plan
    assert compiler.load("flow").plan is first
    write(tmp_path, workflow(step("a", input={"x": 2})))
    second = compiler.load("flow").plan
    assert second.source_hash != first.source_hash
    assert second.steps[0].input is not None
    assert second.steps[0].input(Scope()) == {"x": 2}


def test_a_broken_workflow_is_not_loaded(tmp_path: Path) -> None:
    write(tmp_path, workflow(step("a", zzz=1), step("b", zzz=1)))
    with pytest.raises(CompileFailed, match=r"line 8, column 7: unknown key 'zzz' \(and 1 more\)") as caught:
        compiler_of(tmp_path).load("flow")
    assert caught.value.exit_code == 3
    assert len(caught.value.result.errors) == 2


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    """A workspace that not even root can write: `workflow.py` is a folder."""
    write(tmp_path, GOOD)
    generated(tmp_path).mkdir()
    (tmp_path / "registry.py").mkdir()
    return tmp_path


def test_read_only_workspace_runs_compiled_code_from_memory(read_only: Path) -> None:
    loaded = compiler_of(read_only).load("flow")
    assert loaded.plan.steps[0].id == "a"
    told = {(each.code, each.type, each.severity) for each in loaded.result.warnings}
    assert told == {("workspace.write", "registry", "warning"), ("registry.write", "registry", "warning")}
    assert "runs use the compiled code from memory" in loaded.result.warnings[0].message


def test_compile_to_an_unwritable_file_fails(read_only: Path) -> None:
    result = compiler_of(read_only).compile("flow")
    assert not result.success
    assert {each.type for each in result.errors} == {"registry"}


def test_folder_without_write_permission_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.parent.chmod(0o500)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "wftui", "compile", "flow", "--tables", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=obey_permissions,
        )
    finally:
        path.parent.chmod(0o700)
    assert done.returncode == 3
    assert "permission denied" in done.stderr


def _compile_many(root: str, first: int) -> None:
    compiler = compiler_of(Path(root))
    for number in range(first, first + 6):
        assert compiler.compile(f"flow{number}").success


def test_concurrent_compiles_lose_no_entry(tmp_path: Path) -> None:
    for number in range(18):
        write(tmp_path, named(f"flow{number}"), f"flow{number}")
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        pool.starmap(_compile_many, [(str(tmp_path), first) for first in (0, 6, 12)])
        pool.close()
        pool.join()
    assert sorted(read_registry(tmp_path / "registry.py")) == sorted(f"flow{number}" for number in range(18))


def test_foreign_registry_is_neither_executed_nor_replaced(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "registry.py").write_text(strange := "WORKFLOWS = {'a': __import__('os').abort()}\n(")
    assert read_registry(tmp_path / "registry.py") == {}
    [failure] = update_registry(Workspace(tmp_path), {"flow": RegistryEntry("1", "sha256:0")}, STEP_TYPES)
    assert failure.code == "workspace.handmade"
    assert (tmp_path / "registry.py").read_text() == strange


def test_damaged_generated_registry_is_replaced(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    head = '"""The compiled workflows of this folder. Generated by wftui: changes made here are lost."""'
    (tmp_path / "registry.py").write_text(f"{head}\n<<<<<<< mine\n(")
    assert update_registry(Workspace(tmp_path), {"flow": RegistryEntry("1", "sha256:0")}, STEP_TYPES) == []
    assert read_registry(tmp_path / "registry.py") == {"flow": RegistryEntry("1", "sha256:0")}


def test_a_stale_module_is_refused_by_the_registry(tmp_path: Path) -> None:
    write(tmp_path / "made", GOOD)
    compiler_of(tmp_path / "made").compile("flow")
    generated(tmp_path / "made").write_text(generated(tmp_path / "made").read_text().replace("sha256:", "sha256:0"))
    done = subprocess.run(
        [sys.executable, "-c", "import made; made.load('flow')"],
        env={"PYTHONPATH": ":".join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is stale; run wftui compile flow" in done.stderr


def test_compiling_imports_neither_screens_nor_http() -> None:
    script = (
        "import sys; from compiler.compiler_helpers import check, step, workflow\n"
        "assert check(workflow(step('a', input={'x': '{{ 1 | string }}'}))).success\n"
        "print([m for m in ('textual', 'httpx2', 'aiosqlite', 'wftui.engine', 'wftui.store') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": ":".join([str(Path(__file__).parents[1]), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


# --- workflows that run others

CHILD = workflow(
    step("a", input={"x": "{{ inputs.n }}"}),
    inputSchema={
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    },
    outputs={"x": "{{ steps.a.output.x }}"},
)


def parent(called: str, outputs: str = "x", **inputs: object) -> dict[str, object]:
    return workflow(
        {"id": "run_it", "type": "workflow", "input": {"workflow": called, "inputs": inputs}},
        step("after", input={"x": f"{{{{ steps.run_it.output.{outputs} }}}}"}),
    )


@pytest.mark.parametrize(
    ("called", "outputs", "inputs", "codes"),
    [
        ("child", "x", {"n": 1}, []),
        ("child", "x", {"n": "{{ 1 + 1 }}"}, []),
        ("child", "x", {}, ["input.missing"]),
        ("child", "x", {"n": "one"}, ["input.type"]),
        ("child", "x", {"n": 1, "m": 2}, ["input.unknown"]),
        ("child", "y", {"n": 1}, ["reference.property"]),
        ("chidl", "x", {"n": 1}, ["workflow.unknown"]),
        ("flow", "x", {}, ["workflow.recursion"]),
        ("back", "x", {}, ["workflow.recursion"]),
    ],
)
def test_a_sub_workflow_is_checked(
    tmp_path: Path, called: str, outputs: str, inputs: dict[str, object], codes: list[str]
) -> None:
    write(tmp_path, {**CHILD, "id": "child"}, "child")
    write(tmp_path, {**workflow({"id": "b", "type": "workflow", "input": {"workflow": "flow"}}), "id": "back"}, "back")
    write(tmp_path, parent(called, outputs, **inputs))
    result = compiler_of(tmp_path).compile("flow")
    assert [each.code for each in result.errors][: len(codes) or None] == codes
    if called == "back":
        assert "flow → back → flow" in result.errors[0].message


def test_a_workflow_that_appears_below_a_sub_workflow_is_seen(tmp_path: Path) -> None:
    def calls(called: str, workflow_id: str) -> None:
        run_it = {"id": "run_it", "type": "workflow", "input": {"workflow": called}}
        write(tmp_path, {**workflow(run_it), "id": workflow_id}, workflow_id)

    calls("middle", "flow")
    calls("last", "middle")
    compiler = compiler_of(tmp_path)
    assert compiler.compile("flow").success
    calls("flow", "last")
    (error,) = compiler.compile("flow").errors
    assert "flow → middle → last → flow" in error.message


@pytest.mark.parametrize(
    ("called", "more", "codes"),
    [
        ("flow", {"maxDepth": 5}, []),
        ("back", {"maxDepth": 5}, []),
        ("bounded", {}, []),
        ("flow", {"maxDepth": 0}, ["input.value"]),
        ("child", {"version": "2.0.0"}, []),
        ("child", {"version": "1.0.0"}, ["workflow.version"]),
        ("child", {"version": "{{ inputs.version }}"}, []),
        ("child", {"hash": "sha256:1"}, ["input.value"]),
        ("child", {"wait": False}, ["reference.property"]),
        ("child", {"wait": "{{ inputs.wait }}"}, []),
    ],
)
def test_how_a_sub_workflow_is_run_is_checked(
    tmp_path: Path, called: str, more: dict[str, object], codes: list[str]
) -> None:
    """A limit anywhere on a cycle limits all of it; an output needs a run to wait for."""
    write(tmp_path, {**CHILD, "id": "child", "version": "2.0.0"}, "child")
    for name, limit in (("back", {}), ("bounded", {"maxDepth": 3})):
        again = {"id": "b", "type": "workflow", "input": {"workflow": "flow", **limit}}
        write(tmp_path, {**workflow(again), "id": name}, name)
    call = {"workflow": called, "inputs": {"n": 1} if called == "child" else {}, **more}
    after = [step("after", input={"x": "{{ steps.run_it.output.x }}"})] if called == "child" else []
    schema = {"type": "object", "properties": {"wait": {"type": "boolean"}, "version": {"type": "string"}}}
    flow = workflow({"id": "run_it", "type": "workflow", "input": call}, *after)
    write(tmp_path, {**flow, "inputSchema": {**schema, "required": ["wait", "version"]}} if called == "child" else flow)
    result = compiler_of(tmp_path).compile("flow")
    found = [each.code for each in [*result.errors, *result.warnings]]
    assert [code for code in found if code != "input.unused"] == codes
    for each in result.warnings:
        if each.code == "workflow.version":
            assert each.message == ("child has version 2.0.0 at present, so the step will fail with workflow.version")
            assert [fix.title for fix in each.fixes] == ["change it to 2.0.0"]


def test_a_change_of_the_sub_workflow_is_seen(tmp_path: Path) -> None:
    write(tmp_path, {**CHILD, "id": "child"}, "child")
    write(tmp_path, parent("child", n=1))
    compiler = compiler_of(tmp_path)
    assert compiler.compile("flow").success
    write(tmp_path, {**CHILD, "id": "child", "outputs": {"z": 1}}, "child")
    assert [each.code for each in compiler.compile("flow").errors] == ["reference.property"]


def test_wrong_inputs_of_a_sub_workflow_are_located(tmp_path: Path) -> None:
    write(tmp_path, {**CHILD, "id": "child"}, "child")
    call = {"id": "call", "type": "workflow", "input": {"workflow": "child", "inputs": {"n": "x", "m": 1}}}
    text = text_of(workflow(call))
    write(tmp_path, text)
    told = [
        (each.code, marked(text, each), each.location.step_id, each.location.field)
        for each in compiler_of(tmp_path).compile("flow").errors
    ]
    assert sorted(told) == [
        ("input.type", '"x"', "call", "input.inputs.n"),
        ("input.unknown", '"m"', "call", "input.inputs.m"),
    ]
