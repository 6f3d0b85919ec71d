"""Lines for cron and units for systemd: what they start is what was asked for."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from helpers import Cli

from wftui.model.errors import ExitCode
from wftui.workbench import Settings

NOTE = "it's 5 % of $HOME"


@pytest.fixture(autouse=True)
def say(settings: Settings) -> None:
    """Write a workflow that takes a text and gives it back."""
    folder = settings.tables / "workflows" / "say"
    folder.mkdir(parents=True)
    source = {
        "format": 1,
        "id": "say",
        "inputSchema": {"type": "object", "properties": {"name": {"type": "string", "default": "x"}}},
        "steps": [{"id": "a", "type": "set", "input": {"said": "{{ inputs.name }}"}}],
        "outputs": {"said": "{{ steps.a.output.said }}"},
    }
    (folder / "workflow.json").write_text(json.dumps(source))
    other = settings.tables / "workflows" / "count"
    other.mkdir()
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    step = {"id": "a", "type": "set", "input": {"n": "{{ inputs.n }}"}}
    (other / "workflow.json").write_text(
        json.dumps({"format": 1, "id": "count", "inputSchema": schema, "steps": [step]})
    )


def test_cron_starts_the_run(cli: Cli, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cron cuts a line at each bare `%`, and its shell has almost no environment."""
    folder = tmp_path / "it is here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("note.txt").write_text(NOTE)
    code, line, _ = cli("schedule", "print", "cron", "say", "--at", "2:30", "-i", "name=@note.txt")
    assert code == ExitCode.DONE
    fields, command = line.split("cd ", 1)
    assert fields == "30 2 * * * "
    done = subprocess.run(
        ["sh", "-c", "cd " + command.replace(r"\%", "%")],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(cli("show", "last", "--json")[1])["outputs"] == {"said": NOTE}


@pytest.mark.parametrize("at", ["*/15 * * * *", "0 2 1 jan mon-fri", "@hourly"])
def test_cron_takes_its_own_times(cli: Cli, at: str) -> None:
    code, line, _ = cli("schedule", "print", "cron", "say", "--at", at)
    assert (code, line.startswith(f"{at} cd ")) == (ExitCode.DONE, True)


def test_percent_signs_are_kept_from_cron(cli: Cli) -> None:
    _, line, _ = cli("schedule", "print", "cron", "say", "-i", "name=5%")
    assert r"name=5\%" in line


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["cron", "say", "--at", "tomorrow"], "schedule.at"),
        (["cron", "say", "--at", "25:00"], "schedule.at"),
        (["cron", "say", "--at", "* * * *\n* * * * * true"], "schedule.at"),
        (["cron", "say", "-i", "name=a\nb"], "schedule.line"),
        (["systemd", "say", "--at", " "], "schedule.at"),
        (["systemd", "say", "--at", "daily\nExecStart=true"], "schedule.at"),
        (["cron", "say", "--at", "@often"], "schedule.at"),
        (["cron", "say", "--at", "0 2 * * ;"], "schedule.at"),
        (["cron", "say", "-i", "nam=a"], "usage.input"),
        (["cron", "say", "-i", "nam=@a"], "usage.input"),
        (["systemd", "count"], "the input n is required"),
        (["systemd", "count", "-i", "n=many"], "expected a whole number"),
        (["cron", "nothing"], "workflow.not_found"),
    ],
)
def test_what_cannot_be_scheduled_is_refused(cli: Cli, words: list[str], code: str) -> None:
    exit_code, out, errors = cli("schedule", "print", *words)
    assert (exit_code != 0, out) == (True, "")
    assert code in errors


@pytest.mark.parametrize("given", ["5", "@count.txt", "env:COUNT"])
def test_inputs_that_are_read_later_are_taken_over(cli: Cli, given: str) -> None:
    code, line, _ = cli("schedule", "print", "cron", "count", "-i", f"n={given}")
    assert (code, f"n={given}" in line) == (ExitCode.DONE, True)


def test_systemd_gets_a_service_and_a_timer(cli: Cli, settings: Settings) -> None:
    code, text, _ = cli("schedule", "print", "systemd", "say", "--at", "2:30", "-i", f"name={NOTE}")
    assert code == ExitCode.DONE
    service, timer = text.split("# wftui-say.timer\n")
    assert service.startswith("# wftui-say.service\n[Unit]")
    assert "OnCalendar=*-*-* 02:30:00\n" in timer
    [start] = [line.removeprefix("ExecStart=") for line in service.splitlines() if line.startswith("ExecStart=")]
    assert "5 %% of $$HOME" in start
    words = shlex.split(start.replace("%%", "%").replace("$$", "$"))
    assert words[-8:] == [
        "say",
        "--quiet",
        "--tables",
        str(settings.tables),
        "--db",
        str(settings.database),
        "-i",
        f"name={NOTE}",
    ]
