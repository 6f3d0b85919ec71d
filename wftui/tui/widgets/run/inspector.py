"""The inspector: one step of the editor, as it is written and as it ran last."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.content import Content

from wftui.model.clock import Clock
from wftui.model.run.steps import StepResult
from wftui.tui.display.formatting import count
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.run.detail import result_lines, section_title
from wftui.tui.widgets.run.type_lines import child_lines, key_lines, read_lines, type_lines
from wftui.tui.widgets.value.lines import ValueLines
from wftui.tui.widgets.value.view import line_content

if TYPE_CHECKING:
    from wftui.model.base import Json
    from wftui.model.listing import StepTypeInfo
    from wftui.model.run.record import ExecutionRecord

_LEAST = 6
"""Lines of the step as written that are shown at any height."""
_LAST_RUN = 18
"""Line of the last run in a tall pane, if the step leaves it free."""
_LAST_RUN_BESIDE = 10
"""The same beside the source, which has the step as written."""
_ABOVE_KEYS = 15
"""Lines of a pane beside the source that are the step's; of the others, half are keys, which stay where they are."""
_NAMES = frozenset({"id", "name", "type"})
"""Fields in the heading."""


@dataclass(frozen=True, slots=True)
class InspectedStep:
    """A step to show.

    Attributes:
        name: display name.
        value: the step as written.
        marks: what its settings mean, in words.
        above: names of the steps it follows.
        below: names of the steps that follow it.
        inside: the steps it contains are shown as their number.
        problems: severity and message of its diagnostics.
        result: of the last run, if it got that far.
        record: of that run.
        ran: when that run was, such as `5 min ago`; empty if there is none.
        kind: its step type, if there is room to describe it.
        children: name and type of the steps it contains, likewise.
        source_is_beside: the step as written is not repeated; what it reads is shown instead.
        reads: each value that its expressions read: its name, and what it was in the last run.
    """

    name: str
    value: "dict[str, Json]"
    marks: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    inside: int = 0
    problems: tuple[tuple[str, str], ...] = ()
    result: StepResult | None = None
    record: "ExecutionRecord | None" = field(default=None, compare=False)
    ran: str = ""
    kind: "StepTypeInfo | None" = None
    children: tuple[tuple[str, str], ...] = ()
    source_is_beside: bool = False
    reads: tuple[tuple[str, str], ...] = ()


class StepInspector(LineView):
    """The step at the cursor: settings, links, problems, last run."""

    DEFAULT_CSS = "StepInspector { background: $background; overflow-x: hidden; }"

    def __init__(
        self, now: Clock, *, ascii_only: bool = False, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(ascii_only=ascii_only, id=id, classes=classes)
        self._now = now
        self._step: InspectedStep | None = None
        self._message = "Loading…"
        self._lines: list[Content] = []

    def show(self, step: InspectedStep | None, message: str = "") -> None:
        """Show a step, or a message in place of one."""
        if step == self._step and message == self._message:
            return
        if step is None or self._step is None or step.name != self._step.name:
            self.cursor = 0
            self.scroll_to(y=0, animate=False)
        self._step, self._message = step, message
        self._lay_out()

    def on_resize(self) -> None:
        """Lay out the step for the new size."""
        self._lay_out()

    def _lay_out(self) -> None:
        self._lines = [] if self._step is None or self.room < 4 else [*self._made(self._step)]
        self.set_rows(len(self._lines))

    def _made(self, step: InspectedStep) -> Iterable[Content]:
        """Return the lines, as far as possible at the same places for every step.

        What stays is not written to the terminal again.
        """
        height = self.size.height
        lines = [*self._placed(step)]
        lines += child_lines(step.children, height - len(lines))
        keys: list[Content] = []
        if step.source_is_beside:
            keys += key_lines(self.app, min((height - _ABOVE_KEYS) // 2, height - len(lines)))
        if step.kind is not None:
            sets = with_keys(self.app, "{editor.edit_step} sets them")
            lines += type_lines(step.kind, step.value.get("input"), height - len(lines) - len(keys), sets)
        lines += [Content("")] * (height - len(lines) - len(keys) if keys else 0)
        return lines + keys

    def _placed(self, step: InspectedStep) -> Iterable[Content]:
        above = [*self._about(step)]
        yield from above
        is_short = step.result is not None or step.kind is not None
        place = min(self.size.height // 2, _LAST_RUN) if is_short else self.size.height * 2 // 3
        place = min(place, _LAST_RUN_BESIDE) if step.source_is_beside else place
        for _ in range(len(above), max(len(above) + 1, place)):
            yield Content("")
        yield section_title("Last run", step.ran)
        if step.result is None or step.record is None:
            never = "Never run: {editor.run} runs the workflow, {editor.try_step} this step."
            sentence = "This step did not start in it." if step.ran else with_keys(self.app, never)
            yield from Content.styled(sentence, "$foreground-muted").wrap(self.room)
        else:
            yield from result_lines(step.result, step.record, self._now(), self.room, self.ascii_only)

    def _about(self, step: InspectedStep) -> Iterable[Content]:
        width = self.room
        kind = f"{step.value.get('id')} · {step.value.get('type')}"
        inside = f" of {count(step.inside, 'step')}" if step.inside else ""
        yield from Content.assemble((step.name, "bold"), (f"  {kind}{inside}", "$foreground-muted")).wrap(width)
        yield from self._links("After", step.above)
        yield from self._links("Before", step.below)
        yield from Content.styled(", ".join(step.marks), "$text-secondary").wrap(width)
        written = {key: value for key, value in step.value.items() if key not in _NAMES}
        if step.source_is_beside:
            yield from read_lines(step.reads, step.ran)
        elif written:
            # Beside the last run, long code leaves room for its values.
            most = max(_LEAST, self.size.height // 3) if step.result is not None else 1_000
            yield section_title("As written", "")
            yield from _written(written, width, most, with_keys(self.app, "… {editor.source} shows the rest"))
        for severity, message in step.problems:
            sign = "✗" if severity == "error" else "▲"
            style = "$text-error" if severity == "error" else "$text-warning"
            yield from Content.styled(f"{sign} {' '.join(message.split())}", style).wrap(width)

    def _links(self, title: str, names: Sequence[str]) -> Iterable[Content]:
        line = Content.assemble((f"{title:7}", "$foreground-muted"), ", ".join(names) or "nothing")
        yield from line.wrap(self.room)

    def empty(self) -> str:
        """Return why there is no step."""
        return self._message

    def row(self, index: int, width: int) -> Content:
        """Render a line."""
        return self._lines[index].truncate(width, ellipsis=not self.ascii_only)


def _written(value: "dict[str, Json]", width: int, most: int, rest: str) -> Iterable[Content]:
    lines = ValueLines(width)
    lines.add(json.dumps(value, ensure_ascii=False), last=True)
    lines.ensure(most + 1)
    shown = [line_content(line) for line in lines.lines]
    yield from shown[:most]
    if len(shown) > most:
        yield Content.styled(rest, "$foreground-muted")
