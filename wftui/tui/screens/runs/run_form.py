"""The run form: a workflow's inputs, built from its `inputSchema`."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.forms.building import form_of
from wftui.model.forms.command import PLACEHOLDER, run_command
from wftui.model.forms.fields import FormField
from wftui.model.forms.nodes import FormNode
from wftui.model.forms.secrets import covered, forget_secrets, uncovered
from wftui.model.forms.state import build_form, rebuild_form
from wftui.model.forms.text import JsonError, TextError, is_big, parse_json
from wftui.model.listing import RecentInputs, WorkflowOutline
from wftui.model.schema.json_schema import MISSING
from wftui.runtime.validation.form_errors import form_problems
from wftui.tui.actions import FIELD_KEYS, Action
from wftui.tui.background import in_background, once
from wftui.tui.display.glyphs import glyph
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.screens.runs.pool_prompt import PoolChoice, pool_prompt
from wftui.tui.terminal.refreshing import refreshed
from wftui.tui.widgets.command_line import CommandLine
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.run.labels import inputs_label
from wftui.tui.widgets.schema_form.field_text import type_description
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.messages import Edited, FocusMoved, Pasted
from wftui.tui.widgets.source.json_editor import JsonEditor

GROUP = "Run form"
RECHECK_AFTER = 0.3
"""Seconds without a key before a form with errors is validated again."""
_PROBLEMS_SHOWN = 4
_SUMMARY_LENGTH = 300
ASKED_AGAIN = "Secret inputs are never stored; enter them again."

_left: dict[str, dict[str, Json]] = {}
"""Inputs of forms closed without running, by workflow, while the app is open."""

Start = Callable[[dict[str, Json]], Awaitable[bool]]
"""Processes the inputs; returns whether to close the form, which shows errors."""


async def _take(_inputs: dict[str, Json]) -> bool:
    return True


class RunInputModal(ActionModal[dict[str, Json] | None]):
    """Returns the inputs to run with, or None after Escape.

    Args:
        outline: the workflow to run.
        recent: inputs of its last runs, newest first.
        inputs: initial values, added to the defaults.
        start: processes the inputs while the form is still open, so that they are not lost on an error.
        again: the command (`["wftui", "resume", "01k…"]`) that repeats a run.
        place: the options that lead the command to the workbench.
        about: text shown instead of the workflow's description.
        form: the form of the inputs, if it was built already: one of hundreds of fields takes a tenth of a second.
    """

    DEFAULT_CSS = """
    RunInputModal {
        .dialog { width: 100%; max-width: 110; max-height: 100%; padding: 0; }
        .about { padding: 0 1; height: auto; max-height: 2; color: $foreground-muted; }
        .wrong { padding: 0 1; height: auto; max-height: 5; color: $text-error; display: none; }
        .facts { padding: 0 1; height: 1; color: $foreground-muted; border-top: none; }
        .foot { height: auto; border-top: solid $border-blurred; }
        JsonEditor { display: none; }
        &.-json SchemaForm { display: none; }
        &.-json JsonEditor { display: block; }
        &.-json .facts { display: none; }
        &.-wrong .wrong { display: block; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "run_form.run", "Run", "Validate the inputs and run the workflow.", ("enter", "f5", "ctrl+enter"), GROUP
        ),
        Action(
            "run_form.leave", "Cancel", "Close without running; the inputs are kept for next time.", ("escape",), GROUP
        ),
        Action("run_form.switch", "Form, JSON", "Switch between fields and JSON.", ("ctrl+t",), GROUP),
        Action("run_form.earlier", "Earlier", "Use the inputs of an earlier run.", ("ctrl+r",), GROUP),
        Action("run_form.copy", "Copy", "Copy the equivalent command.", ("ctrl+g",), GROUP),
        Action("run_form.pool", "Pool", "Choose the pool of workers that runs the steps, or here.", ("ctrl+l",), GROUP),
        Action("run_form.help", "Keys", "Show the keys of this form.", ("f1",), GROUP),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*FIELD_KEYS]

    def __init__(
        self,
        outline: WorkflowOutline,
        *,
        recent: Sequence[RecentInputs] = (),
        inputs: Mapping[str, Json] | None = None,
        start: Start = _take,
        again: Sequence[str] = (),
        place: Sequence[str] = (),
        pools: PoolChoice | None = None,
        about: str = "",
        form: FormField | None = None,
    ) -> None:
        super().__init__()
        self._outline = outline
        self._start = start
        self._starting = False
        self._facts = Content("")
        self._again = list(again)
        self._place = place
        self._pools = pools or PoolChoice()
        self._about = about or outline.description
        self._recent = list(recent)
        self._form = form or form_of(outline.input_schema)
        self._state = build_form(self._form, MISSING if inputs is None else dict(inputs))
        if inputs is not None:
            forget_secrets(self._state)
        self._untouched = self._state.collect()
        self._hidden: dict[str, Json] = {}
        self._json_before = ""
        self._checked = False
        self._recheck: Timer | None = None

    def compose(self) -> ComposeResult:
        """Yield the description, the form or its JSON, errors, the command and the keys."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(f"Run {self._outline.name or self._outline.id}{' again' if self._again else ''}")
            box.border_subtitle = Content(" ".join(filter(None, [self._outline.id, self._outline.version])))
            if self._about:
                yield Static(Content(self._about), classes="about")
            yield SchemaForm(self._state, takes_objects=True)
            yield JsonEditor()
            with Vertical(classes="foot"):
                yield Static(classes="wrong", markup=False)
                yield Static(classes="facts", markup=False)
                yield CommandLine()
                yield KeyLine(self.ACTIONS)

    def on_mount(self) -> None:
        """Offer the inputs of a form closed without running, and show the command."""
        left = None if self._again else _left.get(self._outline.id)
        if left is not None and left != self._untouched:
            self._recent.insert(0, RecentInputs(label="not run", inputs=left))
        self._show_command()

    def on_resize(self, event: events.Resize) -> None:
        """Limit the form to the height left by the other lines."""
        around = 9 if self._about else 8
        room = max(3, event.size.height - around)
        self.query_one(SchemaForm).styles.max_height = room
        self.query_one(JsonEditor).styles.height = min(room, 24)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable earlier inputs and pools where there are none."""
        if parameters == ("run_form.pool",):
            return self._pools.offered
        if parameters == ("run_form.earlier",):
            return bool(self._recent)
        return super().check_action(action, parameters)

    # --- form and JSON

    @property
    def _in_json(self) -> bool:
        return self.has_class("-json")

    async def action_switch(self) -> None:
        """Switch between form and JSON, and keep the values."""
        editor = self.query_one(JsonEditor)
        if not self._in_json:
            value, self._hidden = covered(self._state)
            self._json_before = json.dumps(value, indent=2, ensure_ascii=False)
            editor.text = self._json_before
            self._show_errors([])
            self.add_class("-json")
            editor.focus()
            return
        try:
            state = self._read_json()
        except TextError as error:
            self._show_errors([str(error)])
            editor.go_to(error)
            return
        self._show_errors([])
        self.remove_class("-json")
        await self._take(state)

    def _read_json(self) -> FormNode:
        """Return the form filled in from the JSON; the same one if it is unchanged."""
        editor = self.query_one(JsonEditor)
        if editor.text == self._json_before:
            return self._state
        return rebuild_form(self._form, uncovered(editor.read(), self._hidden))

    async def _take(self, state: FormNode) -> None:
        """Show another state of the form."""
        self._state = state
        await self.query_one(SchemaForm).show(state)
        self._show_command()
        if self._checked:
            self._check_again()

    def _show_command(self) -> None:
        beginning = self._again or ["wftui", "run", self._outline.id]
        pool = ["--pool", self._pools.pool] if self._pools.pool is not None else []
        self.query_one(CommandLine).command = run_command([*beginning, *self._place, *pool], self._state)

    def _show_errors(self, sentences: Sequence[str]) -> None:
        """Show errors of the inputs as a whole."""
        more = len(sentences) - _PROBLEMS_SHOWN
        shown = [f"{glyph(self, '✗')} {sentence}" for sentence in sentences[:_PROBLEMS_SHOWN]]
        if more > 0:
            shown.append(f"  and {more} more")
        self.query_one(".wrong", Static).update(Content("\n".join(shown)))
        self.set_class(bool(sentences), "-wrong")

    @on(Edited)
    def _edited(self, _message: Edited) -> None:
        self._show_command()
        if self._checked:
            self._check_again()

    @on(TextArea.Changed, "JsonEditor")
    def _written(self) -> None:
        if not self._in_json:
            return
        try:
            self._state = self._read_json()
        except TextError as error:
            self._show_errors([str(error)])
        else:
            self._show_errors([])
            self._show_command()

    @on(FocusMoved)
    def _focus_moved(self, message: FocusMoved) -> None:
        self._facts = type_description(message.node)
        self.query_one(".facts", Static).update(self._facts, layout=False)

    def action_pool(self) -> None:
        """Ask for the pool of all steps that can run on workers."""
        self.app.push_screen(pool_prompt(self._pools.pool, self._outline.pools.values()), self._choose_pool)

    def _choose_pool(self, pool: str | None) -> None:
        if pool is not None:
            self._pools.pool = pool or None
            self._show_command()

    # --- earlier inputs, pasted inputs

    def action_earlier(self) -> None:
        """Pick the inputs of an earlier run."""
        options = [(inputs_label(each), _summary(each.inputs)) for each in self._recent]
        self.app.push_screen(Picker("Earlier inputs", options), self._picked)

    async def _picked(self, index: int | None) -> None:
        if index is not None:
            await self._fill(self._recent[index].inputs)

    async def _fill(self, inputs: Mapping[str, Json]) -> None:
        state = build_form(self._form, dict(inputs))
        forget_secrets(state)
        self._show_errors([])
        self.remove_class("-json")
        await self._take(state)

    @on(Pasted)
    async def _pasted(self, message: Pasted) -> None:
        await self._fill_from(message.text)

    async def on_paste(self, event: events.Paste) -> None:
        """Fill in the form from a JSON object pasted outside text fields."""
        if not self._in_json:
            await self._fill_from(event.text)

    async def _fill_from(self, text: str) -> None:
        try:
            value = parse_json(text)
        except JsonError:
            return
        if isinstance(value, dict):
            now = self._state.collect()
            await self._take(rebuild_form(self._form, {**(now if isinstance(now, dict) else {}), **value}))
            self.notify("Filled in the form from the pasted JSON.")

    # --- run and leave

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_run()

    def action_run(self) -> None:
        """Submit the inputs, or show the errors of each field."""
        if self._in_json:
            try:
                self._state = self._read_json()
            except TextError as error:
                self._show_errors([str(error)])
                self.query_one(JsonEditor).go_to(error)
                return
        if self._recheck is not None:
            self._recheck.stop()
        if not self._starting:
            in_background(self, partial(self._check, run=True), group="run", exclusive=True)

    def _check_again(self) -> None:
        if self._recheck is not None:
            self._recheck.stop()
        self._recheck = once(self, RECHECK_AFTER, self._start_recheck)

    def _start_recheck(self) -> None:
        in_background(self, partial(self._check, run=False), group="recheck", exclusive=True)

    async def _check(self, *, run: bool) -> None:
        """Validate in a thread, because a hostile pattern may take long."""
        value = self._state.collect()
        problems = await asyncio.to_thread(form_problems, self._outline.input_schema, self._state, value)
        if not problems and not isinstance(value, dict):
            problems[""] = "The inputs must be a JSON object, but this schema requires something else."
        if run and not problems:
            if await self._begin(value):
                _left.pop(self._outline.id, None)
                self.dismiss(value)
            return
        self._checked = True
        await self._show_problems(problems, go_there=run)

    async def _begin(self, inputs: dict[str, Json]) -> bool:
        """Start the run; show the error and keep the form if that fails."""
        self._starting = True
        self._show_errors([])
        facts = self.query_one(".facts", Static)
        facts.update("Starting…", layout=False)
        try:
            await refreshed(self)
            return await self._start(inputs)
        except UserError as error:
            self._show_errors([str(error)])
            return False
        finally:
            self._starting = False
            facts.update(self._facts, layout=False)

    async def _show_problems(self, problems: Mapping[str, str], *, go_there: bool) -> None:
        if self._in_json:
            self._show_errors([f"{pointer or '/'}: {sentence}" for pointer, sentence in problems.items()])
            return
        form = self.query_one(SchemaForm)
        whole = await form.show_problems(problems)
        several = [f"{len(problems)} values are invalid."] if len(problems) > 1 else []
        self._show_errors(whole or several)
        if go_there and problems:
            await form.focus_on(next(iter(problems)))

    def action_copy(self) -> None:
        """Copy the command."""
        command = self.query_one(CommandLine).command
        self.app.copy_to_clipboard(command)
        left_out = f" Replace {PLACEHOLDER} in it." if PLACEHOLDER in command else ""
        self.notify(f"Copied the command.{left_out}")

    def action_leave(self) -> None:
        """Close the form without running, unless the run is being started."""
        if self._starting:
            self.notify("The run is being started.")
            return
        forget_secrets(self._state)  # kept inputs are shown in a list
        value = self._state.collect()
        if isinstance(value, dict) and value != self._untouched and not self._again:
            _left[self._outline.id] = value
        self.dismiss(None)


def _summary(inputs: Mapping[str, Json]) -> str:
    """Return a line that distinguishes these inputs from others."""
    shown = {name: "…" if is_big(value) else value for name, value in inputs.items()}
    return json.dumps(shown, ensure_ascii=False)[:_SUMMARY_LENGTH]
