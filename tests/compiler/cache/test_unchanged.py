"""Cached compilations equal fresh ones, and never count against the bytes on disk."""

import asyncio
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compiler.compiler_helpers import step, workflow, write
from compiler.every_feature import EVERYTHING
from wftui.compiler.cache import cache_file
from wftui.compiler.cache.cache_file import CompilationCache
from wftui.compiler.cache.entries import entry_from_json
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.base import Json
from wftui.model.workers_address import VARIABLE
from wftui.workbench import Settings, Workbench
from wftui.workspace.locate import user_data_path

GOOD = workflow(step("a", input={"x": 1}), outputs={"x": "{{ steps.a.output.x }}"})
HEAD = """
import asyncio, sys
from pathlib import Path
from wftui.workbench import Settings, Workbench
root = Path(sys.argv[1])
print(asyncio.run(Workbench(Settings(root, root.parent / "runs.db")).workflows.head(sys.argv[2])).to_wire())
print(*sys.modules, file=sys.stderr)
"""
HEAVY = ("wftui.compiler.compiler", "jinja2", "jsonschema", "psutil")


def edited(source: dict[str, Any], random_: random.Random) -> str:
    """The workflow with one edit, as text with one of several layouts."""
    kind = random_.randrange(7)
    steps = source["steps"]
    chosen = random_.choice(steps)
    if kind == 0:
        chosen["note"] = "x" * random_.randrange(50)
    elif kind == 1:
        chosen["name"] = random_.choice(["a", "b\nc", "{{ x }}"])
    elif kind == 2:
        steps.insert(
            random_.randrange(len(steps)), {"id": f"new_{random_.randrange(10_000)}", "type": "set", "needs": []}
        )
    elif kind == 3:
        source["description"] = "line\n" * random_.randrange(5)
    elif kind == 4:
        source["defaults"] = {"timeout": f"{random_.randrange(1, 9)}s"}
    elif kind == 5 and chosen["type"] == "set":
        chosen.setdefault("input", {})["z"] = f"{{{{ inputs.name ~ {random_.randrange(9)} }}}}"
    else:
        chosen["needs"] = []
    return json.dumps(source, indent=random_.choice([None, 1, 2]), ensure_ascii=random_.random() < 0.5)


def folder() -> Path:
    return user_data_path() / "compiled"


def workbench(root: Path) -> Workbench:
    """A process of its own as far as memories go."""
    return Workbench(Settings(root, root.parent / "runs.db"))


def rows(root: Path) -> list[Json]:
    async def listed() -> list[Json]:
        opened = workbench(root)
        try:
            return [row.to_wire() for row in await opened.workflows.all()]
        finally:
            await opened.close()

    return asyncio.run(listed())


def compiled(root: Path) -> list[Json]:
    async def results() -> list[Json]:
        return [result.to_wire() for result in await workbench(root).workflows.compile_all()]

    return [{key: value for key, value in result.items() if key != "timestamp"} for result in asyncio.run(results())]


def imported(*words: str) -> set[str]:
    """The heavy modules that a command imports."""
    program = "import sys; from wftui.cli.main import main"
    code = f"{program}\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return set(HEAVY) & set(done.stderr.split())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tables"
    write(root, GOOD)
    write(root, {**workflow(step("a", input={"x": "{{ inputs.no }}"})), "id": "broken"}, "broken")
    compiled(root)
    return root


def test_cache_equals_a_fresh_compilation(tmp_path: Path) -> None:
    random_ = random.Random(3)
    root = tmp_path / "tables"
    names = [f"flow{number}" for number in range(12)]
    source = json.loads(json.dumps(EVERYTHING))
    for name in names:
        write(root, edited({**source, "id": name}, random_), name)
    write(root, '{"format": 1, "id": "torn", "steps": [', "torn")
    first = compiled(root), rows(root)
    assert (compiled(root), rows(root)) == first
    shutil.rmtree(folder())
    assert (compiled(root), rows(root)) == first


def test_an_unchanged_workflow_is_listed_compiled_and_run_without_the_compiler(root: Path) -> None:
    shutil.rmtree(root / "workflows" / "broken")
    words = ("--tables", str(root), "--db", str(root.parent / "runs.db"))
    for command in (("compile", "--all"), ("list",), ("run", "flow", "-q")):
        imported(*words, *command)
        assert imported(*words, *command) == set()
    assert "wftui.compiler.compiler" in imported(*words, "compile", "flow")


