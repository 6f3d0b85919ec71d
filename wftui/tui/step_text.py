"""The steps in the text of a workflow.json that is being edited: found by id, and put in after the one at a line."""

import json
from collections.abc import Iterator, Mapping, Sequence

from wftui.compiler.patching import apply_patch
from wftui.model.base import Json
from wftui.model.compilation import PatchOperation
from wftui.model.execution import StepInfo


def written_steps(text: str) -> Iterator[Mapping[str, Json]]:
    """All steps of a text, those inside containers too; none when it is no JSON."""
    try:
        todo = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while todo:
        value = todo.pop(0)
        if isinstance(value, dict):
            if isinstance(value.get("id"), str) and isinstance(value.get("type"), str):
                yield value
            todo += [value[key] for key in ("steps", "finally", "cases", "default") if key in value]
        elif isinstance(value, list):
            todo += value


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
