"""Lines about a step: its inner steps, what it reads, what its type offers, keys."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from textual.app import App
from textual.content import Content

from wftui.model.base import Json
from wftui.model.listing import StepTypeInfo
from wftui.model.schema.facets import literal
from wftui.model.schema.json_schema import as_object
from wftui.tui.actions import offered
from wftui.tui.key_actions.editor_actions import EDITOR_ACTIONS
from wftui.tui.key_actions.key_sentences import shown_keys
from wftui.tui.widgets.run.detail import section_title

_LEAST = 4
"""Rows that are worth a section: heading, two lines, and an empty one above."""
_NAME = 16
"""Columns of a name."""
_READ = 6
"""Most names that a step reads."""
_FOR_A_STEP = (
    "editor.edit_step",
    "editor.try_step",
    "editor.run_to",
    "editor.pin",
    "editor.rename",
    "editor.duplicate_step",
    "editor.toggle_step",
    "editor.wrap",
    "editor.add_before",
)
"""Actions whose keys are listed below a step that leaves room."""


def type_lines(kind: StepTypeInfo, given: Json, room: int, sets: str) -> Iterator[Content]:
    """Yield the output of a step type and its absent fields, in the available rows.

    Args:
        kind: the step type.
        given: the input of the step.
        room: most lines; the form of the step shows all fields.
        sets: what opens that form.
    """
    output = [*_described(kind.output_schema)]
    left_out = [each for each in _described(kind.input_schema) if each[0] not in as_object(given)]
    kept = _LEAST if left_out and room >= 2 * _LEAST else 0
    above = [*_section("Output", f"of {kind.type}", output, room - kept)]
    yield from above
    yield from _section("Not set", sets, left_out, room - len(above))


def child_lines(children: Sequence[tuple[str, str]], room: int) -> Iterator[Content]:
    """Yield the steps in a container, as name and type, in the available rows."""
    return _section("Inside", "", children, room)


def read_lines(reads: Sequence[tuple[str, str]], ran: str) -> Iterator[Content]:
    """Yield what a step reads, with the values of the last run."""
    if reads:
        yield section_title("Reads", "values of the last run" if ran else "")
        for name, value in reads[:_READ]:
            yield Content.assemble(name, (f"  {value}" if value else "", "$foreground-muted"))
        if len(reads) > _READ:
            yield Content.styled(f"… and {len(reads) - _READ} more", "$foreground-muted")


def key_lines(app: App[Any], room: int) -> Iterator[Content]:
    """Yield the keys for a step at the end of the available rows: those that fit."""
    actions = {action.id: action for action in offered(app, EDITOR_ACTIONS) if action.id in _FOR_A_STEP}
    found = [(keys[0], actions[each]) for each in _FOR_A_STEP if each in actions and (keys := shown_keys(app, each))]
    fitting = found[: room - 2]
    width = max((len(key) for key, _ in found), default=0)
    if room < _LEAST or not fitting:
        return
    yield from [Content("")] * (room - 1 - len(fitting))
    yield section_title("Keys", "")
    yield from (
        Content.assemble(f"{key:{width}}  ", (re.split("[,;.]", action.help)[0], "$foreground-muted"))
        for key, action in fitting
    )


def _section(title: str, note: str, described: Sequence[tuple[str, str]], room: int) -> Iterator[Content]:
    if not described or room < _LEAST:
        return
    shown = described if len(described) <= room - 2 else described[: room - 3]
    yield Content("")
    yield section_title(title, note)
    yield from (Content.assemble(f"{name:{_NAME}} ", (about, "$foreground-muted")) for name, about in shown)
    if len(shown) < len(described):
        yield Content.styled(f"… and {len(described) - len(shown)} more", "$foreground-muted")


def _described(schema: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield name and description of each property."""
    for name, field in as_object(schema.get("properties")).items():
        about = as_object(field)
        words = " ".join(str(about.get("description", about.get("type", ""))).split()).partition(". ")[0].rstrip(".")
        default = about.get("default")
        has_default = default not in (None, "", [], {})
        yield name, f"{words}; default {literal(default)}" if has_default else words
