"""Running again from somewhere, and going on: the plan first, then what has to be asked, then the run."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wftui.engine.restart.resume import ConfirmationNeeded
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.forms.fields import needs_input
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
from wftui.tui.screens.runs.run_form import ASKED_AGAIN, RunInputModal, Start
from wftui.tui.services import AppServices

if TYPE_CHECKING:
    from wftui.engine.restart.plan import StepDecision

_OTHER_INPUTS = "The plan that follows shows what a new run with these inputs would keep."


async def rerun(app: AppServices, run_id: str, from_step: str | None, *, inputs_first: bool = False) -> str | None:
    """Show what a new run would keep of an earlier one, with its inputs or with others, and start it.

    Args:
        from_step: the step it is to run again from; None: from what failed.
        inputs_first: ask for other inputs before the plan.

    Returns:
        The id of the new run; None when the person left.
    """
    again = _Rerun(app, run_id, from_step)
    if inputs_first and not await again.ask_inputs():
        return None
    while again.run is None:
        match await again.show_plan():
            case "leave":
                return None
            case "inputs":
                await again.ask_inputs()
            case "run":
                if not await again.start():
                    return None
    return again.run


async def resume_run(app: AppServices, run_id: str) -> str | None:
    """Show what going on with an interrupted run would do, and go on; or run it again with other inputs.

    Returns:
        The id of the run that goes: the same, or a new one; None when the person left.
    """
    decisions = await app.workbench.runs.plan_resume(run_id)
    asks = needs_input(await app.workbench.runs.input_schema(run_id))
    plan = RerunPlanScreen("Go on with this run", decisions, same_run=True, asks=asks, ascii_only=app.ascii)
    answer = await app.push_screen_wait(plan)
    if answer == "inputs":
        return await rerun(app, run_id, None, inputs_first=True)
    if answer == "leave":
        return None

    async def resume(inputs: dict[str, Json]) -> bool:
        async def attempt(confirmed: bool) -> None:
            await app.workbench.runs.resume(run_id, inputs, confirmed=confirmed)

        return await _confirmed(app, attempt)

    return run_id if await _with_secrets(app, run_id, ["wftui", "resume", run_id], resume, resume=True) else None


class _Rerun:
    """A new run that is being planned: its inputs where they are others, and in the end its id."""

    def __init__(self, app: AppServices, run_id: str, from_step: str | None) -> None:
        self.run: str | None = None
        self._app = app
        self._runs = app.workbench.runs
        self._of = run_id
        self._from_step = from_step
        self._others: dict[str, Json] | None = None
        start = ["--from", from_step] if from_step else ["--from-failed"]
        self._command = ["wftui", "rerun", run_id, *start]

    async def _plan(self, others: dict[str, Json] | None) -> "list[StepDecision]":
        return await self._runs.plan_restart(
            self._of, others or {}, from_step=self._from_step, complete=others is not None
        )

    async def show_plan(self) -> str:
        """What the person answers to the plan."""
        outline = await self._app.workbench.workflows.outline((await self._runs.head(self._of)).workflow_id)
        title = f"Run again from {self._from_step or 'what failed'}"
        plan = RerunPlanScreen(
            title,
            await self._plan(self._others),
            other_inputs=self._others is not None,
            asks=needs_input(outline.input_schema),
            ascii_only=self._app.ascii,
        )
        return await self._app.push_screen_wait(plan)

    async def ask_inputs(self) -> bool:
        """Take other inputs; those there is no plan for are told beside them. False when the person left."""
        record = await self._runs.head(self._of, whole=True)
        outline = await self._app.workbench.workflows.outline(record.workflow_id)

        async def take(inputs: dict[str, Json]) -> bool:
            await self._plan(inputs)
            self._others = inputs
            return True

        secrets = await self._runs.secrets_to_ask(self._of, resume=False)
        form = RunInputModal(
            outline,
            recent=await self._runs.recent_inputs(record.workflow_id),
            inputs=self._others if self._others is not None else record.inputs,
            start=take,
            again=self._command,
            about=f"{_OTHER_INPUTS} {ASKED_AGAIN}" if secrets else _OTHER_INPUTS,
        )
        return await self._app.push_screen_wait(form) is not None

    async def start(self) -> bool:
        """Start the new run; what is in the way is told, and the inputs are kept. False when the person left."""
        try:
            if self._others is not None:
                return await self._start(self._others)
            return await _with_secrets(self._app, self._of, self._command, self._start, resume=False)
        except UserError as error:
            self._app.show_error(error, "Rerun failed")
            return True

    async def _start(self, inputs: dict[str, Json]) -> bool:
        async def attempt(confirmed: bool) -> None:
            self.run = await self._runs.rerun(
                self._of,
                inputs,
                reuse=True,
                from_step=self._from_step,
                complete=self._others is not None,
                confirmed=confirmed,
            )

        return await _confirmed(self._app, attempt)


async def _with_secrets(app: AppServices, run_id: str, command: list[str], start: Start, *, resume: bool) -> bool:
    """Do `start` with the secret inputs of a run, asked of a person where it had any; False when the person left."""
    asked = await app.workbench.runs.secrets_to_ask(run_id, resume=resume)
    if asked is None:
        return await start({})
    outline, known = asked
    form = RunInputModal(outline, inputs=known, start=start, again=command, about=ASKED_AGAIN)
    return await app.push_screen_wait(form) is not None


async def _confirmed(app: AppServices, attempt: Callable[[bool], Awaitable[None]]) -> bool:
    """Attempt something that may have to be confirmed; False when the person would rather not."""
    try:
        await attempt(False)
    except ConfirmationNeeded as needed:
        choices = [Choice("leave", "Leave it", "escape"), Choice("again", "Run them again", "r", danger=True)]
        if await app.push_screen_wait(ConfirmScreen("Once more?", str(needed), choices)) != "again":
            return False
        await attempt(True)
    return True
