import json
import shutil
import stat
from pathlib import Path

import pytest

from wftui.model.errors import ConflictError, NotFoundError, UsageError
from wftui.workspace.atomic import atomic_write
from wftui.workspace.files import Workspace
from wftui.workspace.locate import find_database, find_tables
from wftui.workspace.new_workflow import new_source
from wftui.workspace.shipped import examples_path, fill_with_examples
from wftui.workspace.workspace_errors import WorkspaceError


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "workflows").mkdir()
    return Workspace(tmp_path)


def test_written_workflow_is_read_back(workspace: Workspace) -> None:
    written = workspace.write("hello", new_source("hello"), None)
    assert workspace.read("hello") == written
    assert workspace.ids() == ["hello"]


def test_a_save_on_top_of_someone_elses_change_is_refused(workspace: Workspace) -> None:
    mine = workspace.write("hello", "{}", None)
    workspace.write("hello", '{"theirs": 1}', mine.etag)
    with pytest.raises(ConflictError, match="changed by someone else") as refused:
        workspace.write("hello", '{"mine": 1}', mine.etag)
    assert refused.value.code == "workspace.conflict"
    assert workspace.read("hello").text == '{"theirs": 1}'


def test_saving_a_deleted_workflow_is_refused(workspace: Workspace) -> None:
    mine = workspace.write("hello", "{}", None)
    workspace.delete("hello")
    with pytest.raises(ConflictError, match="has been deleted since") as refused:
        workspace.write("hello", '{"mine": 1}', mine.etag)
    assert refused.value.code == "workspace.conflict"
    assert workspace.ids() == []


def test_saving_identical_content_is_not_a_conflict(workspace: Workspace) -> None:
    mine = workspace.write("hello", "{}", None)
    theirs = workspace.write("hello", "[]", mine.etag)
    assert workspace.write("hello", "[]", mine.etag) == theirs


def test_a_new_workflow_does_not_overwrite_one(workspace: Workspace) -> None:
    workspace.write("hello", "{}", None)
    with pytest.raises(ConflictError, match="already exists") as refused:
        workspace.write("hello", "[]", None)
    assert refused.value.code == "workspace.exists"


@pytest.mark.parametrize("bad", ["", "../x", "a/b", "A", ".hidden", "x" * 64, "a b", "a\n"])
def test_only_ids_become_paths(workspace: Workspace, bad: str) -> None:
    with pytest.raises(UsageError, match="not a workflow id"):
        workspace.read(bad)


def test_an_unknown_id_names_near_ones(workspace: Workspace) -> None:
    workspace.write("repo_health", "{}", None)
    with pytest.raises(NotFoundError, match="did you mean repo_health") as refused:
        workspace.read("repo_helth")
    assert refused.value.code == "workflow.not_found"


def test_folders_without_a_workflow_are_left_out(workspace: Workspace) -> None:
    (workspace.workflows_path / "Not An Id").mkdir()
    (workspace.workflows_path / "empty").mkdir()
    (workspace.workflows_path / "__pycache__").mkdir()
    assert workspace.ids() == []


def test_duplicate_changes_only_the_id(workspace: Workspace) -> None:
    source = workspace.write("hello", new_source("hello"), None)
    copy = workspace.duplicate("hello", "hello-2")
    assert copy.text == source.text.replace('"id": "hello"', '"id": "hello-2"', 1)


def test_rename_moves_the_whole_folder(workspace: Workspace) -> None:
    workspace.write("hello", new_source("hello"), None)
    (workspace.workflows_path / "hello" / "notes.txt").write_text("keep me")
    renamed = workspace.rename("hello", "bye")
    assert json.loads(renamed.text)["id"] == "bye"
    assert workspace.ids() == ["bye"]
    assert (workspace.workflows_path / "bye" / "notes.txt").read_text() == "keep me"


def test_rename_onto_another_is_refused(workspace: Workspace) -> None:
    workspace.write("a", new_source("a"), None)
    workspace.write("b", new_source("b"), None)
    with pytest.raises(ConflictError, match="workflow b already exists"):
        workspace.rename("a", "b")
    assert workspace.ids() == ["a", "b"]


def test_a_deleted_workflow_can_be_taken_back(workspace: Workspace) -> None:
    source = workspace.write("a", new_source("a"), None)
    place = workspace.delete("a")
    assert workspace.ids() == []
    assert (place / "workflow.json").read_text() == source.text
    workspace.write("a", "{}", None)
    assert workspace.delete("a") != place


def test_a_missing_workspace_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"no workspace at .*nowhere") as refused:
        Workspace(tmp_path / "nowhere").ids()
    assert refused.value.code == "workspace.missing"


def test_non_utf8_file_is_a_clear_error(workspace: Workspace) -> None:
    workspace.write("a", "{}", None)
    workspace.source_path("a").write_bytes(b'{"x": "\xff"}')
    with pytest.raises(WorkspaceError, match="not UTF-8") as refused:
        workspace.read("a")
    assert refused.value.code == "workspace.encoding"


def test_atomic_write_skips_equal_files_and_keeps_modes(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert atomic_write(path, b"1")
    path.chmod(0o640)
    before = path.stat()
    assert not atomic_write(path, b"1")
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert atomic_write(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_atomic_write_goes_through_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    atomic_write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_the_workspace_is_found_in_the_documented_order(tmp_path: Path) -> None:
    environment = {"XDG_DATA_HOME": str(tmp_path / "data")}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    filled = find_tables(None, environment, elsewhere)
    assert filled == tmp_path / "data" / "wftui" / "tables"
    assert not filled.exists()
    (elsewhere / "tables").mkdir()
    assert find_tables(None, environment, elsewhere) == elsewhere / "tables"
    environment["WFTUI_TABLES"] = str(tmp_path / "named")
    assert find_tables(None, environment, elsewhere) == tmp_path / "named"
    assert find_tables(tmp_path / "given", environment, elsewhere) == tmp_path / "given"


def test_examples_are_copied_only_once(tmp_path: Path) -> None:
    tables = tmp_path / "deep" / "tables"
    fill_with_examples(tables)
    assert Workspace(tables).ids() == Workspace(examples_path()).ids()
    shutil.rmtree(tables / "workflows")
    fill_with_examples(tables)
    assert Workspace(tables).ids() == []


def test_the_database_is_found_in_the_documented_order(tmp_path: Path) -> None:
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    assert find_database(None, environment) == tmp_path / "wftui" / "wftui.db"
    environment["WFTUI_DB"] = str(tmp_path / "x.db")
    assert find_database(None, environment) == tmp_path / "x.db"
    assert find_database(tmp_path / "y.db", environment) == tmp_path / "y.db"
