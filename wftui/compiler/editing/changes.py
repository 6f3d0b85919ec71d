"""The difference of two values as a patch."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.workflow.compilation import PatchOperation


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
