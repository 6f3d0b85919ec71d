"""The Python that the workflow compiles to, read only."""

from wftui.tui.widgets.source.code_area import CodeArea


class PythonView(CodeArea):
    """Generated code. It is made of what stands in the source view, saved or not."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("python", id=id, classes=classes, read_only=True)
        self.placeholder = "There is no Python while the source has errors."
        self._code = ""

    def show_code(self, code: str | None) -> None:
        """Show code in the place of the old; with None the last good one stays, and says so."""
        self.border_subtitle = "" if code is not None else "of the last text without errors"
        if code is not None:
            self._code = code
            if self.display:
                self._take_code()

    def on_show(self) -> None:
        """Take the code only now: while nobody looks, laying it out after each key would be for nothing."""
        self._take_code()

    def _take_code(self) -> None:
        if self._code != self.text:
            place = self.scroll_offset
            self.show(self._code)
            self.scroll_to(*place, animate=False)
