"""Errors of files and folders."""

from pathlib import Path

from wftui.model.errors import ExitCode, UserError


class WorkspaceError(UserError):
    """An unusable file or folder of the workspace."""

    code = "workspace"


class ForeignFolderError(WorkspaceError):
    """A folder that holds other files and would become a workspace.

    Attributes:
        folder: its path.
    """

    code = "workspace.other"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} holds other files and is not a workspace; to make it one, name it: --tables {folder}"
        )
        self.folder = folder


def explain(error: OSError, path: Path, doing: str) -> WorkspaceError:
    """Return the error to report for an operating system error.

    Args:
        doing: a verb phrase such as `"write"`.
    """
    reason = {
        PermissionError: "permission denied",
        FileNotFoundError: "it does not exist",
        NotADirectoryError: "part of its path is not a folder",
        IsADirectoryError: "it is a folder",
        FileExistsError: "it already exists",
    }.get(type(error), (error.strerror or str(error)).lower())
    exit_code = ExitCode.NOT_FOUND if isinstance(error, FileNotFoundError) else ExitCode.FAILED
    return WorkspaceError(f"cannot {doing} {path}: {reason}", code="workspace.io", exit_code=exit_code)
