"""Questions for files: the name of a new one, or of an existing one."""

from pathlib import Path

from wftui.model.errors import UserError
from wftui.model.user.home_paths import expanded
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.services import AppServices
from wftui.tui.widgets.path_prompt import PathPrompt
from wftui.workspace.locate import current_folder


async def ask_new_file(services: AppServices, title: str, name: str) -> Path | None:
    """Ask for the name of a new file; None after Escape."""
    chosen = await services.push_screen_wait(PromptScreen(title, name, _hint(), _check_new))
    return _path(chosen) if chosen else None


async def ask_file(services: AppServices, title: str) -> Path | None:
    """Ask for the path of a file to read, with completion; None after Escape."""
    chosen = await services.push_screen_wait(PathPrompt(title, _hint()))
    return _path(chosen) if chosen else None


async def ask_folder(services: AppServices, title: str) -> Path | None:
    """Ask for an existing folder; None after Escape."""
    chosen = await services.push_screen_wait(PromptScreen(title, ".", _hint(), _check_folder))
    return _path(chosen) if chosen else None


def _hint() -> str:
    try:
        return f"Relative to {current_folder()}."
    except UserError as error:
        return f"An absolute path, as {error}."


def _path(text: str) -> Path:
    return expanded(text)


def _check_new(text: str) -> str | None:
    path = _path(text)
    try:
        if not text or path.is_dir():
            return "a file name is required"
        if path.exists():
            return "a file of that name already exists"
        return None if path.parent.is_dir() else f"the folder {path.parent} does not exist"
    except OSError as error:  # a name that is too long, a folder that may not be read
        return (error.strerror or str(error)).lower()


def _check_folder(text: str) -> str | None:
    try:
        return None if text and _path(text).is_dir() else "there is no such folder"
    except OSError as error:
        return (error.strerror or str(error)).lower()
