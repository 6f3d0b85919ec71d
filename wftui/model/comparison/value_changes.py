"""Differences between two JSON values."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Annotated, Literal

from wftui.model.base import Field, Json, WireModel

MOST_CHANGES = 200
"""Changes of one value that are listed."""
_ALIGNED_ITEMS = 5_000
_ALIGNED_PAIRS = 50_000
"""Items of a list, and pairs of equal ones, that are aligned; others are compared place by place."""
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
    texts, texts_after = [[json.dumps(item, sort_keys=True) for item in items] for items in (before, after)]
    first, last = _common(texts, texts_after)
    texts, texts_after = texts[first : len(texts) - last], texts_after[first : len(texts_after) - last]
    if _is_alignable(texts, texts_after):
        blocks = SequenceMatcher(None, texts, texts_after, autojunk=False).get_opcodes()
    else:
        blocks = [("replace", 0, len(texts), 0, len(texts_after))]
    for kind, start, end, start_after, end_after in blocks:
        if kind == "equal":
            continue
        places = zip_longest(range(first + start, first + end), range(first + start_after, first + end_after))
        for index, index_after in places:
            if index is None:
                yield ValueChange(pointer=f"{pointer}/{index_after}", kind="added", after=after[index_after])
            elif index_after is None:
                yield ValueChange(pointer=f"{pointer}/{index}", kind="removed", before=before[index])
            else:
                yield from _changes(f"{pointer}/{index_after}", before[index], after[index_after])


def _common(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """Return how many items two lists share at their beginning, and at their end."""
    first = next((n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    if first is None:
        return min(len(before), len(after)), 0
    most = min(len(before), len(after)) - first
    ends = zip(reversed(before), reversed(after), strict=False)
    return first, min(most, next((n for n, (one, other) in enumerate(ends) if one != other), most))


def _is_alignable(before: Sequence[str], after: Sequence[str]) -> bool:
    """Return whether aligning two lists takes little time."""
    if max(len(before), len(after)) > _ALIGNED_ITEMS:
        return False
    others = Counter(after)
    return sum(count * others[text] for text, count in Counter(before).items()) <= _ALIGNED_PAIRS
