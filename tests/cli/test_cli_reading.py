"""Reading commands, their `--json`, and bad input: a sentence and an exit code."""

import json
import re
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from helpers import EXAMPLES, Cli, write_workflow

from wftui.cli.main import main
from wftui.workbench import Settings
from wftui.workspace.files import Workspace

EXAMPLE_IDS = Workspace(EXAMPLES).ids()


def test_paths_are_options_anywhere_or_environment_variables(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, database = str(settings.tables), str(settings.database)
    assert main(["--tables", tables, "--db", database, "list"]) == 0
    assert main(["--tables", "/nowhere", "list", "--tables", tables, "--db", database]) == 0
    monkeypatch.setenv("WFTUI_TABLES", tables)
    monkeypatch.setenv("WFTUI_DB", database)
    assert main(["list"]) == 0
    assert capsys.readouterr().out.count("repo_health") == 3


def test_list_shows_the_examples(cli: Cli) -> None:
    code, out, _ = cli("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == EXAMPLE_IDS


def test_list_of_an_empty_workspace_names_the_command_for_it(bare_cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "my tables" / "workflows").mkdir(parents=True)
    place = ["--tables", str(tmp_path / "my tables"), "--db", str(tmp_path / "runs.db")]
    code, out, _ = bare_cli("list", *place)
    assert code == 0
    assert out.endswith(f"; create one with: {shlex.join(['wftui', 'new', 'ID', *place])}\n")


def test_list_json_has_state_and_numbers(cli: Cli) -> None:
    assert cli("new", "mine")[0] == 0
    assert cli("run", "mine", "--quiet")[0] == 0
    rows = {row["id"]: row for row in json.loads(cli("list", "--json")[1])}
    assert rows["mine"]["state"] == "ready"
    assert rows["mine"]["stats"]["runs"] == 1
    assert rows["mine"]["stats"]["successRate"] == 1
    assert rows["mine"]["stats"]["last"]["status"] == "completed"


def test_new_workflow_runs(cli: Cli) -> None:
    assert cli("new", "my-first")[0] == 0
    code, out, _ = cli("run", "my-first", "-i", "who=Ada", "--quiet")
    assert code == 0
    assert "greeting: Hello, Ada!" in out


def test_new_keeps_existing_files(cli: Cli) -> None:
    code, _, err = cli("new", "repo_health")
    assert code == 1
    assert "already exists" in err


def test_new_refuses_invalid_ids(cli: Cli) -> None:
    assert cli("new", "../evil")[0] == 2


def test_steps_lists_all_step_types(cli: Cli) -> None:
    types = {kind["type"]: kind for kind in json.loads(cli("steps", "--json")[1])}
    assert {"shell", "python", "http", "sql", "file", "set", "assert", "delay", "approval", "workflow"} <= set(types)
    assert "argv" in types["shell"]["inputSchema"]["properties"]


def test_history_filters_and_pages(cli: Cli) -> None:
    assert "no runs yet" in cli("history")[1]
    cli("new", "a")
    cli("new", "b")
    for workflow in ("a", "a", "b"):
        assert cli("run", workflow, "--quiet")[0] == 0
    everything = json.loads(cli("history", "--json")[1])
    assert [run["workflowId"] for run in everything["executions"]] == ["b", "a", "a"]
    assert everything["next"] is None
    first = json.loads(cli("history", "--workflow", "a", "--limit", "1", "--json")[1])
    assert first["next"] is not None
    second = json.loads(cli("history", "--workflow", "a", "--limit", "1", "--cursor", first["next"], "--json")[1])
    assert {page["executions"][0]["id"] for page in (first, second)} == {
        run["id"] for run in everything["executions"][1:]
    }
    assert json.loads(cli("history", "--status", "failed", "--json")[1])["executions"] == []
    assert json.loads(cli("history", "--since", "1h", "--json")[1])["executions"] == everything["executions"]
    assert json.loads(cli("history", "--until", "1h", "--json")[1])["executions"] == []
    assert "no runs match" in cli("history", "--user", "nobody-else")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["history", "--since", "yesterdayish"],
        ["history", "--limit", "0"],
        ["history", "--limit", "9" * 20],
        ["cleanup", "--older-than", "1d", "--keep", "9" * 20],
        ["grep", "text", "--limit", "9" * 6000],
        ["history", "--status", "fine"],
        ["nonsense"],
    ],
)
def test_usage_error_exits_2(cli: Cli, arguments: list[str]) -> None:
    assert cli(*arguments)[0] == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show"], 4),
        (["cancel"], 4),
        (["stats"], 0),
        (["history", "--text"], 0),
        (["history", "--user"], 0),
        (["history", "--workflow"], 0),
        (["history", "--error"], 0),
        (["cleanup", "--older-than", "1d", "--dry-run", "--workflow"], 0),
    ],
)
def test_argument_with_a_byte_that_is_not_utf8_matches_nothing(cli: Cli, arguments: list[str], code: int) -> None:
    found, _, err = cli(*arguments, "a\udcff")
    assert found == code, err


