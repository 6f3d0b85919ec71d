"""Asking once more for the secret inputs of a run: they are never stored."""

from typing import TYPE_CHECKING

from wftui.model.base import Json

if TYPE_CHECKING:
    from wftui.tui.app import WftuiApp


async def secrets_again(
    app: "WftuiApp", run_id: str, *, resume: bool, from_step: str | None = None
) -> dict[str, Json] | None:
    """The secret inputs of a run that is to go on or to run again, asked of a person where it had any.

    Args:
        from_step: the step it is to run again from; None: from what failed.

    Returns:
        The inputs, none when nothing had to be asked; None when the person left.
    """
    from wftui.tui.screens.run_input import RunInputModal

    asked = await app.workbench.runs.secrets_to_ask(run_id, resume=resume)
    if asked is None:
        return {}
    outline, known = asked
    start = ["--from", from_step] if from_step else ["--from-failed"]
    command = ["wftui", "resume", run_id] if resume else ["wftui", "rerun", run_id, *start]
    return await app.push_screen_wait(RunInputModal(outline, inputs=known, again=command))
