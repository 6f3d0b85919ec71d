# ruff: noqa: E501  (steps on one line)
"""Effects of operations on steps, and offered expressions: read the snapshot."""

import difflib
import json
from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion

from compiler.compiler_helpers import step, text_of, workflow
from wftui.compiler.editing.placed_steps import EditError, steps_in
from wftui.compiler.editing.reach import reach_of
from wftui.compiler.editing.restructuring import (
    NEW_BRANCHES,
    WRAPPERS,
    Operation,
    delete,
    insert,
    insert_in_branch,
    lost_by_unwrapping,
    move,
    move_in,
    move_out,
    new_branches,
    siblings_at,
    toggle,
    unwrap,
    wrap,
)
from wftui.compiler.editing.snippets import copied, duplicate, paste
from wftui.compiler.editing.step_edits import apply_operation
from wftui.compiler.source.patching import PatchError
from wftui.model.base import Json

FLOW = workflow(
    step("first", input={"x": "{{ inputs.n }}", "rows": [{"k": 1}]}),
    step("off", disabled=True, needs=[], name="Off"),
    {
        "id": "each",
        "type": "group",
        "forEach": {"in": "steps.first.output.rows", "as": "row"},
        "needs": ["first", "off"],
        "steps": [
            step("one", when="row.k > 1", input={"y": "{{ row.k + index }}"}),
            step("two", needs=["one"], input={"z": "{{ steps.one.output.y }} {{ steps.first.output }}"}),
        ],
    },
    {
        "id": "choose",
        "type": "switch",
        "cases": [{"when": "inputs.n > 1", "steps": [step("big")]}, {"when": "true", "steps": [step("small")]}],
        "default": {"steps": []},
    },
    step("risky", input={}, catch=[{"steps": [step("note", input={"m": "{{ error.message }}"})], "output": "{{ 1 }}"}]),
    {"id": "repeat", "type": "loop", "until": "steps.turn.output.x > 2", "maxIterations": 3, "when": "true", "steps": [step("turn", input={"x": "{{ (previous.x | default(0)) + 1 }}"})]},
    {"id": "empty", "type": "group", "steps": []},
    {"id": "fastest", "type": "race", "branches": [{"name": "left", "steps": [step("slow", idempotent=True)]}]},
    step("last", needs=["each", "choose"], input={"a": "{{ steps.each.output }}", "b": "{{ steps.choose.output.x }}"}),
    inputSchema={"type": "object", "properties": {"n": {"type": "integer", "default": 1}, "o": {"properties": {"p": {"type": "string"}, "x-y": {}}}}},
    vars={"v": [1]},
    env=["CI"],
    outputs={"all": "{{ steps.each.output }}", "first": "{{ steps.first.output.x }}"},
) | {"finally": [step("end", input={"s": "{{ run.status }}"})]}  # fmt: skip
TEXT = text_of(FLOW)
POINTERS = [each.pointer for each in steps_in(FLOW)]
NEW = [step("new", input={"a": 1})]


def changes(operation: Operation) -> list[str]:
    """The changed lines, selected steps and broken reads of an operation."""
    try:
        found = apply_operation(TEXT, operation)
    except (EditError, PatchError) as error:
        return [str(error)]
    lines = difflib.unified_diff(TEXT.splitlines(), found.text.splitlines(), n=0, lineterm="")
    changed = [" ".join(line.split()) for line in list(lines)[2:] if not line.startswith("@@")]
    missed = [f"misses {miss}: {miss.wanted}" for miss in found.missed]
    if found.forgotten is not None:
        more = difflib.unified_diff(found.text.splitlines(), found.forgotten.splitlines(), n=0, lineterm="")
        missed += [f"forgets {' '.join(line.split())}" for line in list(more)[2:] if not line.startswith("@@")]
    return [*changed, f"selects {', '.join(found.selected)}", *missed]


