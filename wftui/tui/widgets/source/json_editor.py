"""Editor of the inputs as JSON, with highlighting."""

from typing import ClassVar

from wftui.model.base import Json
from wftui.model.forms.text import JsonError, TextError, parse_json
from wftui.tui.widgets.long_text import LongTextArea


class JsonEditor(LongTextArea):
    """Edits a JSON object as text."""

    INSTEAD: ClassVar[str] = "Start the run by the command below, with --input @FILE."

    DEFAULT_CSS = """
    JsonEditor.-textual-compact {
        background: $panel;
        scrollbar-size-vertical: 1;
        &:focus { background: $panel; }
    }
    """

    def __init__(self) -> None:
        super().__init__("", language="json", show_line_numbers=True, tab_behavior="focus", compact=True)

    def read(self) -> dict[str, Json]:
        """Parse the text.

        Raises:
            TextError: the text is not a JSON object.
        """
        value = parse_json(self.text)
        if not isinstance(value, dict):
            raise TextError("Inputs must be one JSON object: {…}.")
        return value

    def go_to(self, error: TextError) -> None:
        """Move the cursor to the position of a syntax error."""
        if isinstance(error, JsonError):
            self.cursor_location = (error.line - 1, error.column - 1)
        self.focus()
