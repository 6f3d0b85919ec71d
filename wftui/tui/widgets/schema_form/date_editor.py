"""One line for a date: up and down go from day to day."""

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType

from wftui.tui.widgets.schema_form.text_editor import TextEditor


class DateEditor(TextEditor):
    """Types a `date` or a `date-time`; starts from today where nothing stands yet."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(1)", "Next day", show=False),
        Binding("down", "step(-1)", "Day before", show=False),
    ]

    def action_step(self, days: int) -> None:
        """Go some days on; what is no date is left as it is."""
        text = self.value
        if not text:
            now = datetime.now(UTC)
            self.give(date.today().isoformat() if self.leaf.field.format == "date" else f"{now:%Y-%m-%dT%H:%M:%SZ}")
            return
        try:
            moved = date.fromisoformat(text[:10]) + timedelta(days=days)
        except (ValueError, OverflowError):
            self.app.bell()
            return
        self.give(moved.isoformat() + text[10:])
