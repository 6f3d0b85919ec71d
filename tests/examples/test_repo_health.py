import subprocess
from pathlib import Path

import pytest
from helpers import run_to_end

from wftui.workbench import Workbench


def git(repo: Path, *arguments: str, stdin: bytes | None = None) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(repo), *identity, *arguments], check=True, capture_output=True, input=stdin)


def make_repository(path: Path, commits: int) -> Path:
    """A repository imported in one stream: two authors, one file per commit in turn."""
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    now = subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout.strip()
    lines = []
    for number in range(1, commits + 1):
        author = "Ada <ada@example.org>" if number % 3 else "Grace | Hopper <grace@example.org>"
        moment = int(now) - (commits - number) * 60
        text = f"line {number}\n# TODO: more\n"
        lines.append(
            f"commit refs/heads/main\ncommitter {author} {moment} +0000\ndata 2\nok\n"
            f"M 100644 inline src/file{number % 7}.py\ndata {len(text)}\n{text}\n"
        )
    git(path, "fast-import", "--quiet", stdin="".join(lines).encode())
    git(path, "reset", "-q", "--hard", "main")
    return path


async def test_a_small_repository(workbench: Workbench, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo", 10)
    git(repo, "branch", "old", "main~9")
    (repo / "src" / "file1.py").write_text("changed\n")
    record = await run_to_end(workbench, "repo_health", {"repo": str(repo)})
    assert record.status == "completed", record.error
    assert record.outputs["commits"] == 10
    assert record.outputs["todoLines"] == 7
    report = record.outputs["report"]
    assert f"# Repository health: {repo}" in report
    assert "| Ada | 7 |" in report
    assert r"| Grace \| Hopper | 3 |" in report
    assert "- 1 open changes, the oldest" in report
    authors = record.step("authors")
    assert authors is not None
    assert authors.iterations is not None
    assert authors.iterations.completed == 2


@pytest.mark.slow
async def test_twenty_thousand_commits(workbench: Workbench, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo", 20_000)
    record = await run_to_end(workbench, "repo_health", {"repo": str(repo / "src"), "weeks": 520, "top": 1})
    assert record.status == "completed", record.error
    assert record.outputs["commits"] == 20_000
    assert "| Ada | 13334 |" in record.outputs["report"]


@pytest.mark.parametrize("kind", ["no repository", "no commits", "no folder"])
async def test_other_folders_than_repositories_fail(workbench: Workbench, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "folder"
    if kind != "no folder":
        folder.mkdir()
    if kind == "no commits":
        git(folder, "init", "-q")
    record = await run_to_end(workbench, "repo_health", {"repo": str(folder)})
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.step_id == "repository"
    expected = {"no repository": "not a git repository", "no commits": "no commits yet", "no folder": "folder"}
    assert expected[kind] in record.error.message
    assert record.step("report") is not None
    assert record.step("report").skip_reason.startswith("needs ")  # type: ignore[union-attr]  # asserted above
