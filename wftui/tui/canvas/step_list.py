"""The steps of a workflow as a list; however many there are, only the rows in view are drawn."""

from wftui.tui.canvas.step_view import StepView


class StepList(StepView):
    """The same graph as the canvas, a row per step: indentation, status, name, type, detail."""

    DEFAULT_CSS = "StepList { overflow-x: hidden; }"

    class Selected(StepView.Selected):
        """A step was chosen with Enter or the mouse."""

    class Highlighted(StepView.Highlighted):
        """The focus went to another step."""

    def make_drawing(self) -> None:
        """Lay the rows out for the present width."""
        if self.size:
            folded = self.folded(fan_outs=False)
            self.show_drawing(self.list_drawing(folded), folded)
