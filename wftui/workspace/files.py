"""Workflow files of a workspace: `<root>/workflows/<id>/workflow.json`.

Only ids that match the format's pattern become a path, so no input reaches outside the root.
"""

import os
import re
import shutil
from pathlib import Path

from wftui.model.data_class import dataclass
from wftui.model.errors import ConflictError, ExitCode, NotFoundError, UsageError
from wftui.model.text.commands import shown_command
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.workflow.identifiers import WORKFLOW_ID_PATTERN
from wftui.workspace.atomic import atomic_write
from wftui.workspace.generated import has_links, inside, is_workspace
from wftui.workspace.regular import read_regular
from wftui.workspace.workspace_errors import ForeignFolderError, WorkspaceError, explain

_ID = re.compile(WORKFLOW_ID_PATTERN)


@dataclass(frozen=True, slots=True)
class WorkflowSource:
    """A workflow.json as read.

    Attributes:
        etag: hash of its bytes, to detect later changes of the file.
        read_only: why it is not written, or None: a folder on its path leads out of the workspace.
    """

    workflow_id: str
    path: Path
    text: str
    etag: str
    read_only: str | None = None


def etag_of(data: bytes) -> str:
    """Return the etag of a file's bytes."""
    import hashlib

    return hashlib.sha256(data).hexdigest()


def file_etag(path: Path) -> str | None:
    """Return the etag of a file; None if it cannot be read."""
    try:
        return etag_of(read_regular(path))
    except OSError:
        return None


def check_id(workflow_id: str) -> str:
    """Return a workflow id after checking it.

    Raises:
        UsageError: the id does not match the format's pattern.
    """
    if not _ID.fullmatch(workflow_id):
        raise UsageError(
            f"{workflow_id!r} is not a workflow id: use lower-case letters, digits, - and _, "
            "starting with a letter or digit, at most 63",
            code="workflow.id",
        )
    return workflow_id


