"""The user's editor, which takes over the terminal for a while."""

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from wftui.model.errors import UserError


async def edit(app: App[Any], path: Path) -> None:
    """Open a file in `$VISUAL`, `$EDITOR` or `vi`, and wait until it is closed.

    Raises:
        UserError: the editor cannot be started, or this terminal cannot be handed over.
    """
    command = editor_command(os.environ)
    failure: OSError | None = None
    try:
        # Nothing may be painted meanwhile: the terminal belongs to the editor.
        with app.batch_update(), app.suspend(), _interrupts_are_the_editors():
            # Textual takes the terminal back only if nothing is raised here.
            try:
                editor = await asyncio.create_subprocess_exec(*command, str(path))
                await editor.wait()
            except OSError as error:
                failure = error
    except SuspendNotSupported as error:
        raise UserError("this terminal cannot be handed over to an editor", code="terminal.suspend") from error
    if failure is not None:
        raise _not_started(shlex.join(command), failure.strerror or str(failure)) from failure


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """Return the command of the user's editor.

    Raises:
        UserError: it cannot be read, or there is no such program.
    """
    set_by = next((name for name in ("VISUAL", "EDITOR") if environment.get(name, "").strip()), None)
    text = environment[set_by] if set_by else "vi"
    try:
        command = shlex.split(text)
    except ValueError as error:
        raise _not_started(text, f"{error} in {set_by}") from error
    if not command or shutil.which(command[0], path=environment.get("PATH")) is None:
        advice = "set EDITOR" if set_by is None else f"{set_by} names it"
        raise _not_started(text, f"there is no such program; {advice}")
    return command


def _not_started(command: str, reason: str) -> UserError:
    return UserError(f"the editor {command!r} cannot be started: {reason}", code="terminal.editor")


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
