"""Start a run: its form if it has inputs, then the monitor."""

import asyncio
from collections.abc import Mapping
from importlib import import_module

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.tui.screens.runs.announced import announced
from wftui.tui.screens.runs.pool_prompt import PoolChoice, has_workers
from wftui.tui.services import AppServices


async def start_run(
    app: AppServices,
    workflow_id: str,
    inputs: Mapping[str, Json] | None,
    connections: Mapping[str, str] | None,
    pool: str | None,
) -> None:
    """Ask for the inputs of a workflow, start it and show it; keep the form on errors.

    Args:
        inputs: initial values of the form, such as the inputs of an earlier run.
        connections: used instead of those that the workflow names.
        pool: of the steps, unless the form says another one.
    """
    started: list[str] = []
    pools = PoolChoice(pool)

    async def start(given: Mapping[str, Json]) -> bool:
        run = await app.workbench.runs.start(workflow_id, given, connections=connections, pool=pools.pool)
        started.append(run)
        app.adopt(started[0])
        return True

    try:
        async with announced(app, f"starting {workflow_id}"):
            # Forms and the monitor take a while to import: the run does not continue unseen meanwhile.
            from wftui.model.forms.building import asks, form_of

            outline = await app.workbench.workflows.head(workflow_id)
            form = await asyncio.to_thread(form_of, outline.input_schema)
            await asyncio.to_thread(import_module, "wftui.tui.screens.runs.monitor_screen")
            if not asks(form):
                await start({})
        if asks(form):
            from wftui.tui.screens.runs.run_form import RunInputModal

            recent = await app.workbench.runs.recent_inputs(workflow_id)
            pools.offered = pool is not None or bool(outline.pools) or has_workers(app)
            form_screen = RunInputModal(
                outline,
                recent=recent,
                inputs=inputs,
                start=start,
                place=app.workbench.place,
                pools=pools,
                form=form,
            )
            await app.push_screen_wait(form_screen)
        if started:
            app.open_monitor(started[0])
    except UserError as error:
        app.show_error(error, "Run not started")


async def ask_inputs(app: AppServices, workflow_id: str, text: str) -> Mapping[str, Json] | None:
    """Ask for inputs, starting with those of the last run; None after Escape.

    Raises:
        CompileFailed: the source has errors.
    """
    from wftui.model.forms.building import asks, form_of
    from wftui.tui.screens.runs.run_form import RunInputModal

    outline = await app.workbench.local.workflows.outline(workflow_id, text)
    form = await asyncio.to_thread(form_of, outline.input_schema)
    if not asks(form):
        return {}
    recent = await app.workbench.runs.recent_inputs(workflow_id)
    given: list[Mapping[str, Json]] = []

    async def take(inputs: Mapping[str, Json]) -> bool:
        given.append(inputs)
        return True

    first = recent[0].inputs if recent else None
    await app.push_screen_wait(RunInputModal(outline, recent=recent, inputs=first, start=take, form=form))
    return given[0] if given else None
