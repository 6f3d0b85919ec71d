"""An app with nothing but a run form, for the tests of the form."""

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import App
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widget import Widget

from wftui.model.base import Json
from wftui.model.listing import RecentInputs, WorkflowOutline
from wftui.tui.display.theme import DARK, HOUSE_RULES, rule_variables
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.widgets.command_line import CommandLine
from wftui.tui.widgets.schema_form.layout.note import Note

UNDECIDED = object()


class FormApp(App[None]):
    """Asks for the inputs of a workflow; `result` is the return value of the form."""

    DEFAULT_CSS = HOUSE_RULES
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        schema: Json,
        *,
        recent: Sequence[RecentInputs] = (),
        inputs: Mapping[str, Json] | None = None,
        description: str = "",
        workflow_id: str = "flow",
    ) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.result: Any = UNDECIDED
        outline = WorkflowOutline(
            id=workflow_id, name="Flow", version="1.0.0", input_schema=schema, description=description
        )
        self.form = RunInputModal(outline, recent=recent, inputs=inputs)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return rule_variables({})

    def on_mount(self) -> None:
        self.push_screen(self.form, self._returned)

    def _returned(self, result: dict[str, Json] | None) -> None:
        self.result = result

    @property
    def command(self) -> str:
        """The command shown by the form."""
        return self.form.query_one(CommandLine).command

    def problems(self) -> list[str]:
        """The errors shown at fields."""
        return [note.problem for note in self.form.query(Note) if note.problem]

    def whole(self) -> str:
        """The error shown for the inputs as a whole."""
        return str(self.form.query_one(".wrong").render()) if self.form.has_class("-wrong") else ""

    def field(self) -> Widget:
        """The focused field; while the focus moves there may be none."""
        if self.form.focused is None:
            raise NoMatches("no field has the focus")
        return self.form.focused


async def write(pilot: Pilot[Any], text: str) -> None:
    """Type a text."""
    await pilot.press(*("space" if letter == " " else letter for letter in text))
