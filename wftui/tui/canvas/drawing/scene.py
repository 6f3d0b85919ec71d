"""What a drawing of the steps has to offer to the widget that shows it."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from wftui.tui.canvas.drawing.cells import Cells
from wftui.tui.canvas.drawing.icons import icon
from wftui.tui.canvas.layout.layered import Box
from wftui.tui.status import PULSE, PULSE_ASCII, look

Direction = Literal["up", "down", "left", "right"]


@dataclass(slots=True)
class Scene:
    """What changes while a drawing is shown.

    Attributes:
        statuses: status of each step by path; none is drawn for a step that has not got one.
        details: a short text beside a step: a counter, a duration.
        cursor: path of the focused step.
        pulse_frame: counts up while running steps pulse.
        ascii: draw with ASCII only.
        ansi: the terminal's own palette is used, so that a background cannot show where a step ends.
    """

    statuses: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    cursor: str | None = None
    pulse_frame: int = 0
    ascii: bool = False
    ansi: bool = False

    def glyph(self, path: str, step_type: str) -> str:
        """What stands before a step's name: its status now, or the sign of its type while it has no status."""
        status = self.statuses.get(path)
        if status is None:
            return icon(step_type, ascii_only=self.ascii)
        if status == "running":
            frames = PULSE_ASCII if self.ascii else PULSE
            return frames[self.pulse_frame % len(frames)]
        return look(status, ascii_only=self.ascii).glyph

    @property
    def ellipsis(self) -> str:
        """What stands for text that was cut."""
        return "~" if self.ascii else "…"

    def status(self, path: str) -> str:
        """The status of a step, `none` when it has not got one."""
        return self.statuses.get(path, "none")

    def status_class(self, path: str) -> str:
        """The component class of a step's status."""
        return f"status--{self.status(path)}"


class Drawing(Protocol):
    """A drawing of the steps in cells, from (0, 0)."""

    width: int
    height: int

    def box(self, path: str) -> Box | None:
        """The place of a step."""

    def glyph_at(self, path: str) -> tuple[int, int] | None:
        """Column and row of a step's status glyph."""

    def step_at(self, x: int, y: int) -> str | None:
        """The path of the step at a cell."""

    def draw(self, y: int, cells: Cells, scene: Scene) -> None:
        """Draw a row."""

    def neighbour(self, path: str, direction: Direction) -> str | None:
        """The step that an arrow key leads to, if any."""

    def affected_rows(self, path: str) -> set[int]:
        """The rows that look different when the focus comes to a step or leaves it."""