@pytest.mark.parametrize(("name", "is_compiled"), [("flow", False), ("pooled", True)])
def test_the_form_of_an_unchanged_workflow_needs_no_compiler(root: Path, name: str, is_compiled: bool) -> None:
    """A workflow with pools is always compiled, as its workers may have changed."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    about = {"name": "Flow", "description": "All of it.", "version": "1.2.3", "inputSchema": schema}
    pool = {"pool": "gpu"} if is_compiled else {}
    write(root, {**workflow(step("a", type="shell", input={"script": "true"}, **pool)), "id": name, **about}, name)
    shutil.rmtree(root / "workflows" / "broken")
    imported("--tables", str(root), "--db", str(root.parent / "runs.db"), "compile", "--all")
    command = [sys.executable, "-c", HEAD, str(root), name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    outline = asyncio.run(workbench(root).workflows.outline(name))
    assert done.stdout.strip() == str(outline.head().to_wire())
    assert outline.pools == ({"a": "gpu"} if is_compiled else {})
    assert ("wftui.compiler.compiler" in done.stderr.split()) == is_compiled


def change_source(root: Path) -> None:
    write(root, {**GOOD, "name": "Other"})


def change_python(root: Path) -> None:
    path = root / "workflows" / "flow" / "workflow.py"
    path.write_text(path.read_text() + "raise SystemExit('planted code was run')\n")


def remove_python(root: Path) -> None:
    (root / "workflows" / "flow" / "workflow.py").unlink()


def break_source(root: Path) -> None:
    write(root, {**GOOD, "steps": []})


@pytest.mark.parametrize("change", [change_source, change_python, remove_python, break_source])
def test_changed_bytes_are_noticed(root: Path, change: Callable[[Path], None]) -> None:
    before = rows(root)
    change(root)
    after = rows(root)
    assert after != before
    shutil.rmtree(folder())
    assert rows(root) == after


def test_changed_python_is_not_run(root: Path) -> None:
    change_python(root)
    words = ["--tables", str(root), "--db", str(root.parent / "runs.db"), "run", "flow", "-q"]
    done = subprocess.run([sys.executable, "-m", "wftui", *words], capture_output=True, text=True)
    assert done.returncode == 0
    assert "planted" not in done.stdout + done.stderr
    assert "x: 1" in done.stdout


def test_the_files_of_the_workspace_are_written_again(root: Path) -> None:
    for name in ("registry.py", "__init__.py", "workflow.schema.json"):
        before = (root / name).read_bytes()
        (root / name).unlink()
        compiled(root)
        assert (root / name).read_bytes() == before
    shutil.rmtree(root / "workflows" / "flow")
    compiled(root)
    assert '"flow"' not in (root / "registry.py").read_text()


def test_a_program_that_is_installed_meanwhile_is_noticed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    write(root, workflow({"id": "a", "type": "shell", "input": {"argv": ["acme-tool"]}}))
    assert rows(root)[1]["warnings"] == 1
    (programs / "acme-tool").write_text("#!/bin/sh\n")
    (programs / "acme-tool").chmod(0o700)
    assert rows(root)[1]["warnings"] == 0


def test_an_address_of_workers_that_is_set_meanwhile_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    write(root, workflow({"id": "a", "type": "shell", "pool": "gpu", "input": {"script": "true"}}))
    assert rows(root)[1]["warnings"] == 1
    monkeypatch.setenv(VARIABLE, "postgresql://127.0.0.1/nowhere")
    assert rows(root)[1]["warnings"] == 0


def test_a_sub_workflow_that_changes_is_noticed(root: Path) -> None:
    called = {"id": "call", "type": "workflow", "input": {"workflow": "flow", "inputs": {}}}
    write(root, {**workflow(called), "id": "caller"}, "caller")
    assert rows(root)[1]["errors"] == 0
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    write(root, {**GOOD, "inputSchema": schema})
    assert rows(root)[1]["errors"] == 1


@pytest.mark.parametrize("others", [[], ["other"]], ids=["as the first", "beside another"])
def test_a_connection_that_is_added_is_noticed(root: Path, others: list[str]) -> None:
    own = Connections()
    for name in others:
        own.save(StoredConnection(name=name, kind="http"))
    needs = {"connections": {"api": {"kind": "http"}}}
    fetched = {"id": "a", "type": "http", "connection": "api", "input": {"url": "https://example.com"}}
    write(root, workflow(fetched, **needs))
    assert rows(root)[1]["warnings"] == 1
    own.save(StoredConnection(name="api", kind="http", values={"baseUrl": "https://example.com"}))
    assert rows(root)[1]["warnings"] == 0


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def edited_file(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"flow",', b'"evil",', 1))


def readable_by_others(path: Path) -> None:
    path.write_bytes(forged(path))
    path.chmod(0o644)


def linked(path: Path) -> None:
    target = path.with_name("elsewhere")
    target.write_bytes(forged(path))
    target.chmod(0o600)
    path.unlink()
    path.symlink_to(target)


def deep(path: Path) -> None:
    rewrite(path, b"[" * 200_000)


def of_another_shape(path: Path) -> None:
    document = json.loads(path.read_bytes().partition(b"\n")[2])
    document["workflows"]["flow"] = [1, 2, 3]
    document["registry"] = {"files": 3}
    rewrite(path, json.dumps(document).encode())


def with_wrong_diagnostics(path: Path) -> None:
    document = json.loads(path.read_bytes().partition(b"\n")[2])
    document["workflows"]["flow"][5] = [{"code": 7}]
    rewrite(path, json.dumps(document).encode())


def rewrite(path: Path, data: bytes) -> None:
    path.write_bytes(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def forged(path: Path) -> bytes:
    """The file with another name of the workflow, and a digest that fits."""
    data = path.read_bytes().partition(b"\n")[2].replace(b'"flow",', b'"evil",', 1)
    return hashlib.sha256(data).hexdigest().encode() + b"\n" + data


@pytest.mark.parametrize("harm", [damaged, edited_file, readable_by_others, linked, deep, of_another_shape])
def test_a_file_that_cannot_be_trusted_is_discarded(root: Path, harm: Callable[[Path], None]) -> None:
    before = rows(root), compiled(root)
    (path,) = folder().iterdir()
    harm(path)
    assert (rows(root), compiled(root)) == before


def test_diagnostics_of_another_form_are_found_again(root: Path) -> None:
    before = compiled(root)
    (path,) = folder().iterdir()
    with_wrong_diagnostics(path)
    assert compiled(root) == before


def test_the_file_is_private_and_not_in_the_workspace(root: Path) -> None:
    (path,) = folder().iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder().stat().st_mode & 0o777 == 0o700
    assert not folder().is_relative_to(root)


def test_however_the_program_is_started_it_is_the_same(root: Path, tmp_path: Path) -> None:
    script = tmp_path / "bin" / "wftui"
    script.parent.mkdir()
    script.write_text("import sys\nfrom wftui.cli.main import main\nsys.exit(main(sys.argv[1:]))\n")
    words = ["--tables", str(root), "--db", str(root.parent / "runs.db"), "list"]
    subprocess.run([sys.executable, str(script), *words], check=True, capture_output=True, cwd=tmp_path)
    (path,) = folder().iterdir()
    before = path.stat().st_ino  # each write makes another file
    subprocess.run([sys.executable, "-m", "wftui", *words], check=True, capture_output=True, cwd=tmp_path)
    assert path.stat().st_ino == before


def test_a_process_writes_nothing_after_the_program_was_changed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has loaded the code from before, whose findings are not those of the new one."""
    monkeypatch.setattr(cache_file, "_SECONDS", 0.0)
    (path,) = folder().iterdir()
    made = ["of the program before"]
    cache = CompilationCache(folder(), root, lambda: made[0])
    entry = entry_from_json(json.loads(path.read_bytes().partition(b"\n")[2])["workflows"]["flow"])
    assert entry is not None
    cache.open()
    cache.put("flow", entry)
    cache.save()
    written = path.read_bytes()
    assert b"of the program before" in written
    made[0] = "of the program after"
    cache.open()
    assert cache.get("flow", entry.etag) is None
    cache.put("flow", entry)
    cache.save()
    assert path.read_bytes() == written
    other = CompilationCache(folder(), root, lambda: made[0])
    other.open()
    assert other.get("flow", entry.etag) is None


