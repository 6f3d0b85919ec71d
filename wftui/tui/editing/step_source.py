"""The steps in the text of a workflow.json that is being edited: found by id, and put in after the one at a line."""

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
    """All steps of a text with the JSON Pointer of each, those inside containers too; none when it is no JSON."""
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
    """All steps of a text, those inside containers too; none when it is no JSON."""
    return (step for _, step in placed_steps(text))


def step_at(text: str, line: int) -> str | None:
    """Id of the step that a line is in; above all steps that of the first. The text may have errors, if it is JSON."""
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
    """An id that no step of a text has yet: the wanted one, or with a number after it."""
    taken = {step["id"] for step in written_steps(text)}
    return next(each for each in chain([wanted], (f"{wanted}_{number}" for number in count(2))) if each not in taken)


def changes(old: Json, new: Json, pointer: str) -> list[PatchOperation]:
    """What turns one value into another: keys of objects one by one, anything else as a whole."""
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
    """The text with one more step: after the one of the workflow's own list that stands at a line, or at the end.

    Raises:
        PatchError: when the text is no workflow.
    """
    above = [info.step_id for info in known if info.parent is None and info.line is not None and info.line <= line]
    try:
        listed = [each.get("id") for each in json.loads(text)["steps"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        listed = []  # what is wrong with the text is told by the patch that does not fit it
    places = [index for index, step_id in enumerate(listed) if step_id in above]
    place = str(places[-1] + 1) if places else "-"
    return apply_patch(text, [PatchOperation(op="add", path=f"/steps/{place}", value=dict(step))])
