"""The canvas: a navigable graph of the workflow in three levels of detail."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.worker import get_current_worker

from wftui.tui.canvas.drawing.graph_drawing import GraphDrawing
from wftui.tui.canvas.folding import Folded
from wftui.tui.canvas.graph import CanvasNode
from wftui.tui.canvas.step_view import StepView

Level = Literal["list", "pill", "box"]
LEVELS: tuple[Level, ...] = ("list", "pill", "box")
"""Levels of detail, from the smallest drawing to the largest."""
SYNC_LAYOUT_UP_TO = 60
"""Number of steps up to which the layout runs synchronously."""
WIDE_TERMINAL = 100
"""Terminal width from which a graph wider than the view is the default."""


class WorkflowCanvas(StepView):
    """The graph of a workflow, from top to bottom.

    Arrow keys follow the edges, Enter chooses, `+`, `-` and `z` change the level of detail.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "level(1)", "More detail", show=False, key_display="+"),
        Binding("minus", "level(-1)", "Less detail", show=False, key_display="-"),
        Binding("z", "fit", "Fit the detail", show=False),
    ]

    class Selected(StepView.Selected):
        """A step was chosen with Enter or the mouse."""

    class Highlighted(StepView.Highlighted):
        """The focus moved to another step."""

    class LevelChanged(Message):
        """The level of detail changed."""

        def __init__(self, canvas: "WorkflowCanvas", level: Level) -> None:
            super().__init__()
            self.canvas = canvas
            self.level = level

        @property
        def control(self) -> "WorkflowCanvas":
            """The canvas that sent the message."""
            return self.canvas

    def __init__(
        self,
        nodes: Sequence[CanvasNode] = (),
        *,
        level: Level | None = None,
        within: bool = False,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Create a canvas.

        Args:
            nodes: the steps.
            level: level of detail; None: one that fits.
            within: never choose a graph wider than the view; else it is, in a wide terminal.
        """
        super().__init__(nodes, ascii_only=ascii_only, name=name, id=id, classes=classes)
        self._wanted = level
        self._within = within
        self.most_rows: int | None = None
        """Rows that the view can grow to, if its height follows the drawing."""
        self._level: Level = level or "list"
        self._laid_out = Folded()
        self._graphs: dict[str, GraphDrawing] = {}
        """Drawings of `_laid_out`, by level."""
        self._narrow: dict[tuple[Level, int], GraphDrawing] = {}
        """The one for the width of the view, where the usual one is wider."""

    @property
    def level(self) -> Level:
        """The current level of detail."""
        return self._level

    def set_level(self, level: Level | None) -> None:
        """Set the level of detail; None selects one that fits."""
        self._wanted = level
        self.make_drawing()

    def action_level(self, step: int) -> None:
        """Move one level up or down."""
        place = LEVELS.index(self._level) + step
        if 0 <= place < len(LEVELS):
            self.set_level(LEVELS[place])

    def action_fit(self) -> None:
        """Return to the level that fits."""
        self.set_level(None)

    def make_drawing(self) -> None:
        """Lay out the graph, in a thread if it is large."""
        if not self.size:
            return
        folded = self.folded(fan_outs=True)
        if folded != self._laid_out:
            self._laid_out, self._graphs, self._narrow = folded, {}, {}
        folded = self._laid_out
        missing = [level for level in self._needed() if level not in self._graphs]
        if not missing:
            self._choose()
        elif len(folded.nodes) <= SYNC_LAYOUT_UP_TO:
            self._take(folded, {level: GraphDrawing(folded.nodes, level) for level in missing})
        else:
            self._lay_out(folded, missing)

    def _needed(self) -> list[Literal["box", "pill"]]:
        if self._wanted is None:
            # Boxes of a large graph never fit.
            return ["pill", "box"] if len(self._laid_out.nodes) <= SYNC_LAYOUT_UP_TO else ["pill"]
        return [] if self._wanted == "list" else [self._wanted]

    @work(thread=True, exclusive=True)
    def _lay_out(self, folded: Folded, levels: Sequence[Literal["box", "pill"]]) -> None:
        graphs = {level: GraphDrawing(folded.nodes, level) for level in levels}
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._take, folded, graphs)

    def _take(self, folded: Folded, graphs: dict[str, GraphDrawing]) -> None:
        if folded is self._laid_out:
            self._graphs.update(graphs)
            self._choose()

    def _choose(self) -> None:
        level = self._wanted or self._fitting()
        changed, self._level = level != self._level, level
        if level == "list":
            every = self.folded(fan_outs=False)
            self.show_drawing(self.list_drawing(every), every)
        else:
            self.show_drawing(self._fitted(level), self._laid_out)
        if changed:
            self.post_message(self.LevelChanged(self, level))

    def _fitted(self, level: Literal["box", "pill"]) -> GraphDrawing:
        """Return a drawing as narrow as the view, if more rows make that possible."""
        graph, room = self._graphs[level], self.size.width - self.styles.scrollbar_size_vertical
        if graph.width <= self.size.width or len(self._laid_out.nodes) > SYNC_LAYOUT_UP_TO:
            return graph
        if (level, room) not in self._narrow:
            self._narrow = {(level, room): GraphDrawing(self._laid_out.nodes, level, room)}
        return self._narrow[level, room]

    def _fitting(self) -> Level:
        """Return boxes if they fit, pills if they fit in width, else the list."""
        box, pill = self._graphs.get("box"), self._graphs["pill"]
        rows = max(self.size.height, self.most_rows or 0)
        if box is not None and box.width <= self.size.width and box.height <= rows:
            return "box"
        if pill.width <= self.size.width or (self.app.size.width >= WIDE_TERMINAL and not self._within):
            return "pill"
        return "list"
