"""The user's editor, which takes over the terminal for a while."""

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from wftui.model.errors import UserError


async def edit(app: App[Any], path: Path) -> None:
    """Open a file in `$VISUAL`, `$EDITOR` or `vi`, and wait until it is closed.

    Raises:
        UserError: the editor cannot be started or has failed, or this terminal cannot be handed over.
    """
    command = editor_command(os.environ)
    before = await asyncio.to_thread(_content, path)
    status = await _hand_over(app, command, path, "editor")
    if status:
        is_changed = await asyncio.to_thread(_content, path) != before
        end = f"exit code {status}" if status > 0 else f"signal {-status}"
        told = f"what it saved in {path.name} is kept" if is_changed else f"{path.name} is unchanged"
        raise UserError(f"the editor {shlex.join(command)!r} ended with {end}; {told}", code="terminal.failed")


async def page(app: App[Any], path: Path) -> None:
    """Open a file in `$PAGER` or `less`, and wait until it is closed.

    Raises:
        UserError: the pager cannot be started or fails, or this terminal cannot be handed over.
    """
    command = pager_command(os.environ)
    status = await _hand_over(app, command, path, "pager")
    if status > 0:  # a pager that a signal ends has shown what it had
        raise UserError(f"the pager {shlex.join(command)!r} ended with exit code {status}", code="terminal.pager")


def _content(path: Path) -> bytes | None:
    with suppress(OSError):
        return path.read_bytes()
    return None


async def _hand_over(app: App[Any], command: list[str], path: Path, what: str) -> int:
    """Return the exit code of the program; negative if a signal has ended it."""
    failure: OSError | None = None
    status = 0
    try:
        # Nothing may be painted meanwhile: the terminal belongs to the editor.
        with app.batch_update(), app.suspend(), _interrupts_are_the_editors():
            # Textual takes the terminal back only if nothing is raised here.
            try:
                editor = await asyncio.create_subprocess_exec(*command, str(path))
                status = await editor.wait()
            except OSError as error:
                failure = error
    except SuspendNotSupported as error:
        raise UserError("this terminal cannot be handed over to another program", code="terminal.suspend") from error
    if failure is not None:
        raise _not_started(shlex.join(command), failure.strerror or str(failure), what) from failure
    return status


def pager_command(environment: Mapping[str, str]) -> list[str]:
    """Return the command of the user's pager.

    Raises:
        UserError: it cannot be read, or there is no such program.
    """
    return _command(environment, ("PAGER",), "less", "pager")


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """Return the command of the user's editor.

    Raises:
        UserError: it cannot be read, or there is no such program.
    """
    return _command(environment, ("VISUAL", "EDITOR"), "vi", "editor")


def _command(environment: Mapping[str, str], names: tuple[str, ...], default: str, what: str) -> list[str]:
    set_by = next((name for name in names if environment.get(name, "").strip()), None)
    text = environment[set_by] if set_by else default
    try:
        command = shlex.split(text)
    except ValueError as error:
        raise _not_started(text, f"{error} in {set_by}", what) from error
    if not command or shutil.which(command[0], path=environment.get("PATH")) is None:
        advice = f"set {names[-1]}" if set_by is None else f"{set_by} names it"
        raise _not_started(text, f"there is no such program; {advice}", what)
    return command


def _not_started(command: str, reason: str, what: str) -> UserError:
    message = f"the {what} {command!r} cannot be started: {reason}"
    if what == "pager":
        return UserError(message, code="terminal.pager")
    return UserError(message, code="terminal.editor")


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
