"""Versions of a source for comparison: saved, committed, and those that ran."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from helpers import PATIENCE

from wftui.workbench import Settings, Workbench, source_service

SOURCE = '{"format": 1, "id": "flow", "steps": []}'


def git(folder: Path, *arguments: str) -> None:
    """Run git without the user's configuration."""
    own = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *own, *arguments], check=True, capture_output=True)


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workbench]:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setattr(source_service, "_GIT_SECONDS", PATIENCE)
    opened = Workbench(Settings(tables=tmp_path / "my tables", database=tmp_path / "runs.db", user_id="ada"))
    source_path(opened).parent.mkdir(parents=True)
    source_path(opened).write_text(SOURCE)
    yield opened
    await opened.close(cancel=True)


def source_path(bench: Workbench) -> Path:
    return bench.workspace.source_path("flow")


async def named(bench: Workbench) -> dict[str, str]:
    return {version.name: version.text for version in await bench.sources.versions("flow")}


async def test_last_commit_is_a_version(bench: Workbench, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert await named(bench) == {"saved": SOURCE}, "there is no commit yet"
    git(tmp_path, "add", "my tables")
    git(tmp_path, "commit", "-qm", "Add flow")
    source_path(bench).write_text(SOURCE.replace("[]", "[ ]"))
    assert await named(bench) == {"saved": SOURCE.replace("[]", "[ ]"), "git": SOURCE}
    git(tmp_path, "add", "my tables")
    assert (await named(bench))["git"] == SOURCE, "what is only staged is not committed"
    source_path(bench).unlink()
    assert await named(bench) == {"git": SOURCE}, "a deleted file can be compared with, and restored"


async def test_folder_of_its_own_repository(bench: Workbench, tmp_path: Path) -> None:
    git(source_path(bench).parent, "init", "-q")
    git(source_path(bench).parent, "add", ".")
    git(source_path(bench).parent, "commit", "-qm", "Add flow")
    assert (await named(bench))["git"] == SOURCE


async def test_without_git_there_are_the_other_versions(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await named(bench) == {"saved": SOURCE}, "it is in no repository"
    git(tmp_path, "init", "-q")
    (tmp_path / "other").write_text("")
    git(tmp_path, "add", "other")
    git(tmp_path, "commit", "-qm", "Add another file")
    assert await named(bench) == {"saved": SOURCE}, "it is not tracked"
    git(tmp_path, "add", "my tables")
    git(tmp_path, "commit", "-qm", "Add flow")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await named(bench) == {"saved": SOURCE}, "git is not installed"


async def test_commit_that_is_not_text_is_not_a_version(bench: Workbench, tmp_path: Path) -> None:
    source_path(bench).write_bytes(b"\xff\xfe")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "my tables")
    git(tmp_path, "commit", "-qm", "Add bytes")
    source_path(bench).write_text(SOURCE)
    assert await named(bench) == {"saved": SOURCE}
