import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import PATIENCE, run_to_end

from wftui.workbench import Workbench


@pytest.fixture(autouse=True)
def patient(tables: Path) -> None:
    """Give the servers longer than a minute to start: a busy machine may need it."""
    path = tables / "workflows" / "mcp_repo_notes" / "workflow.json"
    path.write_text(path.read_text().replace('"server": {', '"startTimeout": 300, "server": {'))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three commits, and a file that is not committed."""
    repo = tmp_path / "repo"
    repo.mkdir()

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Ada | L", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(repo), *identity, *arguments], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for number, text in enumerate(["one\ntwo\n", "one\nthree\n", "one\n"]):
        (repo / "numbers.txt").write_text(text)
        git("add", ".")
        git("commit", "-q", "-m", f"Change {number}")
    (repo / "new.txt").write_text("new\n")
    return repo


@pytest.mark.slow
async def test_the_notes(workbench: Workbench, repository: Path) -> None:
    inputs = {"repo": str(repository), "commits": 2, "timezone": "Asia/Tokyo"}
    record = await run_to_end(workbench, "mcp_repo_notes", inputs)
    assert record.status == "completed", record.error
    assert record.outputs["commits"] == 2
    report = record.outputs["report"]
    assert "(Asia/Tokyo)" in report
    assert report.index("## Change 2") < report.index("## Change 1")
    assert "Change 0" not in report
    assert "0 lines added, 1 removed" in report
    assert "1 lines added, 1 removed" in report
    assert "\n- numbers.txt\n" in report
    assert "new.txt" in report.partition("## Not committed")[2]
    patches = record.step("patches")
    assert patches is not None
    assert patches.iterations is not None
    assert patches.iterations.completed == 2


@pytest.fixture(scope="module")
def filesystem_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the program of the filesystem server, which comes from npm."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("npm")
    package = "@modelcontextprotocol/server-filesystem"
    command = [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", "--prefix", str(folder), package]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not install the filesystem server within 120 s")
    if ran.returncode:
        pytest.skip(f"npm could not install the filesystem server: {ran.stderr.strip()[-300:]}")
    return folder / "node_modules" / ".bin"


@pytest.mark.slow
async def test_the_notes_are_written_by_the_filesystem_server(
    workbench: Workbench, repository: Path, tmp_path: Path, filesystem_server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{filesystem_server}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / "notes"
    folder.mkdir()
    inputs = {"repo": str(repository), "commits": 1, "folder": str(folder)}
    record = await run_to_end(workbench, "mcp_repo_notes", inputs)
    assert record.status == "completed", record.error
    assert (folder / "NOTES.md").read_text() == record.outputs["report"]


@pytest.mark.slow
async def test_other_folders_than_repositories_fail(workbench: Workbench, tmp_path: Path) -> None:
    record = await run_to_end(workbench, "mcp_repo_notes", {"repo": str(tmp_path)})
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.type == "mcp.tool"
    assert record.error.step_id in ("status", "log")


async def test_it_compiles_without_its_servers_and_without_the_package(
    workbench: Workbench, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/no/such/folder")
    monkeypatch.setitem(sys.modules, "mcp", None)
    source = await workbench.workflows.read("mcp_repo_notes")
    assert not (await workbench.workflows.check("mcp_repo_notes", source.text)).errors
    wrong = source.text.replace('"tool": "git_log"', '"tool": "git_lgo"')
    wrong = wrong.replace("output.structured }}", "output.structured.datetime.hour }}")
    found = [each.message for each in (await workbench.workflows.check("mcp_repo_notes", wrong)).errors]
    assert any("did you mean git_log?" in message for message in found)
    assert any("datetime is a text, so it has no 'hour'" in message for message in found)
    record = await run_to_end(workbench, "mcp_repo_notes", {"repo": str(repository)})
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.type == "connection.unresolved"
    assert record.started_at is None
    assert "pip install 'wftui[mcp]'" in record.error.message
    warnings = (await workbench.workflows.check("mcp_repo_notes", source.text)).warnings
    assert {each.code for each in warnings if each.severity == "warning"} == {"step.requirement"}
