"""Compare a source with other versions of it, and restore one."""

from typing import TYPE_CHECKING

from wftui.tui.display.formatting import ago, count
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.diff import DiffScreen, diff_lines
from wftui.tui.services import AppServices
from wftui.tui.widgets.picker import Picker

if TYPE_CHECKING:
    from wftui.workbench.source_service import SourceVersion
    from wftui.workspace.drafts import Draft


async def pick_version(app: AppServices, workflow_id: str, text: str) -> str | None:
    """Show the difference to a picked version; return the text to restore."""
    versions = await app.workbench.local.sources.versions(workflow_id)
    names = [_name(app, each) for each in versions]
    if not versions:
        app.notify("There is no other version of this workflow.", severity="warning")
        return None
    options = [(name, _changed(each.text, text)) for name, each in zip(names, versions, strict=True)]
    index = await app.push_screen_wait(Picker("Compare with", options))
    if index is None:
        return None
    return await show_difference(app, versions[index].text, text, names[index])


async def show_difference(app: AppServices, old: str, new: str, name: str) -> str | None:
    """Show how a text differs from an older one; return that one to restore it."""
    lines = diff_lines(old, new, name, "editor")
    restored = await app.push_screen_wait(
        DiffScreen(f"{name} → editor", lines, restore=bool(lines), ascii_only=app.ascii)
    )
    return old if restored else None


async def offer_draft(app: AppServices, workflow_id: str, saved: str, etag: str) -> "Draft | None":
    """Offer the unsaved text of a killed editor; return it if it is to be restored."""
    for draft in await app.workbench.local.sources.drafts(workflow_id):
        chosen = "restore"
        if draft.text != saved:
            since = "" if draft.etag == etag else " The file has changed since."
            question = (
                f"wftui ended before changes to {workflow_id} were saved, "
                f"{ago(draft.written, app.workbench.clock())}.{since}"
            )
            choices = [
                Choice("later", "Ask again later", "escape"),
                Choice("restore", "Restore", "r"),
                Choice("compare", "Compare", "c"),
                Choice("discard", "Discard", "d", danger=True),
            ]
            chosen = await app.push_screen_wait(ConfirmScreen("Unsaved changes", question, choices))
            if chosen == "compare":
                lines = diff_lines(draft.text, saved, "unsaved", "saved")
                screen = DiffScreen("unsaved → saved", lines, restore=True, ascii_only=app.ascii)
                chosen = "restore" if await app.push_screen_wait(screen) else "later"
        if chosen == "restore" and draft.text != saved:
            return draft
        if chosen != "later":
            await app.workbench.local.sources.delete_draft(draft)
    return None


def _name(app: AppServices, version: "SourceVersion") -> str:
    if version.name == "saved":
        return "saved file"
    if version.name == "git":
        return "last commit"
    return f"run {version.name[-6:]}, {version.status} {ago(version.at, app.workbench.clock())}"


def _changed(old: str, new: str) -> str:
    lines = diff_lines(old, new, "", "")[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    return f"{count(added, 'line')} added, {removed:,} removed" if lines else "the same"
