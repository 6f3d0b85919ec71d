"""A scrolling view that paints a drawing of steps, row by row."""

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from wftui.tui.canvas.drawing.cells import Cells
from wftui.tui.canvas.drawing.scene import Drawing, Scene
from wftui.tui.canvas.drawing.styles import CLASS_OF, COMPONENT_CLASSES, CSS

PULSE_INTERVAL = 0.4
"""Seconds between two animation frames of running steps."""


class DrawnView(ScrollView, can_focus=True):
    """Paints the rows in view, and repaints only cells that change."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENT_CLASSES)
    DEFAULT_CSS = CSS

    def __init__(
        self, *, ascii_only: bool = False, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._message = "No steps yet"
        self._scene = Scene(ascii=ascii_only, focused=False)
        self._drawing: Drawing | None = None
        self._strips: LRUCache[int, tuple[int, int, Strip]] = LRUCache(512)
        self._styles: dict[tuple[str, ...], Style] = {}
        self._pulse: Timer | None = None

    @property
    def message(self) -> str:
        """The text that is shown without steps."""
        return self._message

    @message.setter
    def message(self, text: str) -> None:
        if text != self._message:
            self._message = text
            if self._is_empty:
                self._strips.clear()
                self.refresh()

    @property
    def _is_empty(self) -> bool:
        return self._drawing is None or not self._drawing.height

    @property
    def _margin(self) -> int:
        """Columns left of a drawing narrower than the view."""
        if self._drawing is None:
            return 0
        return max(0, (self.scrollable_content_region.width - self._drawing.width) // 2)

    @property
    def _head(self) -> int:
        """Number of rows above the drawing that do not scroll."""
        return self._drawing.head if self._drawing is not None and self._drawing.height else 0

    @property
    def rows_in_view(self) -> int:
        """Number of rows of the drawing that fit below its head."""
        return max(0, self.scrollable_content_region.height - self._head)

    def render_line(self, y: int) -> Strip:
        """Render one row of the view."""
        width = self.scrollable_content_region.width
        if self._drawing is not None and y < self._head:
            head = Cells(0, width)
            self._drawing.draw_head(head, self._scene)
            return Strip([Segment(text, self._style(names)) for text, names in head.spans()], width)
        row, column = y - self._head + self.scroll_offset.y, self.scroll_offset.x
        kept = self._strips.get(row)
        if kept is None or kept[:2] != (column, width):
            cells = Cells(column - self._margin, width)
            if self._drawing is not None and row < self._drawing.height:
                self._drawing.draw(row, cells, self._scene)
            elif row == 0 and self._is_empty:
                cells.put(column - self._margin + 1, self._message, "step--type")
            strip = Strip([Segment(text, self._style(names)) for text, names in cells.spans()], width)
            self._strips[row] = kept = (column, width, strip)
        return kept[2]

    def _style(self, names: tuple[str, ...]) -> Style:
        found = self._styles.get(names)
        if found is None:
            found = self._styles[names] = self._blend(names)
        return found

    def _blend(self, names: tuple[str, ...]) -> Style:
        """Combine component classes into one style, blending translucent colors."""
        _, _, back, fore = self.colors
        text = Style()
        for name in names:
            styles = self.get_component_styles(CLASS_OF[name])
            if styles.has_rule("background"):
                back += styles.background
            if styles.has_rule("color"):
                fore = styles.color
            text += styles.text_style
        return text + Style(color=(back + fore).rich_color, bgcolor=back.rich_color)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Repaint: the cursor is bold with the focus, and thin without it.

        A screen that shows again gives the focus back without an event.
        """
        super().watch_has_focus(has_focus)
        self._scene.focused = has_focus
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Drop cached styles and rows."""
        super().notify_style_update()
        self._scene.ansi = self.app.current_theme.ansi
        self._strips.clear()
        self._styles.clear()

    def _repaint_step(self, shown: str) -> None:
        box = self._drawing.box(shown) if self._drawing else None
        if box is None:
            return
        rows = range(box.y, box.bottom)
        if box.frame:
            self._repaint((box.y, box.bottom - 1), box.x, box.width)
            self._repaint(rows, box.x, 1)
            self._repaint(rows, box.right - 1, 1)
        else:
            self._repaint(rows, box.x, box.width)

    def _repaint(self, rows: Iterable[int], x: int, width: int) -> None:
        """Repaint the visible part of these cells."""
        size = self.scrollable_content_region.size
        view = Region(0, self._head, size.width, self.rows_in_view)
        left = x + self._margin - self.scroll_offset.x
        regions = []
        for row in rows:
            self._strips.discard(row)
            region = Region(left, row - self.scroll_offset.y + self._head, width, 1).intersection(view)
            if region:
                regions.append(region)
        if regions:
            self.refresh(*regions)

    def _set_pulse(self) -> None:
        """Animate the glyphs of running steps while there are any."""
        if not self.is_attached:
            return
        running = "running" in self._scene.statuses.values() and self.app.animation_level == "full"
        if running and self._pulse is None:
            self._pulse = self.set_interval(PULSE_INTERVAL, self._advance_pulse)
        elif not running and self._pulse is not None:
            self._pulse.stop()
            self._pulse = None
            self._scene.pulse_frame = 0

    def _advance_pulse(self) -> None:
        self._scene.pulse_frame += 1
        if self._drawing is None or not self.is_on_screen:
            return
        for path, status in self._scene.statuses.items():
            if status == "running" and (place := self._drawing.glyph_at(path)):
                self._repaint([place[1]], place[0], 1)
