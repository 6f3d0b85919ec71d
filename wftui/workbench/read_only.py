"""A workbench that refuses every change, for `wftui --read-only`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast

from wftui.model.errors import UserError

if TYPE_CHECKING:
    from wftui.workbench.protocols import AnyWorkbench

REASON = "wftui was started with --read-only"

CHANGES: Mapping[str, frozenset[str]] = {
    "connections": frozenset({"save", "remove", "connect", "set_secret", "remove_secret"}),
    "doctor": frozenset({"repair"}),
    "retention": frozenset({"apply", "begin", "cleanup", "delete"}),
    "runs": frozenset({"start", "rerun", "resume", "cancel", "answer"}),
    "sources": frozenset({"delete_draft"}),
    "steps": frozenset({"lock_tools", "trust"}),
    "tokens": frozenset({"add", "add_first", "remove"}),
    "transfer": frozenset({"export", "import_file"}),
    "trials": frozenset({"pin", "unpin", "follow_rename", "follow_save", "try_step"}),
    "user_settings": frozenset({"set", "unset", "copy_rules"}),
    "workflows": frozenset(
        {
            "add_example",
            "compile",
            "compile_all",
            "create",
            "delete",
            "duplicate",
            "rename",
            "rename_in_callers",
            "save",
        }
    ),
}
"""The methods that write, run or answer something, by service."""


class ReadOnlyError(UserError):
    """A change that a read-only session refuses."""

    code = "session.read_only"

    def __init__(self, reason: str = REASON) -> None:
        super().__init__(f"Nothing was changed: {reason}.")


def refuse(reason: str = REASON) -> NoReturn:
    """Refuse a change.

    Raises:
        ReadOnlyError: always.
    """
    raise ReadOnlyError(reason)


def read_only(workbench: AnyWorkbench, reason: str = REASON) -> AnyWorkbench:
    """Return a workbench whose methods that change something raise `ReadOnlyError`."""
    return cast("AnyWorkbench", _ReadOnlyWorkbench(workbench, reason))


class _ReadOnlyWorkbench:
    def __init__(self, workbench: AnyWorkbench, reason: str) -> None:
        self._workbench = workbench
        self._reason = reason

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._workbench, name)
        return _ReadOnlyService(member, CHANGES[name], self._reason) if name in CHANGES else member

    @property
    def read_only(self) -> str:
        """Reason why nothing can be changed."""
        return self._reason

    @property
    def local(self) -> Any:
        """The workbench of this machine, read-only too."""
        found = self._workbench.local
        return self if found is self._workbench else _ReadOnlyWorkbench(found, self._reason)


class _ReadOnlyService:
    def __init__(self, service: object, changes: frozenset[str], reason: str) -> None:
        self._service = service
        self._changes = changes
        self._reason = reason

    def __getattr__(self, name: str) -> Any:
        return self._refused if name in self._changes else getattr(self._service, name)

    async def _refused(self, *_arguments: object, **_options: object) -> NoReturn:
        refuse(self._reason)
