"""Steps from pasted curl commands, and curl commands from steps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wftui.model.base import Json
from wftui.model.run.steps import StepInfo
from wftui.tui.editing.step_source import with_step, written_steps
from wftui.tui.screens.dialogs.paste import PasteScreen
from wftui.tui.services import AppServices

if TYPE_CHECKING:
    from wftui.tui.widgets.source.source_view import SourceView


async def paste_command(app: AppServices, source: "SourceView", steps: Sequence[StepInfo]) -> None:
    """Ask for a command, and insert an equivalent step after the one at the cursor."""
    question = PasteScreen("Paste a command", "A curl command becomes a step.")
    command = await app.push_screen_wait(question)
    if command is None:
        return
    taken = [str(each["id"]) for each in written_steps(source.text)]
    step, secrets = await app.workbench.steps.from_command(command, taken)
    source.change_to(with_step(source.text, step, steps, source.line))
    app.notify(f"Added the step {step['id']}", markup=False)
    for name in secrets:
        app.notify(
            f"A secret of the command is not in the step, which reads secrets.{name}; store it:"
            f" wftui connections secret set {name}",
            severity="warning",
            markup=False,
        )


async def copy_step_here(app: AppServices, source: "SourceView", steps: Sequence[StepInfo]) -> None:
    """Copy the step at the cursor as a command."""
    above = [info.step_id for info in steps if info.line is not None and info.line <= source.line]
    step = next((each for each in written_steps(source.text) if above and each["id"] == above[-1]), {})
    await copy_command(app, str(step.get("id")), str(step.get("type")), step.get("input"))


async def copy_command(app: AppServices, name: str, step_type: str, step_input: Json, output: Json = None) -> None:
    """Copy the command equivalent to a step with this input, if there is one."""
    command = await app.workbench.steps.as_command(step_type, step_input, output)
    if command is None:
        app.notify("This step has no equivalent command.")
    else:
        app.copy_to_clipboard(command)
        app.notify(f"Copied {name} as a command", markup=False)
