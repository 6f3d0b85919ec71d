"""The step types of docs/plugins.md are trusted, compiled and run as described."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wftui.cli.main import main
from wftui.model.base import Json

PAGE = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust is remembered here only."""
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(tmp_path / "private"))
    monkeypatch.setenv("WFTUI_TABLES", str(tmp_path / "tables"))
    monkeypatch.setenv("WFTUI_DB", str(tmp_path / "runs.db"))


def put(tmp_path: Path, steps: list[Json]) -> None:
    folder = tmp_path / "tables" / "workflows" / "page"
    folder.mkdir(parents=True, exist_ok=True)
    who = {"type": "object", "properties": {"who": {"type": "string", "default": "Ann"}}}
    workflow = {"format": 1, "id": "page", "inputSchema": who, "steps": steps}
    (folder / "workflow.json").write_text(json.dumps(workflow))


def test_documented_types_run_once_trusted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tables" / "steps" / "mine.py"
    file.parent.mkdir(parents=True)
    file.write_text("\n\n".join(blocks("python")))
    counting = {
        "id": "count",
        "type": "acme.count",
        "input": {"text": "{{ steps.hello.output.text }}", "word": "hello"},
    }
    put(tmp_path, [json.loads(blocks("json")[0]), counting])

    assert main(["run", "page", "--json"]) == 3
    assert "mine.py: it is not trusted" in capsys.readouterr().err
    assert main(["steps", "trust", str(file)]) == 0
    assert "acme.count, acme.greet, acme.load" in capsys.readouterr().out
    assert main(["run", "page", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [step["output"] for step in record["stepResults"]] == [{"text": "hello Ann hello Ann"}, 2]

    table = tmp_path / "people"
    load = {"id": "load", "type": "acme.load", "input": {"table": str(table)}}
    put(tmp_path, [{**counting, "input": {"text": "x", "word": "x"}}, load])
    assert main(["run", "page", "--json"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert {step["status"] for step in record["stepResults"]} == {"pending"}
    assert f" {table}.csv (acme export {table.name})" in record["error"]["message"]
    table.with_suffix(".csv").write_text("ann\n")
    assert main(["run", "page", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stepResults"][1]["output"] == "ann\n"

    put(tmp_path, [{**counting, "input": {"text": "x", "word": ""}}])
    assert main(["compile", "page", "--check"]) == 1
    assert "thing to count" in capsys.readouterr().err
    file.write_text(file.read_text() + "\n# changed\n")
    assert main(["run", "page"]) == 3
    assert "has changed since" in capsys.readouterr().err


@pytest.mark.slow
def test_documented_commands_make_a_working_package(tmp_path: Path) -> None:
    [package, _trust] = blocks("sh")
    commands = [line.partition("#")[0].strip() for line in package.splitlines()]
    assert commands == ["wftui steps new acme.greet", "cd acme-steps", "pip install -e '.[test]'", "pytest"]
    wftui = [sys.executable, "-m", "wftui"]
    subprocess.run([*wftui, "steps", "new", "acme.greet"], cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "acme-steps"
    assert blocks("toml")[0].strip() in (folder / "pyproject.toml").read_text()
    # What `pip install` does, without a network: the package on the path, and its entry points beside it.
    information = folder / "acme_steps-0.1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-steps\nVersion: 0.1.0\n")
    (information / "entry_points.txt").write_text("[wftui.steps]\nacme.greet = acme_steps:greet\n")
    installed = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."],
        cwd=folder,
        env={**installed, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    assert "2 passed" in tested.stdout, tested.stdout + tested.stderr
    listed = subprocess.run([*wftui, "steps"], cwd=tmp_path, env=installed, capture_output=True, text=True)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "acme.greet" in listed.stdout
