"""Copies of what a run screen shows: in the clipboard, a file, the pager."""

import asyncio
import tempfile
from pathlib import Path

from wftui.model.base import Json
from wftui.model.text.commands import shown_command
from wftui.store.events.payloads import as_reference
from wftui.tui.display.formatting import count
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.runs.run_screen import RunScreen
from wftui.tui.widgets.value.export import COPY_LIMIT, as_text
from wftui.tui.widgets.value.sizes import size_text


async def copy_value(screen: RunScreen, value: Json, what: str) -> None:
    """Copy a value, or say why not; an empty `what` means that there is none."""
    reference = as_reference(value)
    if not what:
        screen.notify("Nothing to copy here.")
    elif reference is not None and reference.bytes > COPY_LIMIT:
        too_large = f"{size_text(reference.bytes)} exceed the clipboard limit"
        screen.notify(f"{too_large}; print them with `{_show_command(screen, '--json')}`", markup=False)
    else:
        screen.app.copy_to_clipboard(as_text(await _whole(screen, value)))
        screen.notify(f"Copied {what}", markup=False)


def _show_command(screen: RunScreen, *options: str) -> str:
    """Return the command that prints the run."""
    return shown_command(["show", screen.run_id, *options], screen.workbench.place)


async def copy_step_command(screen: RunScreen) -> None:
    """Copy the selected step as a shell command."""
    from wftui.tui.screens.editor.step_commands import copy_command

    step = screen.panes.timeline.selected
    if step is not None:
        step_input, output = [await _whole(screen, value) for value in (step.input, step.output)]
        await copy_command(screen.services, step.path, step.step_type, step_input, output)


async def _whole(screen: RunScreen, value: Json) -> Json:
    """Return the full value; None if it is too large for the clipboard."""
    reference = as_reference(value)
    if reference is None:
        return value
    return await screen.workbench.runs.value(screen.run_id, reference) if reference.bytes <= COPY_LIMIT else None


async def copy_log(screen: RunScreen) -> None:
    """Copy the filtered log lines, up to the clipboard limit."""
    await screen.whole_log()
    view = screen.panes.log_view
    text = await asyncio.to_thread(view.text) if view.shown <= COPY_LIMIT else " " * (COPY_LIMIT + 1)
    if not text:
        screen.notify("No log lines to copy.")
    elif len(text) > COPY_LIMIT:
        which = with_keys(screen.app, "filter them with {monitor.filter}")
        screen.notify(
            f"{view.shown:,} lines exceed the clipboard limit; {which}, or print them with"
            f" `{_show_command(screen, '--logs')}`",
            markup=False,
        )
    else:
        screen.app.copy_to_clipboard(text)
        screen.notify(f"Copied {count(view.shown, 'line')}", markup=False)


async def save_log(screen: RunScreen) -> None:
    """Save the filtered log lines to a new file."""
    from wftui.tui.screens.dialogs.file_prompts import ask_new_file
    from wftui.tui.widgets.value.export import save_lines

    path = await ask_new_file(screen.services, "Save log to file", f"{screen.run_id}.log")
    if path is not None:
        await screen.whole_log()
        lines = screen.panes.log_view.plain_lines()
        await asyncio.to_thread(save_lines, lines, path)
        screen.notify(f"Saved {count(len(lines), 'line')} to {path}", markup=False)


async def page_log(screen: RunScreen) -> None:
    """Open the filtered log lines in the pager."""
    from wftui.tui.terminal.external_editor import page
    from wftui.tui.widgets.value.export import save_lines

    await screen.whole_log()
    with tempfile.TemporaryDirectory(prefix="wftui-log-") as folder:
        path = Path(folder) / f"{screen.run_id}.log"
        await asyncio.to_thread(save_lines, screen.panes.log_view.plain_lines(), path)
        await page(screen.app, path)
