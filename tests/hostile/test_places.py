"""Commands from unusable places: a sentence with a code, and no files elsewhere."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers import obey_permissions

COMMANDS = (
    "list",
    "new x",
    "compile --all",
    "steps",
    "settings",
    "settings set history.keep_days 9",
    "connections",
    "connections add w --kind http -s token=env:T",
    "history",
    "run repo_health",
    "mcp lock x",
    "serve token list",
    "serve token add x --scope read",
    "list --tables t",
    "list --db x.db",
    "steps new acme.fetch",
)
"""Some of each module of commands."""

NO_WORKSPACE = ("steps", "settings", "connections", "history", "cleanup --dry-run", "connections kinds", "show x")
PROGRAM = """
import contextlib, io, os, sys
from wftui.cli.main import main
# Each command would import these anew.
import wftui.compiler.compiler, wftui.store.execution_store, wftui.workbench.workbench
from wftui.steps.registry.step_registry import builtin_registry
builtin_registry().types()
for line in sys.argv[1:]:
    output, code = io.StringIO(), 0
    child = os.fork()
    if not child:
        with contextlib.redirect_stderr(output), contextlib.redirect_stdout(io.StringIO()):
            try:
                code = main(line.split())
            except SystemExit as ended:
                code = int(str(ended.code))
            except BaseException as error:
                print("Traceback", repr(error), file=output)
        os.write(1, f"{line}|{int(code)}|{output.getvalue().strip()}\\0".encode())
        os._exit(0)
    os.waitpid(child, 0)
"""


def run_all(
    lines: tuple[str, ...], cwd: Path, environment: Mapping[str, str], prepare: Callable[[], object] = lambda: None
) -> dict[str, tuple[int, str]]:
    """Run commands as an ordinary user; return the exit code and the errors of each.

    `-P` leaves the current folder out of the path, as the installed program does.
    """

    def begin() -> None:
        os.chdir(cwd)
        prepare()
        obey_permissions()

    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, *lines],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": path, **environment},
        preexec_fn=begin,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [entry.split("|", 2) for entry in done.stdout.split("\0")[:-1]]
    assert [entry[0] for entry in found] == list(lines)
    return {line: (int(code), errors) for line, code, errors in found}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def assert_no_traceback(found: dict[str, tuple[int, str]]) -> None:
    for line, (code, errors) in found.items():
        assert "Traceback" not in errors, line
        assert code == 0 or "error[" in errors, line


@pytest.mark.slow
def test_a_deleted_current_folder(here: Path, home: Path) -> None:
    found = run_all(COMMANDS, here, {"HOME": str(home)}, here.rmdir)
    assert_no_traceback(found)
    assert found["list"] == found["settings"] == (0, "")
    assert "error[workspace.cwd]" in found["run repo_health"][1]
    assert "error[workspace.cwd]" in found["list --tables t"][1]
    assert "error[workspace.cwd]" in found["list --db x.db"][1]


def slow(*values: object) -> Any:
    """Return parameters that are tried at size only: each tries every command."""
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("variable", ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME"])
@pytest.mark.parametrize("mode", [0o000, slow(0o500), slow(0o600), None])
def test_unusable_home_folder(here: Path, home: Path, variable: str, mode: int | None) -> None:
    place = home.with_name("place")
    if mode is None:
        place.touch()
    else:
        place.mkdir(mode=mode)
    found = run_all(COMMANDS, here, {"HOME": str(home), variable: str(place)})
    assert_no_traceback(found)
    if variable == "XDG_DATA_HOME":
        assert found["list"][0] != 0
        assert str(place) in found["list"][1]
        assert found["settings"][0] == 0


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("mode", [0o000, slow(0o400), slow(0o100)])
@pytest.mark.parametrize("name", [".", "tables", "tables/workflows", "tables/workflows/a", "tables/steps"])
def test_unusable_parent_folder(here: Path, home: Path, name: str, mode: int) -> None:
    (here / "tables" / "workflows" / "a").mkdir(parents=True)
    (here / "tables" / "workflows" / "a" / "workflow.json").write_text("{}")
    (here / "tables" / "steps").mkdir()
    (here / "tables" / "steps" / "s.py").write_text("")
    place = here / name
    try:
        found = run_all(COMMANDS, here, {"HOME": str(home)}, lambda: place.chmod(mode))
    finally:
        place.chmod(0o700)
    assert_no_traceback(found)


def test_a_relative_xdg_folder_is_ignored(here: Path, home: Path) -> None:
    relative = {"XDG_DATA_HOME": "rel", "XDG_CONFIG_HOME": "rel/config", "HOME": str(home)}
    found = run_all(("list", "settings set history.keep_days 9", "connections add w --kind http"), here, relative)
    assert {code for code, _ in found.values()} == {0}
    assert list(here.iterdir()) == []
    names = {path.name for path in home.rglob("*") if path.is_file()}
    assert {"wftui.db", "settings.toml", "connections.json", "registry.py"} <= names


@pytest.mark.slow
def test_commands_without_workflow_create_no_workspace(here: Path, home: Path) -> None:
    found = run_all(NO_WORKSPACE, here, {"HOME": str(home)})
    assert_no_traceback(found)
    assert [str(path) for path in home.rglob("tables")] == []
    assert run_all(("list",), here, {"HOME": str(home)})["list"][0] == 0
    assert [path.name for path in home.rglob("tables")] == ["tables"]


def test_a_pipe_among_step_files_is_named(here: Path, home: Path) -> None:
    (here / "tables" / "steps").mkdir(parents=True)
    os.mkfifo(here / "tables" / "steps" / "mine.py")
    found = run_all(("list", "steps"), here, {"HOME": str(home)})
    assert {code for code, _ in found.values()} == {0}
