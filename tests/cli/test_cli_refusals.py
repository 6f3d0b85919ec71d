"""Refusals of the command line: a sentence with a code, and an exit code."""

import io
import json

import pytest
from helpers import Cli, write_workflow

from wftui.workbench import Settings


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        ("compile", "usage.compile", "expected workflow ids or --all"),
        ("compile --all --fix --check", "usage.compile", "--fix and --check are mutually exclusive"),
        ("compile --all --fix --stale", "usage.compile", "--fix and --stale are mutually exclusive"),
        ("run hello --connection mail", "usage.connection", "expected NAME=OTHER"),
        ("run hello --input @{folder}/photo", "usage.input", "photo: not UTF-8 text"),
        ("run hello --input @{folder}/deep", "usage.input", "its lists and objects are nested too deeply"),
        ('run hello --input {{"n":NaN}}', "usage.input", "NaN is not a JSON value"),
        ("rerun last --plan", "usage.plan", "--plan requires --from STEP or --from-failed"),
        ("approve last ask --data {{", "usage.data", "--data is not JSON"),
        ("approve last ask --data Infinity", "usage.data", "Infinity is not a JSON value"),
        ("history --since soon", "usage.moment", "invalid time soon; expected 24h, 7d"),
        ("history --since today --until yesterday", "usage.filter", "the time of `since` is after that of `until`"),
        ("grep x --since 1h --until 2h", "usage.filter", "the time of `since` is after that of `until`"),
        (
            "history --status completed --status running --error http",
            "usage.filter",
            "none that is completed or running",
        ),
        ("history --status running --longer-than 1h", "usage.filter", "only runs that have ended have a duration"),
        ("cleanup --older-than 2999-01-01", "usage.moment", "is in the future; every run that has ended is older"),
        ("history --cursor xyz", "usage.cursor", "'xyz' is not a cursor from an earlier page of the history"),
        ("history --json --format csv", "usage.history", "--json and --format are mutually exclusive"),
        ("history --group user --format csv", "usage.history", "--group and --format are mutually exclusive"),
        ("history --format csv --limit 1", "usage.history", "--format prints all runs: leave out --limit"),
        ("history --format ndjson --cursor x", "usage.history", "--format prints all runs: leave out --cursor"),
        ("history --group user --cursor x", "usage.history", "--group counts all runs: leave out --cursor"),
        ("history --group user --sort user", "usage.history", "--group counts all runs: leave out --sort"),
        ("history --status failed --no-children import x", "usage.history", "leave out --status and --no-children"),
        ("history --user table import x", "usage.history", "import takes one file: leave out --user"),
        ("history --longer-than 1s import x", "usage.history", "import takes one file: leave out --longer-than"),
        ("connections add mail --kind smtp -s host", "usage.setting", "expected KEY=VALUE"),
    ],
)
def test_wrong_usage(cli: Cli, settings: Settings, command: str, code: str, sentence: str) -> None:
    (settings.database.parent / "photo").write_bytes(b"\xff\xd8\xff")
    (settings.database.parent / "deep").write_text("[" * 100_000)
    cli("new", "hello")
    exit_code, out, err = cli(*command.format(folder=settings.database.parent).split())
    assert (exit_code, out) == (2, "")
    assert err.startswith(f"wftui: error[{code}] ")
    assert sentence in err


def test_impossible_run_commands(cli: Cli) -> None:
    cli("new", "hello")
    ids = [json.loads(cli("run", "hello", "--json")[1])["id"] for _ in range(2)]
    shared = next(end for end in range(1, len(ids[0])) if ids[0][:end] != ids[1][:end]) - 1
    for words, exit_code, message in [
        (("show", ids[0][:shared]), 2, "error[usage.ambiguous]"),
        (("show", "0nothere0-00000"), 4, "error[run.not_found] there is no run 0nothere0-00000"),
        (("cancel", ids[0]), 2, f"error[run.ended] cannot cancel run {ids[0]}: the run is completed"),
        (
            ("approve", ids[0], "greet"),
            2,
            f"error[approval.none] step greet of run {ids[0]} is not waiting for approval",
        ),
        (("rerun", ids[0], "--from", "nope"), 4, "error[step.not_found] there is no step 'nope' to run from"),
        (("resume", ids[0]), 1, f"error[run.ended] run {ids[0]} has already ended: it is completed"),
        (("show", ids[0], "--step", "nope"), 4, f"error[step.not_found] run {ids[0]} has no step nope"),
    ]:
        found, _, err = cli(*words)
        assert (found, message in err) == (exit_code, True), err


@pytest.mark.parametrize("command", ["show", "cancel", "rerun", "resume", "watch", "export", "compare last", "monitor"])
@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_run_id_is_refused(cli: Cli, command: str, text: str) -> None:
    """As of an unset variable, where the history has one run."""
    cli("new", "hello")
    cli("run", "hello", "-q")
    code, out, errors = cli(*command.split(), text)
    assert (code, out) == (2, "")
    assert "error[usage.run] the run id is empty" in errors


def test_impossible_connection_and_secret_commands(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("connections", "add", "mail", "--kind", "smtp", "-s", "host=localhost")[0] == 0
    for command, exit_code, message in [
        ("add mail --kind smtp", 1, "error[connection.exists] connection mail already exists"),
        ("edit post", 4, "error[connection.not_found] there is no connection 'post'"),
        ("add Mail --kind smtp -s host=x", 2, "error[connection.invalid] 'Mail' is not a valid connection name"),
        ("edit mail -s prt=1", 2, "error[connection.invalid] not a valid connection of kind smtp"),
        ("secret set 1st", 2, "error[secret.name] '1st' is not a valid secret name"),
        ("secret set first", 2, "error[secret.empty] the secret first is empty"),
        ("secret remove none", 4, "error[secret.not_found] the secret store has no secret none"),
    ]:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
        found, _, err = cli("connections", *command.split())
        assert (found, message in err) == (exit_code, True), err


def test_connections_need_a_folder(cli: Cli, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = settings.database.parent / "file"
    file.touch()
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(file / "private"))
    for command in ("connections list", "connections add mail --kind generic -s a=b"):
        exit_code, _, err = cli(*command.split())
        assert (exit_code, "error[connection.io] cannot read" in err) == (1, True), err


def test_an_unset_age_removes_no_run(cli: Cli, settings: Settings) -> None:
    write_workflow(settings.tables, "greet", {"id": "say", "type": "set", "input": {"text": "hi"}})
    assert cli("run", "greet", "-q")[0] == 0
    code, _, errors = cli("cleanup", "--older-than", "")
    assert code == 2
    assert "argument --older-than: the value is empty" in errors
    assert "completed" in cli("history")[1]
