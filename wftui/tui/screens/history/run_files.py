"""Questions of the history for run files: export, import, show."""

from wftui.model.run.summary import ExecutionSummary
from wftui.tui.services import AppServices


async def export_run(services: AppServices, run: ExecutionSummary) -> None:
    """Ask for a file name, and export a run."""
    from wftui.tui.screens.dialogs.file_prompts import ask_new_file

    path = await ask_new_file(services, "Export to file", f"{run.workflow_id}-{run.id}.wfrun")
    if path is not None:
        await services.workbench.local.transfer.export(run.id, path)
        services.notify(f"Exported to {path}", markup=False)


async def import_run(services: AppServices) -> None:
    """Ask for a run file, import it and open the run."""
    from wftui.tui.screens.dialogs.file_prompts import ask_file

    path = await ask_file(services, "Import run file")
    if path is not None:
        services.notify(f"Importing {path}…", markup=False)
        services.open_monitor(await services.workbench.local.transfer.import_file(path))


async def show_run_file(services: AppServices) -> None:
    """Ask for a run file, and show the run in it."""
    from wftui.tui.screens.dialogs.file_prompts import ask_file

    path = await ask_file(services, "Show run file")
    if path is not None:
        services.open_screen("run_file", path)
