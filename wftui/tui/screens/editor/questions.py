"""Questions of the editor before something is lost."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wftui.model.errors import ConflictError
from wftui.model.workflow.compilation import CompilationError
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.services import AppServices
from wftui.tui.widgets.picker import Picker

if TYPE_CHECKING:
    from wftui.compiler.editing.renaming import RenameTarget
    from wftui.compiler.editing.step_edits import Edit

_SHOWN = 6


async def ask_which_version(app: AppServices, error: ConflictError) -> str:
    """Ask which version to keep: `stay` (undecided), `compare`, `theirs` or `mine`."""
    question = ConfirmScreen(
        "Conflict",
        f"{error}.\n\nNothing has been written. Which version do you want to keep?",
        [
            Choice("stay", "Decide later", "escape"),
            Choice("compare", "Show the difference", "d"),
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


async def ask_which(app: AppServices, title: str, options: Sequence[tuple[str, str]]) -> int | None:
    """Ask for one of several options, each with a description; return its index."""
    return await app.push_screen_wait(Picker(title, options))


async def ask_about_reads(app: AppServices, edit: "Edit") -> str:
    """Ask about reads that an edit breaks: `stay` (no edit), `replace`, `leave`."""
    lines = [f"{miss} reads {miss.wanted}" for miss in edit.missed]
    more = len(lines) - _SHOWN
    listed = "\n".join([*lines[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
    choices = [Choice("stay", "Cancel", "escape")]
    if edit.forgotten is not None:
        choices.append(Choice("replace", "Replace with an empty value", "r"))
    choices.append(Choice("leave", "Leave as errors", "l", danger=True))
    heading = "This reference breaks" if len(lines) == 1 else f"These {len(lines)} references break"
    return await app.push_screen_wait(ConfirmScreen("Broken references", f"{heading}:\n{listed}", choices))


async def ask_about_callers(app: AppServices, named: "RenameTarget", callers: Sequence[str]) -> str:
    """Ask whether callers are changed as well: `stay` (no rename), `both`, `here`."""
    question = ConfirmScreen(
        f"Rename the {named.kind}",
        f"These workflows use the {named.kind} {named.name}: {', '.join(callers)}.\n\n"
        "To change them too, this workflow is saved first.",
        [
            Choice("stay", "Cancel", "escape"),
            Choice("both", "Save, and change them too", "s"),
            Choice("here", "Change only this workflow", "h", danger=True),
        ],
    )
    return await app.push_screen_wait(question)


async def ask_for_name(app: AppServices, text: str, named: "RenameTarget") -> str | None:
    """Ask for a new name; what reads the old one follows."""
    from wftui.compiler.editing.renaming import why_not_renamed
    from wftui.compiler.source.parsing import parse

    workflow = parse(text).value
    return await app.push_screen_wait(
        PromptScreen(
            f"Rename the {named.kind} {named.name}",
            named.name,
            "References to it in this workflow follow.",
            lambda new: why_not_renamed(workflow, named, new),
        )
    )
