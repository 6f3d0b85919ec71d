"""One difference between two JSON values."""

import json
from typing import Annotated, Literal

from wftui.model.base import Field, Json, WireModel

_SHOWN = 60


class ValueChange(WireModel):
    """One place at which a value differs."""

    pointer: Annotated[str, Field(description="JSON Pointer; empty: the whole value.")]
    kind: Literal["added", "removed", "changed"]
    before: Json = None
    after: Json = None

    def sentence(self) -> str:
        """Return it as a clause: `/city was "Berlin" and is "Rome"`."""
        place = self.pointer or "the value"
        match self.kind:
            case "added":
                return f"{place} is new: {shown(self.after)}"
            case "removed":
                return f"{place} is missing; it was {shown(self.before)}"
            case _:
                return f"{place} was {shown(self.before)} and is {shown(self.after)}"


def shown(value: Json) -> str:
    """Return a value as short JSON."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def pointer_part(key: str) -> str:
    """Return a key as a part of a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1")
