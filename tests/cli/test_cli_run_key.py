"""`wftui run --key`: a start that scripts can repeat."""

import json

from helpers import Cli, write_workflow

from wftui.model.errors import ExitCode
from wftui.workbench import Settings

SCHEMA = {"type": "object", "properties": {"who": {"type": "string"}}}
STEP = {"id": "text", "type": "set", "input": {"text": "Hello {{ inputs.who }}"}}


def test_the_run_of_a_key_is_shown_again(cli: Cli, settings: Settings) -> None:
    write_workflow(settings.tables, "greet", STEP, inputSchema=SCHEMA, outputs={"text": "{{ steps.text.output.text }}"})
    first = cli("run", "greet", "-i", "who=Ada", "--key", "monday", "--json")
    again = cli("run", "greet", "-i", "who=Ada", "--key", "monday", "--json")
    assert json.loads(first[1])["outputs"] == {"text": "Hello Ada"}
    assert again == first
    code, _out, errors = cli("run", "greet", "-i", "who=Grace", "--key", "monday")
    assert code == ExitCode.FAILED
    assert "error[run.key] the key 'monday' has already started run" in errors
    assert len(json.loads(cli("history", "--json")[1])["executions"]) == 1


def test_a_background_run_has_a_key_too(cli: Cli, settings: Settings) -> None:
    write_workflow(settings.tables, "greet", STEP, inputSchema=SCHEMA)
    first = cli("run", "greet", "-i", "who=Ada", "--key", "monday", "--detach")
    assert first[0] == ExitCode.DONE
    assert cli("run", "greet", "-i", "who=Ada", "--key", "monday", "--detach") == first
