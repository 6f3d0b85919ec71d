"""The command `compile`: output forms, fixes, and positions of problems."""

import json
from pathlib import Path

import pytest
from helpers import EXAMPLES, Cli

from wftui.workbench import Settings
from wftui.workspace.files import Workspace


def test_compile_of_one_prints_one_result_and_of_all_a_list(cli: Cli) -> None:
    code, out, _ = cli("compile", "repo_health", "--json")
    assert code == 0
    result = json.loads(out)
    assert (result["success"], result["workflowId"], result["errors"]) == (True, "repo_health", [])
    assert "WORKFLOW = " in result["generatedCode"]
    code, out, _ = cli("compile", "--all", "--json")
    assert [result["workflowId"] for result in json.loads(out)] == Workspace(EXAMPLES).ids()


def test_compile_for_people(cli: Cli, settings: Settings) -> None:
    assert cli("compile", "repo_health")[1].startswith("repo_health: Ready")
    path = settings.tables / "workflows" / "repo_health" / "workflow.json"
    path.write_text(path.read_text().replace('"type": "python"', '"type": "pyton"', 1))
    code, out, err = cli("compile", "repo_health")
    assert code == 3
    assert "repo_health: Failed · 1 error" in out
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "pyton" in text)
    assert f"{path}:{line}:" in err
    assert "python" in err
    assert cli("compile", "--all", "--check")[0] == 1


BROKEN = """{
  "format": 1,
  "id": "broken",
  "inputSchema": {"type": "object", "properties": {"who": {"type": "string"}}},
  "steps": [{"id": "greet", "type": "set", "input": {"text": "Hello {{ inputs.woh }}", "n": 1}}],
  "outputs": {"text": "{{ steps.greet.output.text }}"}
}
"""


@pytest.fixture
def broken(settings: Settings) -> Path:
    path = settings.tables / "workflows" / "broken" / "workflow.json"
    path.parent.mkdir()
    path.write_text(BROKEN)
    return path


def test_a_problem_is_shown_under_its_line(cli: Cli, broken: Path) -> None:
    _, _, err = cli("compile", "broken", "--check")
    place, line, carets, *_ = err.splitlines()
    column = BROKEN.splitlines()[4].index("inputs.woh") + 1
    assert place.startswith(f"{broken}:5:{column}: error[")
    assert line == f"5 | {BROKEN.splitlines()[4]}"
    assert carets.index("^") == len("5 | ") + column - 1


def test_fix_changes_minimal_bytes_and_reports_them(cli: Cli, broken: Path) -> None:
    code, out, err = cli("compile", "broken", "--fix")
    assert (code, "broken: Ready" in out) == (0, True)
    assert f"{broken}:5: fixed[" in err
    assert broken.read_text() == BROKEN.replace("woh", "who")


def test_fix_mends_the_syntax_first_and_then_the_rest(cli: Cli, settings: Settings) -> None:
    steps = ",\n".join(f'{{"id": "s{number}", "type": "sett", "timout": "1s"}}' for number in range(4))
    path = settings.tables / "workflows" / "many" / "workflow.json"
    path.parent.mkdir()
    path.write_text(f'{{"format": 1, "id": "many", "steps": [\n{steps},\n]}}')
    code, _, err = cli("compile", "many", "--fix")
    assert (code, err.count("fixed[")) == (0, 9)


def test_problems_for_continuous_integration(cli: Cli, broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(broken.parents[3])
    relative = "tables/workflows/broken/workflow.json"
    log = json.loads(cli("compile", "broken", "--check", "--format", "sarif")[1])
    result = log["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == relative
    assert cli("compile", "broken", "--check", "--format", "github")[1].startswith(f"::error file={relative},line=5,")


def test_fix_and_check_exclude_each_other(cli: Cli) -> None:
    assert cli("compile", "repo_health", "--fix", "--check")[0] == 2


def test_compile_stale_lists_and_writes_nothing(cli: Cli, settings: Settings) -> None:
    cli("compile", "--all")
    assert cli("compile", "--all", "--stale")[0] == 0
    folder = settings.tables / "workflows" / "repo_health"
    written = (folder / "workflow.py").read_bytes()
    workflow = json.loads((folder / "workflow.json").read_text(encoding="utf-8"))
    (folder / "workflow.json").write_text(json.dumps({**workflow, "description": "Changed."}), encoding="utf-8")
    code, out, err = cli("compile", "--all", "--check", "--stale")
    assert code == 1
    assert "repo_health: Failed" in out
    assert "workflow.py is stale; run wftui compile repo_health" in err
    results = json.loads(cli("compile", "--all", "--stale", "--json")[1])
    assert {each["workflowId"]: [error["code"] for error in each["errors"]] for each in results if each["errors"]} == {
        "repo_health": ["workflow.stale"]
    }
    assert (folder / "workflow.py").read_bytes() == written
    assert cli("compile", "--all", "--check")[0] == 0


def test_compile_wants_ids_or_all(cli: Cli) -> None:
    assert cli("compile")[0] == 2
    assert cli("compile", "repo_health", "--all")[0] == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 1}', '{"format": 2, "id": "x", "steps": []}', "{,}"]
)
def test_broken_workflow_is_located(cli: Cli, settings: Settings, text: str) -> None:
    path = settings.tables / "workflows" / "broken" / "workflow.json"
    path.parent.mkdir()
    path.write_text(text)
    code, _, err = cli("compile", "broken")
    assert code == 3
    assert err.startswith(f"{path}:1:")
    assert cli("run", "broken")[0] == 3
    assert cli("list")[0] == 0
    assert path.read_text() == text
