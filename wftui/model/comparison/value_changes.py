"""Differences between two JSON values."""

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Annotated, Literal

from wftui.model.base import Field, Json, WireModel

MOST_CHANGES = 200
"""Changes of one value that are listed."""
_ALIGNED_ITEMS = 1_000
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


def value_changes(before: Json, after: Json) -> list[ValueChange]:
    """Return the first changes between two values, in document order."""
    return list(islice(_changes("", before, after), MOST_CHANGES))


def shown(value: Json) -> str:
    """Return a value as short JSON."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _changes(pointer: str, before: Json, after: Json) -> Iterator[ValueChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            place = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
            if key not in after:
                yield ValueChange(pointer=place, kind="removed", before=before[key])
            elif key not in before:
                yield ValueChange(pointer=place, kind="added", after=after[key])
            else:
                yield from _changes(place, before[key], after[key])
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(pointer, before, after)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield ValueChange(pointer=pointer, kind="changed", before=before, after=after)


def _list_changes(pointer: str, before: list[Json], after: list[Json]) -> Iterator[ValueChange]:
    """Yield the changes of a list, except items that only moved up or down."""
    if max(len(before), len(after)) > _ALIGNED_ITEMS:
        blocks = [("replace", 0, len(before), 0, len(after))]
    else:
        texts, texts_after = [[json.dumps(item, sort_keys=True) for item in items] for items in (before, after)]
        blocks = list(SequenceMatcher(None, texts, texts_after, autojunk=False).get_opcodes())
    for kind, start, end, start_after, end_after in blocks:
        if kind == "equal":
            continue
        places = zip_longest(range(start, end), range(start_after, end_after))
        for index, index_after in places:
            if index is None:
                yield ValueChange(pointer=f"{pointer}/{index_after}", kind="added", after=after[index_after])
            elif index_after is None:
                yield ValueChange(pointer=f"{pointer}/{index}", kind="removed", before=before[index])
            else:
                yield from _changes(f"{pointer}/{index_after}", before[index], after[index_after])
