"""Questions of the editor before something is lost."""

from wftui.model.errors import ConflictError
from wftui.model.workflow.compilation import CompilationError
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.services import AppServices


async def ask_which_version(app: AppServices, error: ConflictError) -> str:
    """Ask which version to keep: `stay` (undecided), `theirs` or `mine`."""
    question = ConfirmScreen(
        "Conflict",
        f"{error}.\n\nNothing has been written. Which version do you want to keep?",
        [
            Choice("stay", "Decide later", "escape"),
            Choice("theirs", "Keep theirs, discard mine", "t", danger=True),
            Choice("mine", "Keep mine, overwrite theirs", "m", danger=True),
        ],
    )
    return await app.push_screen_wait(question)


async def ask_about_changes(app: AppServices, workflow_id: str) -> str:
    """Ask about unsaved changes: `stay`, `save` or `discard`."""
    question = ConfirmScreen(
        "Unsaved changes",
        f"{workflow_id} has unsaved changes.",
        [
            Choice("stay", "Stay", "escape"),
            Choice("save", "Save", "s"),
            Choice("discard", "Discard", "d", danger=True),
        ],
    )
    return await app.push_screen_wait(question)


async def ask_which_fix(app: AppServices, problem: CompilationError) -> int | None:
    """Ask which fix to apply, and return its index; None for none."""
    fixes = problem.fixes[:9]
    if len(fixes) == 1:
        return 0
    choices = [Choice("none", "None", "escape")]
    choices += [Choice(str(index), fix.title, str(index + 1)) for index, fix in enumerate(fixes)]
    chosen = await app.push_screen_wait(ConfirmScreen("Fix", problem.message, choices))
    return int(chosen) if chosen.isdecimal() else None
