"""Steps as JSON on their own: copied, pasted, duplicated."""

from collections.abc import Iterator, Sequence

from wftui.compiler.editing.names import ExpressionText, rename_in, texts_of
from wftui.compiler.editing.placed_steps import (
    Object,
    PlacedStep,
    chosen_steps,
    ids_in,
    needs_of,
    replace_need,
    steps_in,
    unused_id,
)
from wftui.compiler.editing.restructuring import Operation, ids_of, insert, siblings_at
from wftui.compiler.source.patching import PatchError
from wftui.compiler.source.rewriting import source_tree, value_text
from wftui.model.base import Json
from wftui.model.errors import UserError


class NoStepsError(UserError):
    """The pasted text holds no steps."""

    code = "edit.clipboard"


def copied(text: str, pointers: Sequence[str]) -> str:
    """Return steps of a source as JSON: one as an object, several as a list.

    Raises:
        PatchError: the source is not valid JSON, or a step is not in it.
    """
    chosen = [each.step for each in chosen_steps(source_tree(text), pointers)]
    if len(chosen) == 1:
        return value_text(chosen[0]) + "\n"
    return value_text([*chosen]) + "\n"


def pasted_steps(snippet: str) -> list[Object]:
    """Return the steps of a text: a step, a list of steps, or a workflow.

    Raises:
        NoStepsError: it holds none.
    """
    try:
        value = source_tree(snippet)
    except PatchError:
        raise NoStepsError("the clipboard holds no steps: it is not JSON") from None
    if isinstance(value, dict) and isinstance(value.get("steps"), list) and "type" not in value:
        value = value["steps"]
    found = value if isinstance(value, list) else [value]
    steps = [each for each in found if isinstance(each, dict) and isinstance(each.get("id"), str) and "type" in each]
    if not steps or len(steps) != len(found):
        raise NoStepsError("the clipboard holds no steps: a step is an object with an id and a type")
    return steps


def paste(snippet: str, at: str | None) -> Operation:
    """Insert the steps of a text after a step or into a list, under unique ids.

    Raises:
        NoStepsError: the text holds none.
    """
    steps = pasted_steps(snippet)

    def operation(workflow: Json) -> Sequence[Object]:
        make_ids_unique(steps, ids_of(workflow))
        beside = siblings_at(workflow, at) | {str(each["id"]) for each in steps}
        for each in steps:
            needs = needs_of(each)
            for need in needs or ():
                if need not in beside:
                    replace_need([each], need, [])
            if needs and not each["needs"]:
                del each["needs"]
        return insert(steps, at)(workflow)

    return operation


def duplicate(text: str, pointers: Sequence[str]) -> Operation:
    """Insert copies of steps with ids of their own after the last of them.

    Raises:
        PatchError: the source is not valid JSON, or a step is not in it.
    """
    last = chosen_steps(source_tree(text), pointers)[-1].pointer
    return paste(copied(text, pointers), last)


def make_ids_unique(steps: Sequence[Object], taken: Sequence[str]) -> dict[str, str]:
    """Give steps ids that are not taken, and update their reads of each other.

    Returns:
        The new id by the old one, for those that changed.
    """
    used = {*taken}
    names: dict[str, str] = {}
    for old in ids_in(steps):
        names[old] = unused_id(used, _stem(old) if old in used else old)
        used.add(names[old])
    changed = {old: new for old, new in names.items() if old != new}
    placed = steps_in({"steps": [*steps]})
    for each in placed:
        if each.id in changed:
            each.step["id"] = changed[each.id]
        needs = each.step.get("needs")
        if isinstance(needs, list):
            needs[:] = [changed.get(need, need) if isinstance(need, str) else need for need in needs]
    rename_in([*_texts(placed)], "steps", changed)
    return changed


def _texts(placed: Sequence[PlacedStep]) -> Iterator[ExpressionText]:
    for each in placed:
        yield from texts_of(each.step)


def _stem(step_id: str) -> str:
    """Return an id without the number of a copy: fetch_2 is a copy of fetch."""
    head, _, tail = step_id.rpartition("_")
    return head if head and tail.isdecimal() else step_id
