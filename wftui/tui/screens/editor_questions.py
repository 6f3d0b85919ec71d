"""What the editor asks before something could be lost."""

from typing import TYPE_CHECKING

from wftui.model.compilation import CompilationError
from wftui.model.errors import ConflictError
from wftui.tui.screens.confirm import Choice, ConfirmScreen

if TYPE_CHECKING:
    from wftui.tui.app import WftuiApp


async def ask_whose_change(app: "WftuiApp", error: ConflictError) -> str:
    """Whose text shall stand in the file: `stay` (nobody's yet), `theirs`, or `mine`."""
    question = ConfirmScreen(
        "Changed by someone else",
        f"{error}.\n\nNothing has been written. What shall stand in the file?",
        [
            Choice("stay", "Decide later", "escape"),
            Choice("theirs", "Theirs, mine is lost", "t", danger=True),
            Choice("mine", "Mine, theirs is lost", "m", danger=True),
        ],
    )
    return await app.push_screen_wait(question)


async def ask_about_changes(app: "WftuiApp", workflow_id: str) -> str:
    """What to do with unsaved changes: `stay`, `save`, or `discard`."""
    question = ConfirmScreen(
        "Unsaved changes",
        f"{workflow_id} has changes that are not saved.",
        [
            Choice("stay", "Stay", "escape"),
            Choice("save", "Save", "s"),
            Choice("discard", "Discard", "d", danger=True),
        ],
    )
    return await app.push_screen_wait(question)


async def ask_which_fix(app: "WftuiApp", problem: CompilationError) -> int | None:
    """The place of the fix to apply, the only one without asking; None for none."""
    fixes = problem.fixes[:9]
    if len(fixes) == 1:
        return 0
    choices = [Choice("none", "None", "escape")]
    choices += [Choice(str(index), fix.title, str(index + 1)) for index, fix in enumerate(fixes)]
    chosen = await app.push_screen_wait(ConfirmScreen("Fix", problem.message, choices))
    return int(chosen) if chosen.isdecimal() else None
