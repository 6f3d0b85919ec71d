"""`wftui steps`: all step types, broken plugins in one line each, new packages, and steps from curl commands."""

import io
import json
from pathlib import Path

import pytest
from helpers import Cli

from wftui.workbench import Settings


def test_steps_lists_the_step_types(cli: Cli) -> None:
    code, out, err = cli("steps")
    assert (code, err) == (0, "")
    assert {"shell", "http", "python"} <= {line.split()[0] for line in out.splitlines()}
    types = {each["type"]: each for each in json.loads(cli("steps", "--json")[1])}
    assert types["http"]["inputSchema"]["properties"]["url"]
    assert types["http"]["connectionKind"] == "http"


def test_a_broken_plugin_is_one_line_and_a_diagnostic(cli: Cli, settings: Settings) -> None:
    folder = settings.tables / "steps"
    folder.mkdir()
    file = folder / "broken.py"
    file.write_text("print('never on stdout')\nimport no_such_module\n")
    workflow = settings.tables / "workflows" / "uses" / "workflow.json"
    workflow.parent.mkdir()
    workflow.write_text(json.dumps({"format": 1, "id": "uses", "steps": [{"id": "a", "type": "acme.fetch"}]}))
    code, out, err = cli("steps", "--json")
    assert (code, err.count("\n")) == (0, 1)
    assert f"{file}: it is not trusted" in err
    assert json.loads(out)
    code, out, err = cli("steps", "trust", str(file))
    assert (code, out) == (0, f"trusted the current contents of {file}; it declares no step type\n")
    code, out, err = cli("steps", "--json")
    assert (code, err.count("\n")) == (0, 1)
    assert "it cannot be imported: ModuleNotFoundError: No module named 'no_such_module'" in err
    assert json.loads(out)
    for command in (["compile", "uses", "--check"], ["run", "uses"]):
        code, out, err = cli(*command)
        assert code in (1, 3)
        assert "error[step.type] the step type acme.fetch cannot be used" in err
        assert "no_such_module" in err
        assert "Traceback" not in err


def test_a_new_package(cli: Cli, tmp_path: Path) -> None:
    code, out, _ = cli("steps", "new", "acme.fetch", "--folder", str(tmp_path))
    assert code == 0
    assert f"created {tmp_path / 'acme-steps' / 'pyproject.toml'}" in out
    assert cli("steps", "new", "acme.fetch", "--folder", str(tmp_path))[0] != 0
    code, _, err = cli("steps", "new", "nodot", "--folder", str(tmp_path))
    assert (code, "write it as in acme.fetch" in err) == (2, True)


@pytest.mark.parametrize("piped", [False, True])
def test_a_curl_command_becomes_a_step(cli: Cli, monkeypatch: pytest.MonkeyPatch, piped: bool) -> None:
    command = "curl -L -X PATCH https://x.org/a?b=1 \\\n  -H 'Content-Type: application/json' -d '{\"c\": [1]}'"
    monkeypatch.setattr("sys.stdin", io.StringIO(command))
    code, out, err = cli("steps", "curl", "-" if piped else command)
    assert (code, err) == (0, "")
    values = {"url": "https://x.org/a", "query": {"b": "1"}, "json": {"c": [1]}, "method": "PATCH"}
    assert json.loads(out) == {"id": "request", "type": "http", "input": values}


def test_what_is_no_curl_command_is_said(cli: Cli) -> None:
    code, out, err = cli("steps", "curl", "wget https://x.org")
    assert (code, out) == (2, "")
    assert "paste a curl command" in err
    assert "connection of kind http" in cli("steps", "curl", "curl -u ann:pw https://x.org")[2]
