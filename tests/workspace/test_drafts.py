"""Drafts: unsaved text outside the workspace, and who may take it."""

from pathlib import Path

import pytest

from wftui.workspace.drafts import DraftFile, delete_draft, orphaned_drafts
from wftui.workspace.workspace_errors import WorkspaceError


def test_draft_of_open_editor_is_not_offered(tmp_path: Path) -> None:
    folder, source = tmp_path / "drafts", tmp_path / "workflow.json"
    first, second = DraftFile(folder, source), DraftFile(folder, source)
    first.keep("one \ud800", "e1")
    second.keep("two", "e2")
    assert orphaned_drafts(folder, source) == []
    first.release()
    (found,) = orphaned_drafts(folder, source)
    assert (found.text, found.etag) == ("one \ud800", "e1")
    assert orphaned_drafts(folder, tmp_path / "other.json") == []
    delete_draft(found)
    second.forget()
    assert orphaned_drafts(folder, source) == []
    assert [path.suffix for path in folder.iterdir() if path.suffix == ".json"] == []


def test_unwritable_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file in place of the folder")
    with pytest.raises(WorkspaceError, match="cannot keep unsaved text") as caught:
        DraftFile(tmp_path / "drafts", tmp_path / "workflow.json").keep("text", "e")
    assert caught.value.code == "draft.io"


def test_damaged_draft_is_ignored(tmp_path: Path) -> None:
    folder, source = tmp_path / "drafts", tmp_path / "workflow.json"
    draft = DraftFile(folder, source)
    draft.keep("text", "e")
    draft.release()
    (found,) = orphaned_drafts(folder, source)
    found.file.write_text("{")
    assert orphaned_drafts(folder, source) == []
