"""What the editor asks before something could be lost."""

from wftui.model.errors import ConflictError
from wftui.model.workflow.compilation import CompilationError
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.services import AppServices


async def ask_whose_change(app: AppServices, error: ConflictError) -> str:
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


async def ask_about_changes(app: AppServices, workflow_id: str) -> str:
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


async def ask_which_fix(app: AppServices, problem: CompilationError) -> int | None:
    """The place of the fix to apply, the only one without asking; None for none."""
    fixes = problem.fixes[:9]
    if len(fixes) == 1:
        return 0
    choices = [Choice("none", "None", "escape")]
    choices += [Choice(str(index), fix.title, str(index + 1)) for index, fix in enumerate(fixes)]
    chosen = await app.push_screen_wait(ConfirmScreen("Fix", problem.message, choices))
    return int(chosen) if chosen.isdecimal() else None
