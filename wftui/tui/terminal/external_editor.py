"""The user's editor, which takes over the terminal for a while."""

import asyncio
import os
import shlex
import signal
from collections.abc import Iterator
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
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        # Nothing may be painted meanwhile: the terminal belongs to the editor.
        with app.batch_update(), app.suspend(), _interrupts_are_the_editors():
            editor = await asyncio.create_subprocess_exec(*shlex.split(command), str(path))
            await editor.wait()
    except SuspendNotSupported as error:
        raise UserError("this terminal cannot be handed over to an editor", code="terminal.suspend") from error
    except (OSError, ValueError) as error:
        raise UserError(f"the editor {command!r} cannot be started: {error}", code="terminal.editor") from error


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