class Workspace:
    """A `tables/` folder.

    Attributes:
        adopt: whether a folder that holds other things may become a workspace, because the user has named it.
    """

    def __init__(self, root: Path, *, adopt: bool = True) -> None:
        self.root = root
        self.adopt = adopt

    @property
    def workflows_path(self) -> Path:
        """Folder with one folder per workflow."""
        return self.root / "workflows"

    @property
    def registry_path(self) -> Path:
        """Path of the generated static map of all workflows."""
        return self.root / "registry.py"

    @property
    def init_path(self) -> Path:
        """Path of the generated package file beside the registry."""
        return self.root / "__init__.py"

    @property
    def schema_path(self) -> Path:
        """Path of the generated JSON Schema of workflow.json."""
        return self.root / "workflow.schema.json"

    def source_path(self, workflow_id: str) -> Path:
        """Return the path of a workflow's JSON."""
        return self.workflows_path.joinpath(check_id(workflow_id), "workflow.json")

    def generated_path(self, workflow_id: str) -> Path:
        """Return the path of a workflow's generated Python."""
        return self.workflows_path.joinpath(check_id(workflow_id), "workflow.py")

    def ids(self) -> list[str]:
        """Return all workflow ids, sorted.

        Folders whose name is not an id or that have no workflow.json are left out; not one with a
        workflow.json that is, say, a named pipe: reading it raises the reason.

        Raises:
            WorkspaceError: the workspace is missing or cannot be read.
        """
        try:
            missing = not self.root.is_dir()
        except OSError as error:
            raise explain(error, self.root, "read") from error
        if missing:
            raise WorkspaceError(
                f"there is no workspace at {self.root}: choose another with --tables, "
                f"or create it with `{shown_command(['new', 'ID', '--tables', str(self.root)])}`",
                code="workspace.missing",
                exit_code=ExitCode.NOT_FOUND,
            )
        try:
            if not self.workflows_path.exists():
                return []
            return sorted(
                entry.name
                for entry in self.workflows_path.iterdir()
                if _ID.fullmatch(entry.name) and os.path.lexists(entry / "workflow.json")
            )
        except OSError as error:
            raise explain(error, self.workflows_path, "read") from error

    def exists(self, workflow_id: str) -> bool:
        """Return whether a workflow of that id exists."""
        return bool(_ID.fullmatch(workflow_id)) and self.source_path(workflow_id).is_file()

    def read(self, workflow_id: str) -> WorkflowSource:
        """Read a workflow's source.

        Raises:
            NotFoundError: there is no such workflow; the message suggests similar ids.
            WorkspaceError: it cannot be read, or is not UTF-8.
        """
        path = self.source_path(workflow_id)
        try:
            data = read_regular(path)
        except FileNotFoundError as error:
            if path.is_symlink():
                reason = f"it is a link to {path.readlink()}, which does not exist"
                raise WorkspaceError(f"cannot read {path}: {reason}", code="workspace.io") from error
            raise NotFoundError(self._not_found(workflow_id), code="workflow.not_found") from error
        except OSError as error:
            raise explain(error, path, "read") from error
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise WorkspaceError(f"{path} is not UTF-8 text (byte {error.start})", code="workspace.encoding") from error
        read_only = None
        if has_links(self.root, path):  # following them takes a third of a list
            try:
                inside(self.root, path)
            except WorkspaceError as error:
                read_only = str(error)
        return WorkflowSource(workflow_id, path, text, etag_of(data), read_only)

    def write(self, workflow_id: str, text: str, expected: str | None) -> WorkflowSource:
        """Write a workflow's source, unless the file has changed since it was read.

        Args:
            expected: etag of the source that was read; None for a new workflow.

        Raises:
            ConflictError: the file has changed since it was read.
            WorkspaceError: it cannot be written; its folder is a link out of the workspace (`workspace.link`); the
                folder is not a workspace yet and holds other files (`workspace.other`).
        """
        path = self.source_path(workflow_id)
        inside(self.root, path)
        self.check_adopted()
        data = text.encode()
        try:
            if expected is None and path.is_symlink():
                raise ConflictError(f"workflow {workflow_id} already exists", code="workspace.exists")
            current = etag_of(read_regular(path)) if path.exists() else None
            if current != expected and current != etag_of(data):
                if current is None:
                    raise ConflictError(f"{path} has been deleted since it was read", code="workspace.conflict")
                if expected is None:
                    raise ConflictError(f"workflow {workflow_id} already exists", code="workspace.exists")
                raise ConflictError(
                    f"{path} has been changed by someone else since it was read", code="workspace.conflict"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, data)
        except OSError as error:
            raise explain(error, path, "write") from error
        return WorkflowSource(workflow_id, path, text, etag_of(data))

    def duplicate(self, workflow_id: str, new_id: str) -> WorkflowSource:
        """Copy a workflow to a new id, which its JSON gets too.

        Raises:
            ConflictError: a workflow of the new id exists.
            NotFoundError, WorkspaceError: the old one cannot be read, or the new one cannot be written.
        """
        return self.write(new_id, with_id(self.read(workflow_id).text, workflow_id, new_id), None)

    def rename(self, workflow_id: str, new_id: str) -> WorkflowSource:
        """Rename a workflow and its folder; its runs keep the old id.

        Raises:
            ConflictError: a workflow of the new id exists.
            NotFoundError, WorkspaceError: it cannot be read, or its folder cannot be moved.
        """
        source = self.read(workflow_id)
        inside(self.root, source.path)
        target = self.source_path(new_id).parent
        if os.path.lexists(target):
            raise ConflictError(f"workflow {new_id} already exists", code="workspace.exists")
        try:
            source.path.parent.rename(target)
        except OSError as error:
            raise explain(error, source.path.parent, "rename") from error
        return self.write(new_id, with_id(source.text, workflow_id, new_id), source.etag)

    def delete(self, workflow_id: str) -> Path:
        """Move a workflow's folder to `<root>/.trash`; return its new path.

        Raises:
            NotFoundError, WorkspaceError: it cannot be read or moved.
        """
        source = self.read(workflow_id).path.parent
        trash = self.root / ".trash"
        inside(self.root, trash / workflow_id)
        number = 1
        while os.path.lexists(target := trash / f"{workflow_id}.{number}"):
            number += 1
        try:
            trash.mkdir(exist_ok=True)
            shutil.move(source, target)
        except OSError as error:
            raise explain(error, source, "delete") from error
        return target

    def check_adopted(self) -> None:
        """Refuse to make a workspace of a folder that holds other files.

        Raises:
            ForeignFolderError: the user has not named the folder with `--tables`.
        """
        if not self.adopt and self.root.is_dir() and not is_workspace(self.root):
            raise ForeignFolderError(self.root)

    def _not_found(self, workflow_id: str) -> str:
        hint = did_you_mean(suggestion(workflow_id, self.ids()), f" in {self.workflows_path}")
        return f"there is no workflow {workflow_id}{hint}"


def with_id(text: str, old_id: str, new_id: str) -> str:
    """Return the text with the root's `id` replaced and nothing else changed."""
    import json

    written = re.compile(r'("id"\s*:\s*)' + re.escape(json.dumps(old_id)))
    return written.sub(lambda found: found[1] + json.dumps(new_id), text, count=1)