def test_every_flipped_bit_and_every_cut_is_noticed(root: Path) -> None:
    before = rows(root)
    (path,) = folder().iterdir()
    data, random_ = path.read_bytes(), random.Random(5)

    def opened() -> CompilationCache:
        cache = CompilationCache(folder(), root, lambda: json.loads(data.partition(b"\n")[2])["fingerprint"])
        cache.open()
        return cache

    assert opened().registry is not None
    for number in range(40):
        at = random_.randrange(len(data))
        flipped = data[at] ^ (1 << random_.randrange(8))
        path.write_bytes(data[:at] + bytes([flipped]) + data[at + 1 :] if number % 2 else data[:at])
        assert opened().registry is None
    assert rows(root) == before


def test_old_and_surplus_files_are_swept(root: Path) -> None:
    (path,) = folder().iterdir()
    for number in range(70):
        (folder() / f"{number:032x}.json").write_text("x")
        os.utime(folder() / f"{number:032x}.json", (10**9 + number, 10**9 + number))
    torn = folder() / f"{path.stem}.tmpabc"
    torn.write_text("half")
    os.utime(torn, (10**9, 10**9))
    (folder() / "notes.txt").write_text("the user's")
    write(root, {**GOOD, "name": "Other"})
    compiled(root)
    assert {each.name for each in folder().iterdir()} == {path.name, "notes.txt"}


def test_where_nothing_can_be_written_the_compiler_looks_each_time(root: Path) -> None:
    before = rows(root), compiled(root)
    shutil.rmtree(folder())
    folder().write_text("a file where the folder would be")
    assert (rows(root), compiled(root)) == before
