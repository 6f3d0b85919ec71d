"""Steps in the source of a workflow.json: find, compare and insert them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count

from wftui.compiler.source.parsing import parse
from wftui.compiler.source.patching import apply_patch
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.run.steps import StepInfo
from wftui.model.workflow.compilation import PatchOperation


def placed_steps(text: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield all steps of a source with their JSON Pointers; none for invalid JSON."""
    try:
        todo: list[tuple[str, Json]] = [("", json.loads(text))]
    except (ValueError, RecursionError):
        return
    while todo:
        pointer, value = todo.pop(0)
        if isinstance(value, dict):
            if isinstance(value.get("id"), str) and isinstance(value.get("type"), str):
                yield pointer, value
            todo += [
                (f"{pointer}/{key}", value[key]) for key in ("steps", "finally", "cases", "default") if key in value
            ]
        elif isinstance(value, list):
            todo += [(f"{pointer}/{index}", each) for index, each in enumerate(value)]


def written_steps(text: str) -> Iterator[Mapping[str, Json]]:
    """Yield all steps of a source; none for invalid JSON."""
    return (step for _, step in placed_steps(text))


def step_at(text: str, line: int) -> str | None:
    """Return the id of the step at a line; the first step's id for a line above."""
    document = parse(text)
    found: str | None = None
    for pointer, step in placed_steps(text) if not document.diagnostics else ():
        start = document.start
        for part in pointer_parts(pointer):
            members = document.members(start)
            start = (members.get(part) or members[int(part)]).start
        if found is None or text.count("\n", 0, start) < line:
            found = str(step["id"])
    return found


def free_id(text: str, wanted: str) -> str:
    """Return an id no step has yet: the wanted one, or with a number appended."""
    taken = {step["id"] for step in written_steps(text)}
    return next(each for each in chain([wanted], (f"{wanted}_{number}" for number in count(2))) if each not in taken)


def changes(old: Json, new: Json, pointer: str) -> list[PatchOperation]:
    """Return a patch from one value to another, key by key for objects."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return [] if old == new and type(old) is type(new) else [PatchOperation(op="replace", path=pointer, value=new)]
    found = [
        PatchOperation(op="remove", path=pointer_to([*pointer_parts(pointer), key])) for key in old if key not in new
    ]
    for key, value in new.items():
        place = pointer_to([*pointer_parts(pointer), key])
        if key in old:
            found += changes(old[key], value, place)
        else:
            found.append(PatchOperation(op="add", path=place, value=value))
    return found


def with_step(text: str, step: Mapping[str, Json], known: Sequence[StepInfo], line: int) -> str:
    """Return the source with a step inserted after the one at a line, or at the end.

    Raises:
        PatchError: the text is not a workflow.
    """
    above = [info.step_id for info in known if info.parent is None and info.line is not None and info.line <= line]
    try:
        listed = [each.get("id") for each in json.loads(text)["steps"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        listed = []  # the patch below raises for such a text
    places = [index for index, step_id in enumerate(listed) if step_id in above]
    place = str(places[-1] + 1) if places else "-"
    return apply_patch(text, [PatchOperation(op="add", path=f"/steps/{place}", value=dict(step))])
