"""`wftui settings` and what the settings do: places, durability, old runs."""

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from helpers import Cli, write_workflow

from wftui.workbench import Settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "my.toml"
    monkeypatch.setenv("WFTUI_CONFIG", str(path))
    return path


@pytest.fixture
def cli(bare_cli: Cli, file: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs commands that find their paths in the environment."""
    monkeypatch.setenv("WFTUI_TABLES", str(settings.tables))
    monkeypatch.setenv("WFTUI_DB", str(settings.database))
    return bare_cli


def listed(cli: Cli) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(cli("settings", "--json")[1])["settings"]}


def test_set_list_unset(cli: Cli, file: Path, settings: Settings) -> None:
    assert listed(cli)["durability"] | {"help": ""} == {
        "name": "durability",
        "value": "normal",
        "origin": "default",
        "default": "normal",
        "help": "",
    }
    assert cli("settings", "set", "history.keep_days", "90") == (0, f"history.keep_days = 90  ({file})\n", "")
    assert cli("settings", "set", "durability", "full")[0] == 0
    assert cli("settings", "set", "history.workflows.nightly.keep_runs", "all")[0] == 0
    found = {name: (each["value"], each["origin"]) for name, each in listed(cli).items()}
    assert found == {
        "tables": (str(settings.tables), "WFTUI_TABLES"),
        "database": (str(settings.database), "WFTUI_DB"),
        "durability": ("full", "settings"),
        "history.columns": (None, "default"),
        "history.keep_days": (90, "settings"),
        "history.keep_runs": (None, "default"),
        "history.log_mb": (None, "default"),
        "history.run_log_mb": (None, "default"),
        "history.workflows.nightly.keep_runs": ("all", "settings"),
        "notify.command": (None, "default"),
        "notify.on": (None, "default"),
        "notify.after_minutes": (None, "default"),
        "notify.seconds": (None, "default"),
        "theme": (None, "default"),
        "workers": (None, "default"),
    }
    _, out, _ = cli("settings")
    assert [line.split()[:3] for line in out.splitlines()[5:7]] == [
        ["history.keep_days", "90", "settings"],
        ["history.keep_runs", "not", "set"],
    ]
    assert cli("settings", "unset", "durability")[1].startswith("durability is no longer set")
    assert cli("settings", "unset", "durability")[1].startswith("durability is not set")
    assert listed(cli)["durability"]["origin"] == "default"


def test_precedence_is_options_environment_settings_default(
    cli: Cli, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('tables = "flows"\ndatabase = "runs.db"\n')
    assert cli("new", "mine", "--tables", str(tmp_path / "given"))[0] == 0
    assert (tmp_path / "given" / "workflows" / "mine").is_dir()
    monkeypatch.delenv("WFTUI_TABLES")
    monkeypatch.delenv("WFTUI_DB")
    (tmp_path / "tables").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path)  # where there is a ./tables
    assert cli("new", "mine")[0] == 0
    assert (tmp_path / "flows" / "workflows" / "mine").is_dir()
    assert cli("run", "mine", "--quiet")[0] == 0
    assert (tmp_path / "runs.db").exists()
    assert {name: each["origin"] for name, each in listed(cli).items() if name in ("tables", "database")} == {
        "tables": "settings",
        "database": "settings",
    }
    file.unlink()
    assert listed(cli)["tables"]["value"] == str(tmp_path / "tables")


@pytest.mark.parametrize("command", [["list"], ["run", "a"], ["settings"], ["cleanup"], []])
def test_invalid_settings_report_a_position_and_start_nothing(
    cli: Cli, file: Path, settings: Settings, command: list[str]
) -> None:
    file.write_text('durability = "full"\n\n[history]\nkeep_dais = 3\n')
    code, out, err = cli(*command)
    assert (code, out) == (2, "")
    assert err == (
        f"wftui: error[settings.invalid] {file}:4: unknown setting history.keep_dais; did you mean history.keep_days?\n"
    )
    assert not settings.database.exists()


def test_a_bad_file_can_be_mended_by_the_command(cli: Cli, file: Path) -> None:
    file.write_text('durability = "fast"\n')
    assert cli("list")[0] == 2
    assert cli("settings", "set", "durability", "full")[0] == 0
    assert cli("list")[0] == 0


def test_wrong_keys_and_values_are_wrong_usage(cli: Cli, file: Path) -> None:
    code, _, err = cli("settings", "set", "history.keep_dys", "3")
    assert code == 2
    assert "did you mean history.keep_days?" in err
    assert cli("settings", "set", "durability", "best")[0] == 2
    assert cli("settings", "unset", "nothing")[0] == 2
    assert not file.exists()


def runs(cli: Cli, *filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cli("history", "--json", *filters)[1])["executions"]
    return found


def test_cleanup_by_days_does_not_believe_the_clock_alone(cli: Cli, settings: Settings) -> None:
    cli("new", "a")
    cli("run", "a", "--quiet")
    cli("settings", "set", "history.keep_days", str(10**9 - 1))
    assert cli("cleanup")[1].startswith("removed 0 runs")
    half_a_year = 180 * 86_400_000
    with contextlib.closing(sqlite3.connect(settings.database)) as connection, connection:
        connection.execute("UPDATE executions SET created_at = created_at - :ms", {"ms": half_a_year})
        connection.execute("UPDATE executions SET completed_at = completed_at - :ms", {"ms": half_a_year})
    cli("settings", "set", "history.keep_days", "90")
    removed, reason, other, _ = cli("cleanup")[1].splitlines()
    assert removed == "removed 0 runs"
    assert reason.startswith("days are counted to ")
    assert other == "--older-than AGE goes by the clock"
    assert cli("cleanup", "--older-than", "90d")[1].startswith("removed 1 run")


def test_cleanup_follows_the_settings(cli: Cli) -> None:
    for name in ("a", "b"):
        cli("new", name)
        for _ in range(3):
            cli("run", name, "--quiet")
    code, out, _ = cli("cleanup")
    assert (code, "no retention configured" in out) == (0, True)
    assert json.loads(cli("cleanup", "--json")[1])["runs"] == 0
    cli("settings", "set", "history.keep_runs", "1")
    cli("settings", "set", "history.workflows.b.keep_runs", "2")
    assert cli("cleanup", "--dry-run")[1].splitlines() == ["would remove 3 runs", "  a  2", "  b  1"]
    assert len(runs(cli)) == 6
    report = json.loads(cli("cleanup", "--workflow", "b", "--json")[1])
    assert (report["runs"], report["workflows"]) == (1, {"b": 1})
    assert cli("cleanup")[1].startswith("removed 2 runs")
    assert sorted(run["workflowId"] for run in runs(cli)) == ["a", "b", "b"]


def test_run_removes_expired_runs_and_reports_them(cli: Cli, settings: Settings) -> None:
    cli("new", "a")
    for _ in range(4):
        assert cli("run", "a", "--quiet")[2] == ""
    cli("settings", "set", "history.keep_runs", "2")
    script = (
        "import sqlite3, time\n"
        "def main(path):\n"
        "    history = sqlite3.connect(path)\n"
        "    while history.execute('SELECT count(*) FROM executions').fetchone() != (3,):\n"
        "        time.sleep(0.02)\n"
    )
    waits = {"code": script, "args": {"path": str(settings.database)}}
    write_workflow(settings.tables, "waits", {"id": "wait", "type": "python", "input": waits})
    code, _, err = cli("run", "waits", "--quiet")
    assert code == 0
    assert err.startswith("wftui: removed ")
    assert "by the retention settings" in err
    assert [run["workflowId"] for run in runs(cli)] == ["waits", "a", "a"]
    with sqlite3.connect(settings.database) as connection:
        assert connection.execute("SELECT count(*) FROM chores").fetchone() == (1,)


def test_reading_commands_remove_nothing(cli: Cli) -> None:
    cli("new", "a")
    for _ in range(3):
        cli("run", "a", "--quiet")
    cli("settings", "set", "history.keep_runs", "1")
    for command in (["history"], ["show", "last"], ["list"], ["settings"]):
        assert cli(*command)[0] == 0
    assert len(runs(cli)) == 3


def test_runs_started_by_steps_can_be_excluded(cli: Cli, settings: Settings) -> None:
    cli("new", "part")
    source = {
        "format": 1,
        "id": "whole",
        "steps": [{"id": "sub", "type": "workflow", "input": {"workflow": "part", "inputs": {}}}],
    }
    path = settings.tables / "workflows" / "whole" / "workflow.json"
    path.parent.mkdir()
    path.write_text(json.dumps(source))
    assert cli("run", "whole", "--quiet")[0] == 0
    assert [run["workflowId"] for run in runs(cli)] == ["part", "whole"]
    assert [run["workflowId"] for run in runs(cli, "--no-children")] == ["whole"]
    assert "whole completed" in cli("show", "last")[1]
    child = next(run for run in runs(cli) if run["workflowId"] == "part")
    assert child["parentPath"] == "sub"
    assert "started by step sub of" in cli("show", child["id"])[1]


def test_lists_are_set_as_words_or_as_json(cli: Cli, file: Path) -> None:
    set_to = "notify.command = beep -t 'a b'"
    for text in ("beep -t 'a b'", '["beep", "-t", "a b"]'):
        assert cli("settings", "set", "notify.command", text) == (0, f"{set_to}  ({file})\n", "")
        assert listed(cli)["notify.command"]["value"] == ["beep", "-t", "a b"]
    assert "beep -t 'a b'" in cli("settings")[1]
    assert cli("settings", "set", "notify.workflows.nightly.on", "failure end")[0] == 0
    assert listed(cli)["notify.workflows.nightly.on"]["value"] == ["failure", "end"]
    assert cli("settings", "set", "notify.workflows.nightly.on", "[]")[1].startswith("notify.workflows.nightly.on = []")
    for key, text in [("command", "beep 'a"), ("command", "[1]"), ("command", ""), ("on", "always"), ("seconds", "0")]:
        code, _, error = cli("settings", "set", f"notify.{key}", text)
        assert (code, f"notify.{key} must be" in error) == (2, True)
    assert cli("settings", "unset", "notify.command")[0] == 0
    assert listed(cli)["notify.command"]["value"] is None


def test_keys_are_listed_changed_and_reset(cli: Cli, file: Path) -> None:
    assert cli("keys", "editor.save", "f2", "ctrl+w")[0] == 0
    assert cli("keys", "editor.save", "'", '"', "-")[0] == 0
    [found] = json.loads(cli("keys", "editor.save", "--json")[1])["actions"]
    assert (found["keys"], found["default"]) == (["'", '"', "-"], ["F2", "^s"])
    code, _, message = cli("keys", "editor.run", "-")
    assert code == 2
    assert "- is a key of both editor.save (Save) and editor.run (Run)" in message
    assert cli("settings", "set", "keys.editor.run", "f9")[0] == 2
    assert cli("keys", "--reset")[0] == 2
    assert cli("keys", "editor.save", "--reset")[0] == 0
    assert "keys" not in file.read_text()
    assert "editor.move_up" in cli("keys")[1]
