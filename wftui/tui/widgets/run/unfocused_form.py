"""The fields of an approval.

A module of its own, as editors of fields take a while to import.
"""

from wftui.tui.widgets.schema_form.form import SchemaForm


class UnfocusedForm(SchemaForm):
    """A form that does not take the focus when shown: the user may be elsewhere."""

    def focus_first(self) -> None:
        """Keep the focus where it is."""
