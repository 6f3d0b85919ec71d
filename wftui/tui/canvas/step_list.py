"""The step list: only the rows in view are drawn."""

from wftui.tui.canvas.step_view import StepView


class StepList(StepView):
    """One row per step of the canvas graph: name, status, type, detail."""

    DEFAULT_CSS = "StepList { overflow-x: hidden; }"

    class Selected(StepView.Selected):
        """A step was chosen with Enter or the mouse."""

    class Highlighted(StepView.Highlighted):
        """The focus moved to another step."""

    def make_drawing(self) -> None:
        """Lay out the rows for the current width; their number may give the height."""
        if self.size.width:
            folded = self.folded(fan_outs=False)
            self.show_drawing(self.list_drawing(folded), folded)
