"""Tabs, cursors and filters of screens, kept between starts. Discardable."""

from __future__ import annotations

import contextlib
from pathlib import Path

_MOST = 200
"""Screens that are remembered, the ones used last."""


def editor_memory(workflow_id: str) -> str:
    """Return the key under which the editor of a workflow is remembered."""
    return f"editor {workflow_id}"


class ScreenMemory:
    """Tab, cursor, filter and order by screen.

    Whatever is read may be outdated or damaged: screens ignore what does not fit.

    Args:
        workspace: whose screens they are; None: nothing outlives the session.
        keeps: the session may write.
    """

    def __init__(self, workspace: Path | None, *, keeps: bool = True) -> None:
        self._workspace = workspace
        self._keeps = keeps
        self._screens: dict[str, dict[str, str]] | None = None
        self._changed = False

    def recall(self, screen: str) -> dict[str, str]:
        """Return the remembered state of a screen."""
        return dict(self._known().get(screen, {}))

    def keep(self, screen: str, **values: str) -> None:
        """Keep values of a screen, until the program ends."""
        known = self._known()
        before = known.pop(screen, {})
        known[screen] = before | values
        self._changed = self._changed or known[screen] != before

    def move(self, screen: str, to: str) -> None:
        """Transfer the remembered state of a screen whose subject has a new name."""
        if (kept := self._known().pop(screen, None)) is not None:
            self._known()[to] = kept
            self._changed = True

    def write(self) -> None:
        """Write it for the next start, if anything changed."""
        path = self._path()
        if path is None or not self._changed or not self._keeps:
            return
        import json

        from wftui.workspace.atomic import atomic_write
        from wftui.workspace.private import PRIVATE_FILE, make_private_folder

        screens = dict([*self._known().items()][-_MOST:])
        with contextlib.suppress(OSError):  # the next start then looks like the first one
            make_private_folder(path.parent)
            atomic_write(path, json.dumps(screens).encode("utf-8", "surrogatepass"), new_mode=PRIVATE_FILE)
            self._changed = False

    def _known(self) -> dict[str, dict[str, str]]:
        if self._screens is None:
            import json

            self._screens = {}
            path = self._path()
            with contextlib.suppress(OSError, ValueError, RecursionError):
                found = json.loads(path.read_bytes()) if path is not None and path.is_file() else {}
                for screen, values in found.items() if isinstance(found, dict) else ():
                    if isinstance(values, dict):
                        self._screens[screen] = {key: text for key, text in values.items() if isinstance(text, str)}
        return self._screens

    def _path(self) -> Path | None:
        if self._workspace is None:
            return None
        import hashlib

        from wftui.workspace.locate import user_data_path

        name = hashlib.sha256(str(self._workspace).encode("utf-8", "surrogatepass")).hexdigest()[:24]
        return user_data_path() / "screens" / f"{name}.json"
