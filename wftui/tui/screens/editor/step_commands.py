"""Steps from pasted curl commands, and curl commands from steps."""

from wftui.compiler.editing.restructuring import ids_of
from wftui.compiler.editing.step_edits import step_value, workflow_value
from wftui.model.base import Json
from wftui.tui.screens.dialogs.paste import PasteScreen
from wftui.tui.services import AppServices


async def step_from_command(app: AppServices, text: str) -> dict[str, Json] | None:
    """Ask for a command, and return an equivalent step with an unused id."""
    question = PasteScreen("Paste a command", "A curl command becomes a step.")
    command = await app.push_screen_wait(question)
    if command is None:
        return None
    step, secrets = await app.workbench.local.steps.from_command(command, ids_of(workflow_value(text)))
    for name in secrets:
        app.notify(
            f"A secret of the command is not in the step, which reads secrets.{name}; store it:"
            f" wftui connections secret set {name}",
            severity="warning",
            markup=False,
        )
    return dict(step)


async def copy_step(app: AppServices, text: str, pointer: str) -> None:
    """Copy the step at a pointer as a command."""
    step = step_value(text, pointer)
    await copy_command(app, str(step.get("id")), str(step.get("type")), step.get("input"))


async def copy_command(app: AppServices, name: str, step_type: str, step_input: Json, output: Json = None) -> None:
    """Copy the command equivalent to a step with this input, if there is one."""
    command = await app.workbench.local.steps.as_command(step_type, step_input, output)
    if command is None:
        app.notify("This step has no equivalent command.")
    else:
        app.copy_to_clipboard(command)
        app.notify(f"Copied {name} as a command", markup=False)
