"""A scrolling view of steps: focus, selection, statuses, folding."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message

from wftui.tui.canvas.drawing.list_drawing import ListDrawing
from wftui.tui.canvas.drawing.scene import Direction, Drawing
from wftui.tui.canvas.drawn_view import DrawnView
from wftui.tui.canvas.folding import Folded, Folds, summary
from wftui.tui.canvas.graph import CanvasNode, current_step_path
from wftui.tui.canvas.lineage import related

FULL_REPAINT_ABOVE = 50
"""Number of changed steps above which the whole view is repainted."""

_AHEAD = 0.75
"""Share of a view to scroll by at its edge: most moves then change two rows, not all."""


class StepView(DrawnView):
    """Base of the canvas and the step list.

    Subclasses implement `make_drawing` and pass its result to `show_drawing`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step('up')", "Step above", show=False),
        Binding("down,j", "step('down')", "Step below", show=False),
        Binding("left,h", "step('left')", "Step to the left", show=False),
        Binding("right,l", "step('right')", "Step to the right", show=False),
        Binding("enter", "choose", "Choose the step", show=False),
        Binding("space", "fold", "Fold or unfold", show=False),
        Binding("home,f", "current", "Go to the current step", show=False),
        Binding("V", "related", "Show only what leads to the step and what follows it, or all", show=False),
    ]

    class OnStep(Message):
        """An action on a step; never sent itself."""

        def __init__(self, view: "StepView", step_path: str) -> None:
            super().__init__()
            self.view = view
            self.step_path = step_path

        @property
        def control(self) -> "StepView":
            """The view that sent the message."""
            return self.view

    class Selected(OnStep):
        """A step was chosen with Enter or the mouse."""

    class Highlighted(OnStep):
        """The cursor moved to another step."""

        def can_replace(self, message: Message) -> bool:
            """Coalesce consecutive messages of one view."""
            return isinstance(message, StepView.Highlighted) and message.view is self.view

    def __init__(
        self,
        nodes: Sequence[CanvasNode] = (),
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, name=name, id=id, classes=classes)
        self._steps = {node.path: node for node in nodes}
        self._folds = Folds()
        self._folded = Folded()
        self._only: str | None = None
        self._moved_to: str | None = None

    # --- content

    @property
    def nodes(self) -> list[CanvasNode]:
        """All steps, including folded ones."""
        return list(self._steps.values())

    def set_graph(self, nodes: Sequence[CanvasNode]) -> None:
        """Show other steps; statuses, folds and focus of remaining paths are kept."""
        if [*nodes] == self.nodes and self._drawing is not None:
            return
        self._steps = {node.path: node for node in nodes}
        scene = self._scene
        scene.statuses = {path: word for path, word in scene.statuses.items() if path in self._steps}
        scene.details = {path: text for path, text in scene.details.items() if path in self._steps}
        if self.cursor not in self._steps:
            scene.cursor = None
        if self._only not in self._steps:
            self._only = None
        self.make_drawing()

    def make_drawing(self) -> None:
        """Redraw the steps; calls `show_drawing`, possibly later."""
        raise NotImplementedError

    def folded(self, *, fan_outs: bool) -> Folded:
        """Return the steps to draw, folded as chosen."""
        nodes = self.nodes if self._only is None else related(self.nodes, self._only)
        return self._folds.apply(nodes, fan_outs=fan_outs)

    def list_drawing(self, folded: Folded) -> ListDrawing:
        """Return the steps as a list as wide as the view."""
        bar = self.styles.scrollbar_size_vertical if len(folded.nodes) + 1 > self.size.height else 0
        return ListDrawing(folded.nodes, self.size.width - bar)

    def show_drawing(self, drawing: Drawing, folded: Folded) -> None:
        """Show a new drawing and scroll to the focused step."""
        # The public cursor is a step; in the drawing it is the node that represents it.
        path = self.cursor or self.current_step()
        self._drawing, self._folded = drawing, folded
        self._strips.clear()
        self._scene.cursor = None if path is None else folded.shown_as.get(path, path)
        for group in folded.members:
            self._summarize(group)
        self.virtual_size = Size(drawing.width, drawing.height + self._head)
        self.refresh()
        # The scroll range is updated only after the refresh.
        self.call_after_refresh(self._scroll_to_cursor)
        self._set_pulse()

    # --- statuses

    def set_statuses(self, statuses: Mapping[str, str], details: Mapping[str, str] | None = None) -> None:
        """Replace all statuses and details; repaint the steps that changed."""
        scene = self._scene
        before = scene.statuses, scene.details
        scene.statuses, scene.details = dict(statuses), dict(details or {})
        for group in self._folded.members:
            self._summarize(group)
        changed = {
            path
            for old, new in zip(before, (scene.statuses, scene.details), strict=True)
            for path in old.keys() | new.keys()
            if old.get(path) != new.get(path)
        }
        if len(changed) > FULL_REPAINT_ABOVE:
            self._strips.clear()
            self.refresh()
        else:
            for path in changed:
                self._repaint_step(path)
        self._set_pulse()

    @property
    def marked(self) -> frozenset[str]:
        """Paths of the marked steps."""
        return self._scene.marked

    def set_marked(self, paths: Iterable[str]) -> None:
        """Mark other steps."""
        before, self._scene.marked = self._scene.marked, frozenset(paths)
        for path in before ^ self._scene.marked:
            self._repaint_step(path)

    def _summarize(self, group: str) -> None:
        """Set the status of a folded fan-out once one of its steps has one."""
        scene, members = self._scene, self._folded.members[group]
        if any(path in scene.statuses for path in members):
            scene.statuses[group], scene.details[group] = summary(members, scene.statuses)

    # --- focus

    @property
    def cursor(self) -> str | None:
        """Path of the focused step; for a folded fan-out, of its first step."""
        shown = self._scene.cursor
        members = self._folded.members.get(shown) if shown is not None else None
        return members[0] if members else shown

    def current_step(self) -> str | None:
        """Return the innermost running, waiting or failed step, else the first."""
        return current_step_path(self.nodes, self._scene.statuses)

    def focus_step(self, path: str) -> None:
        """Focus a step, or the folded node that contains it, and scroll there.

        Unknown paths are ignored.
        """
        if path not in self._steps:
            return
        shown = self._folded.shown_as.get(path, path)
        if self._only is not None and all(node.path != shown for node in self._folded.nodes):
            self._show_only(None)
            shown = self._folded.shown_as.get(path, path)
        self._move_cursor(shown)

    # --- finding

    def find(self, text: str) -> bool:
        """Go to the next step whose name, id or type contains a text.

        Containers that hide it are unfolded.

        Returns:
            Whether there is one.
        """
        words, paths = text.casefold(), [*self._steps]
        start = paths.index(self.cursor) + 1 if self.cursor in self._steps else 0
        for path in (*paths[start:], *paths[:start]):
            node = self._steps[path]
            if words in f"{node.label} {path} {node.kind} {node.case} {node.when}".casefold():
                self._folds.reveal(self.nodes, path)
                self._scene.cursor = path
                self._only = None
                self.make_drawing()
                self._moved_to = path
                self.post_message(self.Highlighted(self, path))
                return True
        return False

    def action_related(self) -> None:
        """Show only the steps related to the focused one, or all again."""
        self._show_only(None if self._only is not None else self.cursor)

    def _show_only(self, path: str | None) -> None:
        self._only = path
        self.border_subtitle = "" if path is None else f"only around {self._steps[path].label} - V shows all"
        self.make_drawing()

    def _move_cursor(self, shown: str) -> None:
        before = self._scene.cursor
        if shown == before:
            return
        self._scene.cursor = shown
        if self._drawing is not None:
            rows = self._drawing.affected_rows(shown) | (self._drawing.affected_rows(before) if before else set())
            self._repaint(rows, 0, max(self.virtual_size.width, self.size.width))
            gutter = self._drawing.gutter_rows(shown) | (self._drawing.gutter_rows(before) if before else set())
            self._repaint(gutter - rows, 0, 1)
        self._scroll_to_cursor()
        if path := self.cursor:
            if self.has_focus:
                self._moved_to = path
            self.post_message(self.Highlighted(self, path))

    def take_move(self) -> str | None:
        """Return where the cursor was moved since the last call; None if it was not.

        Moves count that were made with the focus here, or by a search: others follow them. They are known at once,
        while `Highlighted` may arrive after the next keys.
        """
        path, self._moved_to = self._moved_to, None
        return path

    def action_step(self, direction: Direction) -> None:
        """Move to the next step in a direction."""
        if self._drawing is None or self._scene.cursor is None:
            return
        shown = self._drawing.neighbour(self._scene.cursor, direction)
        if shown is not None:
            self._move_cursor(shown)

    def action_choose(self) -> None:
        """Choose the focused step, or open a folded fan-out."""
        if self._scene.cursor in self._folded.members:
            self.action_fold()
        elif path := self.cursor:
            self.post_message(self.Selected(self, path))

    def action_fold(self) -> None:
        """Open or close the focused container or fan-out."""
        shown = self._scene.cursor
        if shown is not None and self._folds.toggle(self.nodes, shown, self._folded):
            self.make_drawing()

    def action_current(self) -> None:
        """Go to the current step."""
        path = self.current_step()
        if path is not None:
            self.focus_step(path)
            self._scroll_to_cursor()

    def on_click(self, event: events.Click) -> None:
        """Focus and choose the step under the mouse."""
        offset = event.get_content_offset(self)
        if self._drawing is None or offset is None:
            return
        place = offset + self.scroll_offset - Offset(self._margin, self._head)
        shown = self._drawing.step_at(place.x, place.y) if offset.y >= self._head else None
        if shown is not None:
            event.stop()
            self._move_cursor(shown)
            if shown not in self._folded.members:
                self.post_message(self.Selected(self, shown))
            elif event.chain == 2:
                self.action_fold()

    def _scroll_to_cursor(self) -> None:
        """Scroll the focused step, or the top left of a large one, into view."""
        if self._drawing is None or self._scene.cursor is None or not self.size:
            return
        box = self._drawing.box(self._scene.cursor)
        if box is None:
            return
        view = self.scrollable_content_region
        x = _into_view(box.x - 2, box.right + 2, self.scroll_offset.x, view.width)
        rows = self.rows_in_view
        y = _into_view(box.y - 1, box.bottom + 1, self.scroll_offset.y, rows, int(rows * _AHEAD))
        if (x, y) != tuple(self.scroll_offset):
            self.scroll_to(x, y, animate=False)

    def on_resize(self) -> None:
        """Redraw for the new size."""
        self._strips.clear()
        self.make_drawing()

    def on_show(self) -> None:
        """Draw if there was no size before."""
        if self._drawing is None:
            self.make_drawing()


def _into_view(low: int, high: int, scroll: int, length: int, ahead: int = 0) -> int:
    """Return the scroll position nearest to `scroll` that shows `low` to `high`.

    A range larger than the view is aligned to `low`; one entirely out of view is centred.

    Args:
        ahead: how much is shown beyond the range where the view has to move.
    """
    if high - low > length:
        return max(low, 0)
    if high <= scroll or low >= scroll + length:
        return max((low + high - length) // 2, 0)
    ahead = min(ahead, length - (high - low))
    if low < scroll:
        return max(low - ahead, 0)
    return high - length + ahead if high > scroll + length else scroll
