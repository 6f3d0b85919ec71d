"""Write the values of a form into a source.

What the form leaves alone keeps its bytes.
"""

from collections.abc import Mapping, Sequence

from wftui.compiler.editing.placed_steps import Object, chosen_steps, put
from wftui.compiler.editing.restructuring import Operation
from wftui.compiler.source.patching import PatchError
from wftui.compiler.source.rewriting import SourceList, SourceObject
from wftui.model.base import Json
from wftui.model.json.equality import is_same
from wftui.model.workflow.inner_steps import BRANCH_KEYS


def shown_fields(step: Mapping[str, Json]) -> Object:
    """Return a step as its form shows it: `default` is true where there is one.

    The steps of the other branches go with them, unseen, as the form keeps what it has no field for.
    """
    return {**step, "default": True} if isinstance(step.get("default"), Mapping) else {**step}


def write_fields(pointer: str, values: Mapping[str, Json]) -> Operation:
    """Give the step at a pointer the values of its form; the workflow itself for ""."""

    def operation(workflow: Json) -> Sequence[Object]:
        if not isinstance(workflow, dict):
            raise PatchError("the file is not an object")
        if not pointer:
            _merge_object(workflow, values)
            return []
        step = chosen_steps(workflow, [pointer])[0].step
        _merge_object(step, with_branches(step, values))
        return [step]

    return operation


def with_branches(step: Object, values: Mapping[str, Json]) -> Object:
    """Return the values of a step's form with a list of steps in each branch.

    Args:
        step: the step before; empty for a new one.
    """
    found = {**values}
    if found.get("default") is True:
        old = step.get("default")
        found["default"] = old if isinstance(old, dict) else {"steps": []}
    elif found.get("default") is False:
        del found["default"]
    for key in BRANCH_KEYS:
        branches = found.get(key)
        if isinstance(branches, list):
            found[key] = [
                {**each, "steps": []} if isinstance(each, dict) and "steps" not in each else each for each in branches
            ]
    return found


def _merge_object(old: Object, new: Mapping[str, Json]) -> None:
    """Change an object into another, key by key."""
    for key in [each for each in old if each not in new]:
        del old[key]
    for key, value in new.items():
        if key in old:
            old[key] = _merged(old[key], value)
        elif "type" in old:
            put(old, key, value)
        else:
            old[key] = value


def _merged(old: Json, new: Json) -> Json:
    """Return the old value, changed into the new one if possible."""
    if is_same(old, new) and (isinstance(old, dict | list) or type(old) is type(new)):
        return old
    if isinstance(old, dict) and isinstance(new, Mapping):
        _merge_object(old, new)
        return old
    if isinstance(old, list) and isinstance(new, list):
        old[:] = _merged_items(old, new)
        return old
    return new


def _merged_items(old: list[Json], new: list[Json]) -> list[Json]:
    """Return the items of a list for those of another.

    They are matched by parts that moved with them, then by equality, then by place.
    """
    places: dict[int, int] = {}
    free = dict.fromkeys(range(len(old)))
    for is_match in (_is_part, is_same):
        for at, value in enumerate(new):
            if at not in places:
                near = [at] if at in free else []
                found = next((place for place in (*near, *free) if is_match(old[place], value)), None)
                if found is not None:
                    places[at] = found
                    del free[found]
    places |= {at: at for at in range(len(new)) if at not in places and at in free}
    return [_merged(old[places[at]], value) if at in places else value for at, value in enumerate(new)]


def _is_part(old: Json, new: Json) -> bool:
    """Return whether a value has a part that was read inside another one."""
    if not isinstance(old, SourceObject) or not isinstance(new, Mapping):
        return False
    around = old.origin
    return any(
        around.start < part.origin.start < around.end and part.origin.document.text == around.document.text
        for part in new.values()
        if isinstance(part, SourceObject | SourceList)
    )