def test_show_of_unknown_run_exits_4(cli: Cli) -> None:
    code, _, err = cli("show", "0nothere0-00000")
    assert code == 4
    assert "0nothere0-00000" in err
    assert cli("show", "last")[0] == 4


def test_show_for_people_and_its_logs(cli: Cli) -> None:
    cli("new", "a")
    cli("run", "a", "--quiet")
    code, out, _ = cli("show", "last")
    assert code == 0
    assert "a completed" in out
    assert "✓ greet" in out
    assert "Hello, world!" in cli("show", "last", "--logs")[1]


def test_show_of_a_step_and_its_inner_steps(cli: Cli, settings: Settings) -> None:
    each = {"in": "range(3)", "as": "n"}
    double = {"id": "double", "type": "set", "input": {"twice": "{{ n * 2 }}"}}
    steps = [{"id": "each", "type": "group", "forEach": each, "steps": [double]}]
    steps += [{"id": "after", "type": "set", "input": {}}]
    path = settings.tables / "workflows" / "doubles" / "workflow.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"format": 1, "id": "doubles", "steps": steps}))
    assert cli("run", "doubles", "--quiet")[0] == 0
    steps_shown = [line.split()[1] for line in cli("show", "last")[1].splitlines()[2:]]
    inside = [f"each[{number}]{step}" for number in range(3) for step in ("", ".double")]
    assert steps_shown == ["each", *inside, "after"]
    outer, inner = json.loads(cli("show", "last", "--step", "each[1]", "--json")[1])
    assert (outer["path"], outer["output"], inner["path"]) == ("each[1]", {"twice": 2}, "each[1].double")
    record = json.loads(cli("show", "last", "--json")[1])
    assert outer in record["stepResults"]
    assert inner in record["stepResults"]
    code, out, _ = cli("show", "last", "--step", "each[2].double")
    assert (code, "each[2].double" in out, '"twice": 4' in out) == (0, True, True)
    code, _, err = cli("show", "last", "--step", "each[3]")
    assert (code, "has no step each[3]" in err) == (4, True)


def put_mixed(settings: Settings) -> None:
    inner = {"id": "check", "type": "shell", "input": {"script": "echo item $N; exit $N", "env": {"N": "{{ n }}"}}}
    each = {"in": "range(2)", "as": "n"}
    steps: list[dict[str, Any]] = [
        {"id": "fine", "type": "shell", "input": {"script": "echo all well; echo odd >&2"}},
        {"id": "each", "type": "group", "onError": "continue", "forEach": each, "steps": [inner]},
    ]
    write_workflow(settings.tables, "mixed", *steps)


def test_log_lines_are_selected_by_step_failure_and_level(cli: Cli, settings: Settings) -> None:
    put_mixed(settings)
    cli("run", "mixed", "--quiet")

    def texts(*options: str) -> list[str]:
        code, out, err = cli("show", "last", "--logs", *options)
        assert (code, err) == (0, "")
        return [line.split("  ")[-1] for line in out.splitlines()]

    assert {"all well", "odd", "item 0", "item 1"} <= set(texts())
    assert re.match(r"\d{4}-\d\d-\d\d ", cli("show", "last", "--logs")[1])
    assert texts("--step", "each") == [text for text in texts() if text.startswith("item")]
    assert texts("--step", "each[1].check") == ["item 1"]
    assert "item 0" not in texts("--failed") and "item 1" in texts("--failed")
    assert texts("--failed", "--step", "each[1]") == ["item 1"]
    levels = {event["level"] for event in json.loads(cli("show", "last", "--logs", "--level", "warn", "--json")[1])}
    assert levels <= {"warn", "error"}
    paths = {
        event.get("path")
        for event in map(json.loads, cli("show", "last", "--events", "--step", "each[1]")[1].splitlines())
    }
    assert paths == {"each[1]", "each[1].check"}


