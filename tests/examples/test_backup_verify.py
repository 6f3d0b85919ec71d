import tarfile
from pathlib import Path

import pytest
from helpers import patience, run_to_end

from wftui.model.run.events import StepWaiting
from wftui.workbench import Workbench


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.txt").write_text("a\n")
    (folder / "deep" / "er" / "b.bin").write_bytes(bytes(range(256)) * 1000)
    (folder / "empty").touch()
    return folder


async def test_backup_restores(workbench: Workbench, source: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    record = await run_to_end(workbench, "backup_verify", {"source": str(source), "destination": str(kept)})
    assert record.status == "completed", record.error
    archive = Path(record.outputs["archive"])
    with tarfile.open(archive) as packed:
        assert any(name.endswith("deep/er/b.bin") for name in packed.getnames())
    assert (kept / f"{archive.name}.sha256").read_text() == f"{record.outputs['sha256']}  {archive.name}\n"
    assert sorted(path.name for path in kept.iterdir()) == [archive.name, f"{archive.name}.sha256"]


@pytest.mark.parametrize("approved", [True, False])
async def test_old_archives_are_deleted_only_after_approval(
    workbench: Workbench, source: Path, tmp_path: Path, approved: bool
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    old = [kept / f"backup-2020-01-0{day}T000000.tar.gz" for day in (1, 2, 3)]
    for path in old:
        path.write_text("old")
    inputs = {"source": str(source), "destination": str(kept), "keep": 2}
    run_id = await workbench.runs.start("backup_verify", inputs)
    async with patience():
        async for batch in workbench.runs.follow(run_id):
            for event in batch:
                if isinstance(event, StepWaiting) and event.waiting.reason == "approval":
                    assert all(path.exists() for path in old)
                    assert event.waiting.prompt is not None
                    assert "Delete 2 old archives" in event.waiting.prompt
                    await workbench.runs.answer(run_id, event.path, approved=approved)
    record = await workbench.runs.record(run_id, whole=True)
    assert record.status == "completed", record.error
    assert [path.exists() for path in old] == ([False, False, True] if approved else [True, True, True])
    assert len(record.outputs["deleted"]) == (2 if approved else 0)


async def test_missing_folder_fails_without_leftovers(workbench: Workbench, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    inputs = {"source": str(tmp_path / "nowhere"), "destination": str(kept)}
    record = await run_to_end(workbench, "backup_verify", inputs)
    assert record.status == "failed"
    assert record.error is not None
    assert "nowhere" in record.error.message
    assert not kept.exists() or list(kept.iterdir()) == []
