"""Try the step at the cursor, run up to it, and pin outputs for that."""

from typing import Any, cast

from textual.app import App

from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.editor.binding_help import last_run
from wftui.tui.screens.editor.trial_screen import TrialScreen
from wftui.tui.services import AppServices


async def try_step(app: AppServices, workflow_id: str, text: str, path: str, *, whole: bool) -> None:
    """Ask for the inputs of the workflow, if it has any, and try a step.

    Raises:
        CompileFailed: the source has errors.
    """
    inputs = await app.ask_inputs(workflow_id, text)
    if inputs is not None:
        await app.push_screen_wait(TrialScreen(workflow_id, text, path, inputs, whole=whole))


async def toggle_pin(app: AppServices, workflow_id: str, path: str) -> None:
    """Pin the output that a step had in the last run, or remove its pinned one.

    Raises:
        UserError: the pinned outputs cannot be read or written.
    """
    if "." in path:
        app.notify("Pin: only outputs of steps that are in no container can be pinned.", severity="warning")
        return
    if path in await app.workbench.local.trials.pins(workflow_id):
        await app.workbench.local.trials.unpin(workflow_id, path)
        app.notify(f"{path} is no longer pinned", markup=False)
        return
    record = await last_run(app, workflow_id)
    result = record.step(path) if record is not None else None
    if record is None or result is None or result.status != "completed":
        tries = with_keys(cast("App[Any]", app), "{editor.try_step} tries it.")
        app.notify(f"Pin: {path} has no output in the last run; {tries}", severity="warning", markup=False)
        return
    whole = await app.workbench.runs.record(record.id, whole=True)
    found = whole.step(path)
    await app.workbench.local.trials.pin(workflow_id, path, found.output if found is not None else None)
    app.notify(f"Pinned the output of {path} in the last run", markup=False)
