"""Differences between two JSON values."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Literal

from wftui.model.base import Json
from wftui.model.comparison.text_difference import first_text_change
from wftui.model.comparison.value_change import ValueChange, pointer_part
from wftui.model.errors import UserError
from wftui.model.json.big_values import MAX_DEPTH
from wftui.model.json.writing import encode

MOST_CHANGES = 200
"""Changes of one value that are listed."""
_ALIGNED_ITEMS = 5_000
_ALIGNED_PAIRS = 50_000
"""Items of a list, and pairs of equal ones, that are aligned; others are compared place by place."""


ReadText = Callable[[str], Iterator[str]]
"""Reads the JSON text of a stored value in pieces, by its hash."""


def stored_value(digest: str, size: int) -> Json:
    """Return the placeholder of a value that is too big for a record."""
    return {"$value": digest, "bytes": size}


def is_stored(value: Json) -> bool:
    """Return whether a value is one of `stored_value`."""
    return isinstance(value, dict) and value.keys() == {"$value", "bytes"}


def value_changes(before: Json, after: Json, read: ReadText | None = None) -> list[ValueChange]:
    """Return the first changes between two values, in document order.

    Of stored values, only the first.
    """
    if read is not None and (is_stored(before) or is_stored(after)):
        try:
            found = None if before == after else first_text_change(_pieces(before, read), _pieces(after, read))
        except UserError:  # the history has lost one of them
            found = ValueChange(pointer="", kind="changed", before=before, after=after)
        return [] if found is None else [found]
    return list(islice(_changes("", before, after), MOST_CHANGES))


def _pieces(value: Json, read: ReadText) -> Iterator[str]:
    if isinstance(value, dict) and is_stored(value):
        return read(str(value["$value"]))
    return iter([encode(value).decode("utf-8", "surrogatepass")])


def _changes(pointer: str, before: Json, after: Json, depth: int = 0) -> Iterator[ValueChange]:
    if depth == MAX_DEPTH:
        if not _is_same(before, after):
            yield _made(pointer, "changed", before, after)
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            place = f"{pointer}/{pointer_part(str(key))}"
            if key not in after:
                yield _made(place, "removed", before=before[key])
            elif key not in before:
                yield _made(place, "added", after=after[key])
            else:
                yield from _changes(place, before[key], after[key], depth + 1)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(pointer, before, after, depth)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield _made(pointer, "changed", before, after)


def _list_changes(pointer: str, before: list[Json], after: list[Json], depth: int) -> Iterator[ValueChange]:
    """Yield the changes of a list, except items that only moved up or down."""
    texts, texts_after = [[_text(item) for item in items] for items in (before, after)]
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
                yield _made(f"{pointer}/{index_after}", "added", after=after[index_after])
            elif index_after is None:
                yield _made(f"{pointer}/{index}", "removed", before=before[index])
            else:
                yield from _changes(f"{pointer}/{index_after}", before[index], after[index_after], depth + 1)


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


def _made(
    pointer: str, kind: Literal["added", "removed", "changed"], before: Json = None, after: Json = None
) -> ValueChange:
    return ValueChange(pointer=pointer, kind=kind, before=_shallow(before), after=_shallow(after))


def _shallow(value: Json) -> Json:
    """Return a value, or a text in place of one that is nested too deeply."""
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return value
    return f"… nested more than {MAX_DEPTH} levels deep"


def _inside(value: Json) -> Iterable[Json]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _is_same(before: Json, after: Json) -> bool:
    """Return whether two values of any depth are equal."""
    todo = [(before, after)]
    while todo:
        one, other = todo.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            todo += [(value, other[key]) for key, value in one.items()]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            todo += zip(one, other, strict=True)
        elif isinstance(one, bool) != isinstance(other, bool) or one != other:
            return False
    return True


def _text(item: Json) -> str:
    """Return a text by which equal items of lists are known."""
    try:
        return json.dumps(item, sort_keys=True)
    except RecursionError:
        return f"nested too deeply: {id(item)}"