def test_failed_steps_are_shown_alone(cli: Cli, settings: Settings) -> None:
    put_mixed(settings)
    cli("run", "mixed", "--quiet")
    out = cli("show", "last", "--failed")[1]
    assert "fine" not in out and "each[1].check" in out
    assert {step["path"] for step in json.loads(cli("show", "last", "--failed", "--json")[1])} >= {"each[1].check"}
    cli("new", "a")
    cli("run", "a", "--quiet")
    assert cli("show", "last", "--failed")[1] == "no step has failed\n"


@pytest.mark.parametrize("options", [("--level", "warn"), ("--logs", "--events")])
def test_options_of_show_that_would_be_ignored_are_refused(cli: Cli, options: tuple[str, ...]) -> None:
    code, _, err = cli("show", "last", *options)
    assert (code, "usage.show" in err) == (2, True)


def test_an_unknown_step_of_a_log_exits_4(cli: Cli) -> None:
    cli("new", "a")
    cli("run", "a", "--quiet")
    assert cli("show", "last", "--logs", "--step", "nothing")[0] == 4


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(("until", "found"), [("now", 1), ("today", 1), ("yesterday", 0), ("1d", 0)])
def test_days_by_name_mean_their_end_in_until(cli: Cli, until: str, found: int) -> None:
    cli("new", "a")
    cli("run", "a", "--quiet")
    assert len(json.loads(cli("history", "--until", until, "--json")[1])["executions"]) == found
    day = f"{datetime.now().astimezone():%Y-%m-%d}"
    assert len(json.loads(cli("history", "--until", day, "--since", day, "--json")[1])["executions"]) == 1


def test_cleanup_reports_removed_runs(cli: Cli) -> None:
    cli("new", "a")
    for _ in range(3):
        cli("run", "a", "--quiet")
    assert "would remove 2 runs" in cli("cleanup", "--keep", "1", "--dry-run")[1]
    assert json.loads(cli("cleanup", "--keep", "1", "--json")[1])["runs"] == 2
    assert len(json.loads(cli("history", "--json")[1])["executions"]) == 1
    assert cli("cleanup", "--keep", "1", "--workflow", "b")[1].startswith("removed 0 runs")


def test_a_missing_workspace_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["list", "--tables", str(tmp_path / "no where"), "--db", str(tmp_path / "x.db")])
    assert code == 4
    error = capsys.readouterr().err
    assert "there is no workspace at" in error
    assert f"`wftui new ID --tables '{tmp_path}/no where'`" in error


def test_foreign_file_is_refused_as_database_and_unchanged(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff" + b"x" * 5000)
    code = main(["history", "--tables", str(settings.tables), "--db", str(photo)])
    assert code != 0
    assert "photo.jpg" in capsys.readouterr().err
    assert photo.read_bytes() == b"\xff\xd8\xff" + b"x" * 5000


def test_show_prints_logs_longer_than_a_page(cli: Cli, settings: Settings) -> None:
    each = {"in": "range(700)", "as": "n", "maxParallel": 8}
    steps: list[dict[str, Any]] = [
        {"id": "talk", "type": "shell", "input": {"script": "seq 12"}},
        {"id": "many", "type": "set", "forEach": each, "input": {"n": "{{ n }}"}},
        {"id": "end", "type": "shell", "input": {"script": "echo the end >&2"}},
    ]
    write_workflow(settings.tables, "chatty", *steps)
    assert cli("run", "chatty", "--quiet")[0] == 0
    events = [json.loads(line) for line in cli("show", "last", "--events")[1].splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len(events) > 2000, "more than two pages"
    logs = [event for event in events if event["type"] == "log"]
    shown = [line for event in logs for line in event["message"].splitlines()]
    assert shown == [str(n) for n in range(1, 13)] + ["the end"]
    lines = cli("show", "last", "--logs")[1].splitlines()
    assert [line.split("  ")[-1] for line in lines] == shown
    assert [line.split()[3] for line in lines] == ["talk"] * 12 + ["end"]
    assert json.loads(cli("show", "last", "--logs", "--json")[1]) == logs
