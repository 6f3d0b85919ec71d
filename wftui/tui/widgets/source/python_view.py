"""Read-only view of the generated Python."""

from wftui.tui.widgets.source.code_area import CodeArea


class PythonView(CodeArea):
    """Code generated from the current source, saved or not."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("python", id=id, classes=classes, read_only=True)
        self.placeholder = "No Python while the source has errors."
        self._code = ""

    def show_code(self, code: str | None) -> None:
        """Show new code; None keeps and labels the last valid code."""
        self.border_subtitle = "" if code is not None else "from the last valid source"
        if code is not None:
            self._code = code
            if self.display:
                self._take_code()

    def on_show(self) -> None:
        """Load the code only when shown: layout after each key would be wasted."""
        self._take_code()

    def _take_code(self) -> None:
        if self._code != self.text:
            place = self.scroll_offset
            self.show(self._code)
            self.scroll_to(*place, animate=False)
