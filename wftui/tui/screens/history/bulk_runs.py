"""Bulk actions on selected runs, after a preview."""

from contextlib import suppress
from pathlib import Path

from wftui.model.errors import NotFoundError, UserError
from wftui.model.run.bulk import BulkAction, plan_bulk
from wftui.model.run.summary import ExecutionSummary
from wftui.tui.display.formatting import count
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.progress import Tell, with_progress
from wftui.tui.services import AppServices
from wftui.tui.widgets.picker import Picker

_ACTIONS: tuple[tuple[BulkAction, str, str], ...] = (
    ("rerun", "Rerun", "start each again with its inputs"),
    ("cancel", "Cancel", "those that have not ended"),
    ("export", "Export", "each to a file in a folder"),
    ("delete", "Remove", "those that have ended, from the history"),
)
_FEW = 50
"""Runs that are read without a dialog, also from a server."""
_ENDED: dict[BulkAction, str] = {
    "rerun": "started again",
    "cancel": "asked to cancel",
    "export": "exported",
    "delete": "removed",
}


async def act_on_runs(services: AppServices, runs: list[ExecutionSummary]) -> list[ExecutionSummary] | None:
    """Ask for an action, show what it would do, and do it.

    Returns:
        The runs for which it failed or was stopped; None if it was not done.

    Raises:
        UserError: the action needs the files of a server.
    """
    chosen = await services.push_screen_wait(
        Picker(f"{count(len(runs), 'run')} selected", [(label, about) for _, label, about in _ACTIONS])
    )
    if chosen is None:
        return None
    action, label, _ = _ACTIONS[chosen]
    now = await _as_they_are(services, label, runs)
    if now is None:
        return None
    plan = plan_bulk(action, now)
    folder = Path()
    if plan.action in ("export", "delete"):
        _ = services.workbench.local
    if plan.action == "export" and plan.runs:
        from wftui.tui.screens.dialogs.file_prompts import ask_folder

        given = await ask_folder(services, "Export to the folder")
        if given is None:
            return None
        folder = given
    choices = [Choice("no", "Back", "n")]
    if plan.runs:
        choices.append(Choice("yes", label, "y", danger=plan.action in ("cancel", "delete")))
    if await services.push_screen_wait(ConfirmScreen(label, plan.preview(), choices)) != "yes":
        return None
    failures: dict[str, list[ExecutionSummary]] = {}
    left = list(plan.runs)

    async def work(tell: Tell) -> None:
        while left:
            tell(f"{len(plan.runs) - len(left):,} of {count(len(plan.runs), 'run')} {_ENDED[plan.action]}")
            try:
                await _do_one(services, plan.action, left[0], folder)
            except UserError as error:
                failures.setdefault(str(error).replace(left[0].id, "RUN"), []).append(left[0])
            del left[0]

    await with_progress(services, label, work)
    failed = [run for some in failures.values() for run in some]
    stopped = f", {count(len(left), 'run')} left" if left else ""
    done = len(plan.runs) - len(failed) - len(left)
    services.notify(f"{count(done, 'run')} {_ENDED[plan.action]}{stopped}", markup=False)
    for error, some in failures.items():
        services.notify(f"{count(len(some), 'run')}: {error}", title=f"{label} failed", severity="error", markup=False)
    return failed + left


async def _as_they_are(
    services: AppServices, label: str, runs: list[ExecutionSummary]
) -> list[ExecutionSummary] | None:
    """Return the runs that are still there, as they are now; None if stopped."""
    found: list[ExecutionSummary] = []
    left = list(runs)

    async def read(tell: Tell) -> None:
        while left:
            tell(f"{len(runs) - len(left):,} of {count(len(runs), 'run')} read")
            with suppress(NotFoundError):
                found.append(await services.workbench.records.summary(left[0].id))
            del left[0]

    if len(runs) > _FEW:
        await with_progress(services, label, read)
    else:
        await read(lambda _: None)
    return None if left else found


async def _do_one(services: AppServices, action: BulkAction, run: ExecutionSummary, folder: Path) -> None:
    workbench = services.workbench
    match action:
        case "rerun":
            services.adopt(await workbench.runs.rerun(run.id, {}, reuse=False))
        case "cancel":
            await workbench.runs.cancel(run.id)
        case "export":
            await workbench.local.transfer.export(run.id, folder / f"{run.workflow_id}-{run.id}.wfrun")
        case "delete":
            await workbench.local.retention.delete(run.id)
