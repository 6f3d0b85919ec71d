"""Rerun and resume: plan, missing inputs, start."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wftui.engine.restart.resume import ConfirmationNeeded
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.forms.building import needs_input
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.runs.announced import announced
from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
from wftui.tui.screens.runs.run_form import ASKED_AGAIN, RunInputModal, Start
from wftui.tui.services import AppServices

if TYPE_CHECKING:
    from wftui.engine.restart.restart_plan import StepDecision

_OTHER_INPUTS = "The plan shows next what a rerun with these inputs would reuse."


async def rerun(app: AppServices, run_id: str, from_step: str | None, *, inputs_first: bool = False) -> str | None:
    """Show the plan of a rerun, with the same or other inputs, and start it.

    Args:
        from_step: first step to run again; None for the failed ones.
        inputs_first: ask for other inputs before the plan.

    Returns:
        The id of the new run; None if the user cancelled.
    """
    plan = _Rerun(app, run_id, from_step)
    if inputs_first and not await plan.ask_inputs():
        return None
    while plan.run is None:
        match await plan.show_plan():
            case "leave":
                return None
            case "inputs":
                await plan.ask_inputs()
            case "run":
                if not await plan.start():
                    return None
    return plan.run


async def resume_run(app: AppServices, run_id: str) -> str | None:
    """Show the plan of a resume, and resume the run; or rerun it with other inputs.

    Returns:
        The id of the active run, the same or a new one; None if the user cancelled.
    """
    async with announced(app, "planning the resume"):
        decisions = await app.workbench.runs.plan_resume(run_id)
        has_inputs = needs_input(await app.workbench.runs.input_schema(run_id))
    plan = RerunPlanScreen("Resume this run", decisions, same_run=True, has_inputs=has_inputs, ascii_only=app.ascii)
    answer = await app.push_screen_wait(plan)
    if answer == "inputs":
        return await rerun(app, run_id, None, inputs_first=True)
    if answer == "leave":
        return None

    async def resume(inputs: dict[str, Json]) -> bool:
        async def attempt(confirmed: bool) -> None:
            async with announced(app, "resuming"):
                await app.workbench.runs.resume(run_id, inputs, confirmed=confirmed)

        return await _confirmed(app, attempt)

    return run_id if await _with_secrets(app, run_id, ["wftui", "resume", run_id], resume, resume=True) else None


class _Rerun:
    """A planned rerun: its inputs if changed, and finally the id of the new run."""

    def __init__(self, app: AppServices, run_id: str, from_step: str | None) -> None:
        self.run: str | None = None
        self._app = app
        self._runs = app.workbench.runs
        self._of = run_id
        self._from_step = from_step
        self._inputs: dict[str, Json] | None = None
        start = ["--from", from_step] if from_step else ["--from-failed"]
        self._command = ["wftui", "rerun", run_id, *start]

    async def _plan(self, inputs: dict[str, Json] | None) -> "list[StepDecision]":
        return await self._runs.plan_restart(
            self._of, inputs or {}, from_step=self._from_step, complete=inputs is not None
        )

    async def show_plan(self) -> str:
        """Return the user's decision on the plan."""
        async with announced(self._app, "planning the rerun"):
            outline = await self._app.workbench.workflows.head((await self._runs.head(self._of)).workflow_id)
            decisions = await self._plan(self._inputs)
        title = f"Rerun from {self._from_step or 'the failed steps'}"
        plan = RerunPlanScreen(
            title,
            decisions,
            other_inputs=self._inputs is not None,
            has_inputs=needs_input(outline.input_schema),
            ascii_only=self._app.ascii,
        )
        return await self._app.push_screen_wait(plan)

    async def ask_inputs(self) -> bool:
        """Ask for other inputs, rejecting those without a plan; False if cancelled."""
        record = await self._runs.head(self._of, whole=True)
        outline = await self._app.workbench.workflows.head(record.workflow_id)

        async def take(inputs: dict[str, Json]) -> bool:
            await self._plan(inputs)
            self._inputs = inputs
            return True

        secrets = await self._runs.secrets_to_ask(self._of, resume=False)
        form = RunInputModal(
            outline,
            recent=await self._runs.recent_inputs(record.workflow_id),
            inputs=self._inputs if self._inputs is not None else record.inputs,
            start=take,
            again=self._command,
            place=self._app.workbench.place,
            about=f"{_OTHER_INPUTS} {ASKED_AGAIN}" if secrets else _OTHER_INPUTS,
        )
        return await self._app.push_screen_wait(form) is not None

    async def start(self) -> bool:
        """Start the new run; keep the inputs if that fails. False if cancelled."""
        try:
            if self._inputs is not None:
                return await self._start(self._inputs)
            return await _with_secrets(self._app, self._of, self._command, self._start, resume=False)
        except UserError as error:
            self._app.show_error(error, "Rerun failed")
            return True

    async def _start(self, inputs: dict[str, Json]) -> bool:
        async def attempt(confirmed: bool) -> None:
            async with announced(self._app, "starting"):
                self.run = await self._runs.rerun(
                    self._of,
                    inputs,
                    reuse=True,
                    from_step=self._from_step,
                    complete=self._inputs is not None,
                    confirmed=confirmed,
                )

        return await _confirmed(self._app, attempt)


async def _with_secrets(app: AppServices, run_id: str, command: list[str], start: Start, *, resume: bool) -> bool:
    """Call `start` with the secret inputs of a run, asked if any; False if cancelled."""
    asked = await app.workbench.runs.secrets_to_ask(run_id, resume=resume)
    if asked is None:
        return await start({})
    outline, known = asked
    form = RunInputModal(
        outline, inputs=known, start=start, again=command, place=app.workbench.place, about=ASKED_AGAIN
    )
    return await app.push_screen_wait(form) is not None


async def _confirmed(app: AppServices, attempt: Callable[[bool], Awaitable[None]]) -> bool:
    """Attempt something that may need confirmation; False if cancelled."""
    try:
        await attempt(False)
    except ConfirmationNeeded as needed:
        choices = [Choice("leave", "Cancel", "escape"), Choice("again", "Rerun the steps", "r", danger=True)]
        if await app.push_screen_wait(ConfirmScreen("Rerun?", str(needed), choices)) != "again":
            return False
        await attempt(True)
    return True
