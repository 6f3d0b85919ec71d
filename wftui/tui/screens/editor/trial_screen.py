"""Try a step in memory: its output, error and log; the output can be pinned."""

import asyncio
import json
from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.workflow.durations import format_duration
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.display.status import look
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.services import AppServices, services_of
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.line_view import LineView
from wftui.workbench.trial_service import Trial

_MOST_LINES = 20_000


class TrialView(LineView):
    """Lines of an outcome."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.lines: list[tuple[str, str]] = []

    def show(self, lines: list[tuple[str, str]]) -> None:
        """Show lines, each with a style."""
        more = len(lines) - _MOST_LINES
        rest = f"… {more:,} more lines; {with_keys(self.app, 'press {trial.copy} to copy the whole output')}"
        self.lines = [*lines[:_MOST_LINES], (rest, "$foreground-muted")] if more > 0 else lines
        self.set_rows(len(self.lines), max((len(text) for text, _ in self.lines), default=0))

    def empty(self) -> str:
        """Return the message while the step runs."""
        return "Running…"

    def row(self, index: int, width: int) -> Content:
        """Render one line."""
        text, style = self.lines[index]
        return Content.styled(text.replace("\t", " "), style)


class TrialScreen(ActionModal[None]):
    """Runs the step when it opens; Escape cancels it.

    Args:
        workflow_id: the workflow.
        text: its source, saved or not.
        path: of the step.
        inputs: of the workflow.
        whole: run all steps before it instead of taking outputs of the last run.
    """

    DEFAULT_CSS = """
    TrialScreen > .dialog { width: 96%; height: 92%; padding: 0; }
    TrialScreen TrialView { height: 1fr; }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("trial.leave", "Close", "Close; a step that still runs is cancelled.", ("escape", "q"), "Trial"),
        Action("trial.again", "Again", "Rerun the step.", ("r",), "Trial"),
        Action("trial.pin", "Pin", "Pin the output: trials of later steps take it, real runs never.", ("p",), "Trial"),
        Action("trial.copy", "Copy", "Copy the output as JSON.", ("y",), "Trial"),
        Action("trial.help", "Keys", "Show the keys.", ("question_mark", "f1"), "Trial"),
    )

    def __init__(self, workflow_id: str, text: str, path: str, inputs: Mapping[str, Json], *, whole: bool) -> None:
        super().__init__()
        self._workflow_id = workflow_id
        self._text = text
        self._path = path
        self._inputs = inputs
        self._whole = whole
        self._trial: Trial | None = None

    @property
    def _services(self) -> AppServices:
        return services_of(self.app)

    def compose(self) -> ComposeResult:
        """Yield the outcome and the keys."""
        with Vertical(classes="dialog") as box:
            verb = "Run up to" if self._whole else "Try"
            box.border_title = Content(f"{verb} {self._path}")
            yield TrialView(ascii_only=self._services.ascii)
            yield KeyLine(self.ACTIONS)

    def on_mount(self) -> None:
        """Run the step."""
        self.query_one(TrialView).focus()
        self.action_again()

    def action_again(self) -> None:
        """Rerun the step."""
        self._trial = None
        self.query_one(TrialView).show([])
        in_background(self, self._run, group="trial", exclusive=True)

    async def _run(self) -> None:
        try:
            trial = await self._services.workbench.local.trials.try_step(
                self._workflow_id, self._text, self._path, self._inputs, whole=self._whole
            )
        except UserError as error:
            self.query_one(TrialView).show([(line, "$text-error") for line in str(error).split("\n")])
            return
        self._trial = trial
        lines = await asyncio.to_thread(outcome_lines, trial, ascii_only=self._services.ascii)
        self.query_one(TrialView).show(lines)

    @property
    def _output(self) -> Json:
        result = self._trial.result if self._trial is not None else None
        return result.output if result is not None and result.status == "completed" else None

    def action_pin(self) -> None:
        """Pin the output of the step."""
        trial = self._trial
        if trial is None or trial.result is None or trial.result.status != "completed":
            self.notify("Pin: there is no output.", severity="warning")
        elif "." in trial.result.path:
            self.notify("Pin: only outputs of steps that are in no container can be pinned.", severity="warning")
        else:
            in_background(self, self._pin)

    async def _pin(self) -> None:
        try:
            await self._services.workbench.local.trials.pin(self._workflow_id, self._path, self._output)
        except UserError as error:
            self._services.show_error(error, "Pin failed")
        else:
            self.notify(f"Pinned the output of {self._path}", markup=False)

    def action_copy(self) -> None:
        """Copy the output as JSON."""
        self._services.copy_to_clipboard(json.dumps(self._output, indent=2, ensure_ascii=False))
        self.notify("Copied the output")

    def action_leave(self) -> None:
        """Close; the worker is cancelled, and the step with it."""
        self.dismiss(None)


def outcome_lines(trial: Trial, *, ascii_only: bool) -> list[tuple[str, str]]:
    """Return the lines that describe an outcome, each with its style."""
    result, record = trial.result, trial.record
    status = result.status if result is not None else record.status
    shown = look(status, ascii_only=ascii_only)
    took = (
        f" in {format_duration(result.duration / 1000)}" if result is not None and result.duration is not None else ""
    )
    lines = [(f"{shown.glyph} {status}{took}", f"b {shown.color}")]
    if result is not None and result.skip_reason:
        lines.append((f"Skipped: {result.skip_reason}", "$text-warning"))
    error = (result.error if result is not None else None) or record.error
    if error is not None and status != "completed":
        lines += [(line, "$text-error") for line in f"{error.type}: {error.message}".split("\n")]
    if trial.reused:
        lines.append((f"Used the known output of {', '.join(trial.reused)}", "$foreground-muted"))
    if result is not None and result.input is not None:
        lines += [("", ""), ("Input", "b $primary"), *_json_lines(result.input)]
    if result is not None and result.output is not None:
        lines += [("", ""), ("Output", "b $primary"), *_json_lines(result.output)]
    if trial.lines:
        lines += [("", ""), ("Log", "b $primary"), *((f"  {line}", "") for line in trial.lines)]
    return lines


def _json_lines(value: Json) -> list[tuple[str, str]]:
    return [(f"  {line}", "") for line in json.dumps(value, indent=2, ensure_ascii=False).split("\n")]