OPERATIONS: dict[str, Callable[[str], Operation]] = {
    "delete": lambda at: delete([at]),
    "toggle": lambda at: toggle([at]),
    "up": lambda at: move([at], -1),
    "down": lambda at: move([at], 1),
    "out": lambda at: move_out([at]),
    "in": lambda at: move_in([at]),
    "unwrap": lambda at: unwrap([at]),
    "duplicate": lambda at: duplicate(TEXT, [at]),
    "paste": lambda at: paste(copied(TEXT, [at]), "/steps/0"),
    "before": lambda at: insert(NEW, at, "before"),
    "group": lambda at: wrap([at], "group"),
    "forEach": lambda at: wrap([at], "forEach"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_on_a_step(name: str, snapshot: SnapshotAssertion) -> None:
    lines = [line for at in POINTERS for line in [at, *(f"  {line}" for line in changes(OPERATIONS[name](at)))]]
    assert "\n".join(lines) == snapshot


def test_operations_on_several_steps(snapshot: SnapshotAssertion) -> None:
    groups = [
        ["/steps/0", "/steps/1"],
        ["/steps/1", "/steps/2"],
        ["/steps/2/steps/0", "/steps/2/steps/1"],
        ["/steps/0", "/steps/2/steps/0"],
        ["/steps/7", "/steps/8"],
        ["/steps/2", "/steps/2/steps/0"],
        ["/steps/99"],
    ]
    lines = []
    for at in groups:
        for name, operation in (
            ("delete", delete(at)),
            ("toggle", toggle(at)),
            ("up", move(at, -1)),
            ("down", move(at, 1)),
            ("out", move_out(at)),
            ("in", move_in(at)),
            ("unwrap", unwrap(at)),
            *((kind, wrap(at, kind)) for kind in WRAPPERS),
        ):
            lines += [f"{name} {', '.join(at)}", *(f"  {line}" for line in changes(operation))]
    assert "\n".join(lines) == snapshot


def test_places_for_steps(snapshot: SnapshotAssertion) -> None:
    lines = []
    for placed in steps_in(FLOW):
        at = placed.pointer
        lines.append(
            f"{at} {sorted(siblings_at(FLOW, at))} {new_branches(placed.step)} {lost_by_unwrapping(placed.step)}"
        )
        for key in NEW_BRANCHES:
            if key in new_branches(placed.step):
                lines += [f"  {key}", *(f"    {line}" for line in changes(insert_in_branch(NEW, at, key)))]
    for place in (None, "/steps", "/finally", "/steps/2/steps", "/steps/3/cases/1/steps", "/steps/3/default/steps", "/nowhere"):  # fmt: skip
        lines += [str(place), *(f"  {line}" for line in changes(insert(NEW, place)))]
    assert "\n".join(lines) == snapshot


@pytest.mark.parametrize("pointer", [None, "/steps/0", "/steps/2/steps/1", "/steps/4/catch/0/steps/0", "/finally/0"])
def test_names_in_reach(pointer: str | None, snapshot: SnapshotAssertion) -> None:
    schemas: dict[str, Json] = {"set": {"type": "object", "properties": {"known": {"type": "integer"}}}}
    wide: Json = {f"k{number}": number for number in range(50)}
    outputs: dict[str, Json] = {
        "first": {"x": "text " * 30, "deep": {"a": {"b": {"c": {"d": 1}}}}, "wide": wide},
        "each": [1, 2],
    }
    found = reach_of(FLOW, pointer, schemas, outputs)
    lines = [f"{each.text}  {each.about}" for each in found if pointer is None or not each.is_filter]
    words = [f"{each.text}: {each.other_words}" for each in found if each.other_words and pointer is None]
    assert "\n".join([*lines, *words]) == snapshot


def test_places_of_a_text_other_than_a_workflow() -> None:
    for text in ("[]", "3", '{"steps": 3}', '{"steps": [1, {}]}'):
        assert [each.pointer for each in steps_in(json.loads(text))] == (["/steps/1"] if "{}" in text else [])
