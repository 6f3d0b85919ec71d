"""Do something to all marked runs, after a preview."""

from pathlib import Path

from wftui.model.errors import UserError
from wftui.model.run.bulk import BulkAction, BulkPlan, plan_bulk
from wftui.model.run.summary import ExecutionSummary
from wftui.tui.display.formatting import count
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.services import AppServices
from wftui.tui.widgets.picker import Picker

_ACTIONS: tuple[tuple[BulkAction, str, str], ...] = (
    ("rerun", "Rerun", "start each again with its inputs"),
    ("cancel", "Cancel", "those that have not ended"),
    ("export", "Export", "each to a file in a folder"),
    ("delete", "Remove", "those that have ended, from the history"),
)
_ENDED: dict[BulkAction, str] = {
    "rerun": "started again",
    "cancel": "asked to cancel",
    "export": "exported",
    "delete": "removed",
}


async def act_on_runs(services: AppServices, runs: list[ExecutionSummary]) -> bool:
    """Ask for an action, show what it would do, and do it; return whether it was done.

    Raises:
        UserError: the action needs the files of a server.
    """
    chosen = await services.push_screen_wait(
        Picker(f"{count(len(runs), 'run')} marked", [(label, about) for _, label, about in _ACTIONS])
    )
    if chosen is None:
        return False
    plan = plan_bulk(_ACTIONS[chosen][0], runs)
    folder = Path()
    if plan.action in ("export", "delete"):
        _ = services.workbench.local
    if plan.action == "export" and plan.runs:
        from wftui.tui.screens.dialogs.file_prompts import ask_folder

        given = await ask_folder(services, "Export to the folder")
        if given is None:
            return False
        folder = given
    label = _ACTIONS[chosen][1]
    choices = [Choice("no", "Back", "n")]
    if plan.runs:
        choices.append(Choice("yes", label, "y", danger=plan.action in ("cancel", "delete")))
    if await services.push_screen_wait(ConfirmScreen(label, plan.preview(), choices)) != "yes":
        return False
    failures = await _do(services, plan, folder)
    done = len(plan.runs) - len(failures)
    services.notify(f"{count(done, 'run')} {_ENDED[plan.action]}", markup=False)
    for error, number in failures.items():
        services.notify(f"{count(number, 'run')}: {error}", title=f"{label} failed", severity="error", markup=False)
    return True


async def _do(services: AppServices, plan: BulkPlan, folder: Path) -> dict[str, int]:
    """Do it to each run; return the errors with their numbers."""
    failures: dict[str, int] = {}
    for run in plan.runs:
        try:
            await _do_one(services, plan.action, run, folder)
        except UserError as error:
            sentence = str(error).replace(run.id, "RUN")
            failures[sentence] = failures.get(sentence, 0) + 1
    return failures


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
