"""Questions of the history for run files: export, import, show."""

from wftui.model.run.summary import ExecutionSummary
from wftui.tui.services import AppServices


async def export_run(services: AppServices, run: ExecutionSummary) -> None:
    """Ask for a file name, and export a run."""
    from wftui.tui.screens.dialogs.file_prompts import ask_new_file
    from wftui.tui.screens.dialogs.progress import Tell, with_progress

    path = await ask_new_file(services, "Export to file", f"{run.workflow_id}-{run.id}.wfrun")
    if path is None:
        return
    done = False

    async def work(tell: Tell) -> None:
        nonlocal done
        tell(f"{path.name} is written")
        await services.workbench.local.transfer.export(run.id, path)
        done = True

    await with_progress(services, "Export", work)
    if done:
        services.notify(f"Exported to {path}", markup=False)


async def import_run(services: AppServices) -> None:
    """Ask for a run file, import it and open the run."""
    from wftui.tui.screens.dialogs.file_prompts import ask_file
    from wftui.tui.screens.dialogs.progress import Tell, with_progress

    path = await ask_file(services, "Import run file")
    if path is None:
        return
    imported: list[str] = []

    async def work(tell: Tell) -> None:
        def report(number: int, total: int) -> None:
            tell(f"{path.name}: {number:,} of {total:,} events")

        tell(f"{path.name} is checked")
        imported.append(await services.workbench.local.transfer.import_file(path, report))

    await with_progress(services, "Import", work)
    if imported:
        services.open_monitor(imported[0])


async def show_run_file(services: AppServices) -> None:
    """Ask for a run file, and show the run in it."""
    from wftui.tui.screens.dialogs.file_prompts import ask_file

    path = await ask_file(services, "Show run file")
    if path is not None:
        services.open_screen("run_file", path)
