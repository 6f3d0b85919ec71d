"""Interface between the drawings of a workflow and the view that shows them."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from wftui.tui.canvas.drawing.cells import Cells
from wftui.tui.canvas.drawing.icons import icon
from wftui.tui.canvas.layout.layered import Box
from wftui.tui.display.status import PULSE, PULSE_ASCII, look

Direction = Literal["up", "down", "left", "right"]


@dataclass(slots=True)
class Scene:
    """Mutable state of a drawing on the screen.

    Attributes:
        statuses: status by step path; steps without one are missing.
        details: short text beside a step: a counter, a duration.
        cursor: path of the focused step.
        marked: paths of the steps marked by the user.
        focused: the view takes the keys.
        pulse_frame: animation frame of running steps.
        ascii: draw with ASCII only.
        ansi: the theme uses the terminal's palette, so backgrounds do not delimit steps.
    """

    statuses: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    cursor: str | None = None
    marked: frozenset[str] = frozenset()
    focused: bool = True
    pulse_frame: int = 0
    ascii: bool = False
    ansi: bool = False

    def glyph(self, path: str, step_type: str) -> str:
        """Return the glyph before a step's name: its status, else its type's icon."""
        status = self.statuses.get(path)
        if status is None:
            return icon(step_type, ascii_only=self.ascii)
        if status == "running":
            frames = PULSE_ASCII if self.ascii else PULSE
            return frames[self.pulse_frame % len(frames)]
        return look(status, ascii_only=self.ascii).glyph

    def mark(self, path: str) -> str:
        """Return the sign between glyph and name; empty for a step that is not marked."""
        return "*" if path in self.marked else ""

    @property
    def ellipsis(self) -> str:
        """Marker of truncated text."""
        return "~" if self.ascii else "…"

    def status(self, path: str) -> str:
        """Return the status of a step, or `none`."""
        return self.statuses.get(path, "none")

    def status_class(self, path: str) -> str:
        """Return the component class of a step's status."""
        return f"status--{self.status(path)}"


class Drawing(Protocol):
    """A drawing of the steps in cells, from (0, 0).

    Attributes:
        head: number of rows above it that do not scroll.
    """

    width: int
    height: int
    head: int

    def box(self, path: str) -> Box | None:
        """Return the area of a step."""

    def glyph_at(self, path: str) -> tuple[int, int] | None:
        """Return column and row of a step's status glyph."""

    def step_at(self, x: int, y: int) -> str | None:
        """Return the path of the step at a cell."""

    def draw(self, y: int, cells: Cells, scene: Scene) -> None:
        """Draw a row."""

    def draw_head(self, cells: Cells, scene: Scene) -> None:
        """Draw the row above the drawing."""

    def neighbour(self, path: str, direction: Direction) -> str | None:
        """Return the step an arrow key leads to, if any."""

    def affected_rows(self, path: str) -> set[int]:
        """Return the rows to repaint when a step gains or loses the focus."""

    def gutter_rows(self, path: str) -> set[int]:
        """Return the rows whose first cell to repaint then, too."""
