"""The title bar of a screen: location and run activity."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class TitleBar(Widget):
    """`wftui / Workflows / repo_health` at the left, active runs at the right."""

    DEFAULT_CSS = """
    TitleBar {
        dock: top;
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground-muted;
    }
    """

    ALLOW_SELECT = False

    trail: reactive[tuple[str, ...]] = reactive(())
    """Location of the screen, outermost first."""
    note: reactive[str] = reactive("")
    """Additional text, such as a folder."""
    run_counts: reactive[Content] = reactive(Content(""))
    """Summary of active runs."""
    doing: reactive[str] = reactive("")
    """Action in progress before another screen opens."""

    def __init__(self, trail: tuple[str, ...]) -> None:
        super().__init__()
        self.set_reactive(TitleBar.trail, trail)

    def render(self) -> Content:
        """Render the line; the note gives way first, then the head of the trail."""
        width = self.size.width - self.styles.padding.width
        here = Content.styled(" / ", "$foreground-muted").join(
            [
                Content("wftui").stylize("b $primary"),
                *(Content(part) for part in self.trail[:-1]),
                *(Content(part).stylize("b $foreground") for part in self.trail[-1:]),
            ]
        )
        right = Content.styled(f"{self.doing}…", "$text-primary") if self.doing else self.run_counts
        note = Content(self.note).stylize("$foreground-muted")
        if here.cell_length + note.cell_length + right.cell_length + 5 <= width:
            right = Content("   ").join([part for part in (note, right) if part])
        room = max(0, width - right.cell_length - 1)
        left = here.truncate(room, ellipsis=True) if here.cell_length > room else here
        return left.pad_right(max(0, width - right.cell_length - left.cell_length)) + right
