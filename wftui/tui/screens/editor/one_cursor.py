"""Keeps list, canvas and source of the editor at one step."""

from typing import TYPE_CHECKING

from textual.timer import Timer

from wftui.tui.background import once
from wftui.tui.canvas.step_view import StepView

if TYPE_CHECKING:
    from wftui.tui.screens.editor.steps_screen import StepsScreen

REST = 0.2
"""Seconds that the cursor rests on a step before the other panes show it: moving on costs a slow line nothing."""


class OneCursor:
    """Makes the other panes follow the cursor once it has come to rest.

    The cursor is that of the list or the canvas, whichever has the focus. `settle` makes them follow at once,
    before anything uses the cursor of another pane.
    """

    def __init__(self, screen: "StepsScreen") -> None:
        self._screen = screen
        self._timer: Timer | None = None

    def soon(self) -> None:
        """Make the other panes follow once the cursor has come to rest."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = once(self._screen, REST, self.settle)

    def settle(self) -> None:
        """Make the other panes follow now, if the cursor was moved."""
        for view in self._screen.query(StepView):
            path = view.take_move()
            if path is not None:
                self.go_to(path)

    def go_to(self, path: str) -> None:
        """Show a step in list, canvas and source, and remember it."""
        self._screen.services.memory.keep(self._screen.memory_name, step=path.rpartition(".")[2])
        lines = self._lines_of(path)
        if lines is not None:
            self._screen.source.jump(lines[0], last=lines[1])
        self.show_in_views(path)

    def show_in_views(self, path: str) -> None:
        """Show a step in list and canvas."""
        for view in self._screen.step_views:
            view.focus_step(path)

    def _lines_of(self, path: str) -> tuple[int, int] | None:
        """Return first and last line of a step, of a container those above its steps."""
        steps = self._screen.steps
        at = next((at for at, step in enumerate(steps) if step.path == path), None)
        if at is None:
            return None
        first = steps[at].line
        return first, max([first, *(step.line - 1 for step in steps[at + 1 : at + 2])])
