"""Open, list, show, compile, resume and rerun what each release has left on disk.

`make.py` says how a release's folder was recorded; a new folder is tested without a change here.
"""

import dataclasses
import json
import runpy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from releases.records import CHECKSUMS, checksums, comparable, without_folder
from wftui.cli.main import main
from wftui.runtime.plan import WorkflowPlan
from wftui.workbench import Settings, Workbench

RELEASES = sorted(path.parent for path in Path(__file__).parent.glob("*/runs.json"))
Command = Callable[..., str]
ADDED = ("interruptions",)
"""Keys of records that 0.1.0 did not have."""


def per_release(pattern: str) -> pytest.MarkDecorator:
    """Give a test each file of each release that fits a pattern."""
    files = [(release, file) for release in RELEASES for file in sorted(release.glob(pattern))]
    names = [f"{release.name}-{file.stem}" for release, file in files]
    return pytest.mark.parametrize(("release", "file"), files, ids=names)


each_release = pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)


@pytest.fixture
def folder(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of a release's data, as the current folder and with its connections."""
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / "config" / "connections.json").chmod(0o600)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(copy / "config"))
    monkeypatch.setenv("LOGNAME", "ada")
    yield copy


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command over the copy and return its output."""

    def run(*arguments: str, codes: tuple[int, ...] = (0,), places: bool = True) -> str:
        where = ["--tables", "tables", "--db", "history.sqlite3"] if places else []
        code = main([*arguments, *where])
        out, err = capsys.readouterr()
        assert code in codes, f"{arguments} ended with {code}: {err}"
        return out

    return run


def expected(release: Path, name: str) -> Any:
    return json.loads((release / "expected" / name).read_text())


def test_first_release_is_kept() -> None:
    assert "0.1.0" in [release.name for release in RELEASES]


@each_release
def test_recorded_files_are_never_changed(release: Path) -> None:
    assert checksums(release) == json.loads((release / CHECKSUMS).read_text())


@each_release
def test_the_history_lists_every_run(release: Path, command: Command) -> None:
    assert json.loads(command("history", "--limit", "1000", "--json")) == expected(release, "history.json")


@per_release("expected/runs/*.json")
def test_recorded_run_is_shown_unchanged(release: Path, file: Path, command: Command) -> None:
    recorded = json.loads(file.read_text())
    command("history")  # marks the orphan as interrupted
    shown = json.loads(command("show", recorded["id"], "--json"))
    assert {key: value for key, value in shown.items() if key not in ADDED} == recorded
    assert command("show", recorded["id"]).splitlines()[0].endswith(recorded["id"])


@each_release
def test_the_workflows_are_listed_with_their_runs(release: Path, command: Command) -> None:
    def known(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{key: row[key] for key in ("id", "name", "description", "errors", "steps", "stats")} for row in rows]

    assert known(json.loads(command("list", "--json"))) == known(expected(release, "list.json"))


def meaning(plan: WorkflowPlan) -> dict[str, Any]:
    """Return a plan as plain data, without layout and generator of the module."""
    pointers = sorted({spot.pointer for spot in plan.spots.values()})
    return {**shape(dataclasses.replace(plan, spots={}, compiler="")), "pointers": pointers}


def shape(value: Any) -> Any:
    """Return a plan as plain data; of its functions only that they are there."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: shape(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shape(inner) for inner in value]
    return "function" if callable(value) else value


@per_release("tables/workflows/*/workflow.json")
def test_workflow_compiles_to_the_recorded_plan(release: Path, file: Path, folder: Path, command: Command) -> None:
    workflow_id = file.parent.name
    before = runpy.run_path(str(folder / "tables" / "workflows" / workflow_id / "workflow.py"))["WORKFLOW"]
    command("compile", workflow_id)
    workbench = Workbench(Settings(tables=folder / "tables", database=folder / "history.sqlite3"))
    after = workbench.compiler().load(workflow_id).plan
    assert meaning(after) == meaning(before)


@per_release("expected/replays/*.json")
def test_recorded_run_continues_to_the_same_result(release: Path, file: Path, folder: Path, command: Command) -> None:
    runs, replay = json.loads((folder / "runs.json").read_text()), json.loads(file.read_text())
    for words in replay["commands"]:
        if words[0] == "resume":  # 0.1.0 repeated a step whose output held a secret without a question
            words = [*words, "--confirmed"]
        out = command(*(runs[word[1:]] if word.startswith("@") else word for word in words), codes=(0, 1))
    record = comparable(json.loads(out), folder)
    if file.stem == "rerun_from_failed_interrupted":  # 0.1.0 repeated the items that had ended
        for path, step in record["steps"].items():
            assert step["reused"] == path.startswith(("deploy[0]", "deploy[1]"))
            step["reused"] = False
    assert record == replay["record"]


@each_release
def test_the_settings_file_is_read(
    release: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(found: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [(each["name"], each["value"], each["origin"]) for each in found["settings"]]

    monkeypatch.setenv("WFTUI_CONFIG", str(folder / "config" / "settings.toml"))
    found = known(without_folder(json.loads(command("settings", "--json", places=False)), folder))
    then = known(expected(release, "settings.json"))
    assert [each for each in found if each[0] in {name for name, *_ in then}] == then
    assert {each[2] for each in found if each not in then} <= {"default"}, "settings of later versions"


@each_release
def test_settings_file_keeps_comments(
    release: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "config" / "settings.toml"
    monkeypatch.setenv("WFTUI_CONFIG", str(file))
    command("settings", "set", "history.keep_days", "30", places=False)
    command("settings", "unset", "history.workflows.gate.keep_runs", places=False)
    assert file.read_text() == (release / "expected" / "settings_after.toml").read_text()


@each_release
def test_the_connections_are_listed(release: Path, command: Command) -> None:
    assert json.loads(command("connections", "--json")) == expected(release, "connections.json")
