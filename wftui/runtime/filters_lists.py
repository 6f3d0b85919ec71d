"""Filters on lists and objects."""

import functools
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from wftui.model.base import Json
from wftui.runtime import values
from wftui.runtime.language.arguments import count_argument, each_of, items_argument, object_argument, of_item
from wftui.runtime.language.declarations import Table, declare
from wftui.runtime.language.json_kinds import kind_of
from wftui.runtime.language.limits import check_items, check_text
from wftui.runtime.language.ordering import extreme, folded, hashable, ordered
from wftui.runtime.operators import add_all
from wftui.runtime.workflow_errors import BindingError

LIST_FILTERS: Table = {}
_UNSET: Any = object()

Each = Callable[[Json], Json]
"""A function applied to each item; the compiler makes it from the name of a filter or test, or from a path."""


def _identity(value: Json) -> Json:
    return value


def _kept(found: list[Json], each: Each, wanted: bool) -> list[Json]:
    return [entry for entry, passed in zip(found, each_of(found, each), strict=True) if bool(passed) is wanted]


def _or_default(each: Each, default: Json, entry: Json) -> Json:
    found = values.default(functools.partial(each, entry), lambda: default)
    return default if found is None else found


@declare(LIST_FILTERS, "length", "count", gives="integer")
def length(value: Json) -> int:
    """The number of items, keys or characters.

    >>> [1, 2, 3] | length
    3
    """
    if not isinstance(value, list | str | Mapping):
        raise BindingError("binding.type", f"{kind_of(value)} has no length")
    return len(value)


@declare(LIST_FILTERS, "first")
def first(value: Json) -> Json:
    """The first item; missing for an empty list.

    >>> [1, 2, 3] | first
    1
    >>> [] | first | default("none")
    "none"
    """
    found = items_argument(value, "first")
    if not found:
        raise BindingError("binding.missing", "there is no first item: the value is empty")
    return found[0]


@declare(LIST_FILTERS, "last")
def last(value: Json) -> Json:
    """The last item; missing for an empty list.

    >>> [1, 2, 3] | last
    3
    """
    found = items_argument(value, "last")
    if not found:
        raise BindingError("binding.missing", "there is no last item: the value is empty")
    return found[-1]


@declare(LIST_FILTERS, "list", gives="array")
def to_list(value: Json) -> list[Json]:
    """The items as a list: the characters of a text, the keys of an object.

    >>> "abc" | list
    ["a", "b", "c"]
    """
    return list(items_argument(value, "list"))


@declare(LIST_FILTERS, "reverse")
def reverse(value: Json) -> Json:
    """The items (or characters) from the last to the first.

    >>> [1, 2, 3] | reverse
    [3, 2, 1]
    >>> "abc" | reverse
    "cba"
    """
    return value[::-1] if isinstance(value, str) else items_argument(value, "reverse")[::-1]


@declare(LIST_FILTERS, "join", gives="string", attribute=1)
def join(value: Json, separator: Json = "", *, each: Each = _identity) -> str:
    """The items joined to one text; with `attribute`, the values at that path.

    >>> ["a", "b"] | join(", ")
    "a, b"
    >>> [{"n": "a"}, {"n": "b"}] | join("+", attribute="n")
    "a+b"
    """
    between = values.to_text(separator)
    parts = [values.to_text(entry) for entry in each_of(items_argument(value, "join"), each)]
    check_text(sum(map(len, parts)) + len(between) * len(parts), "join")
    return between.join(parts)


@declare(LIST_FILTERS, "map", gives="array", takes="filter")
def apply(value: Json, each: Each) -> list[Json]:
    """A filter applied to each item; with `attribute`, the value at that path.

    >>> ["a", "b"] | map("upper")
    ["A", "B"]
    >>> [{"n": {"x": 1}}, {"n": {"x": 2}}] | map(attribute="n.x")
    [1, 2]
    >>> [{"n": 1}, {}] | map(attribute="n", default=0)
    [1, 0]
    """
    return list(each_of(items_argument(value, "map"), each))


@declare(LIST_FILTERS, "select", gives="array", takes="test")
def select(value: Json, each: Each = _identity) -> list[Json]:
    """The items that pass a test; without a test, those that count as true.

    Empty values, zero, null and false count as false.

    >>> [1, 2, 3] | select("odd")
    [1, 3]
    >>> [0, 1, "", "a"] | select
    [1, "a"]
    """
    return _kept(items_argument(value, "select"), each, True)


@declare(LIST_FILTERS, "reject", gives="array", takes="test")
def reject(value: Json, each: Each = _identity) -> list[Json]:
    """The items that do not pass a test.

    >>> [1, 2, 3] | reject("odd")
    [2]
    """
    return _kept(items_argument(value, "reject"), each, False)


@declare(LIST_FILTERS, "selectattr", gives="array", takes="attribute test")
def select_by(value: Json, each: Each) -> list[Json]:
    """The items whose value at a path passes a test.

    >>> [{"n": 1}, {"n": 5}] | selectattr("n", "gt", 2)
    [{"n": 5}]
    >>> [{"n": 1}, {}] | selectattr("n", "defined")
    [{"n": 1}]
    """
    return _kept(items_argument(value, "selectattr"), each, True)


@declare(LIST_FILTERS, "rejectattr", gives="array", takes="attribute test")
def reject_by(value: Json, each: Each) -> list[Json]:
    """The items whose value at a path does not pass a test.

    >>> [{"n": 1}, {"n": 5}] | rejectattr("n", "gt", 2)
    [{"n": 1}]
    """
    return _kept(items_argument(value, "rejectattr"), each, False)


@declare(LIST_FILTERS, "sort", gives="array", attribute=2)
def sort(
    value: Json, reverse: Json = False, case_sensitive: Json = False, nulls: Json = None, *, each: Each = _identity
) -> list[Json]:
    """The items in order; with `attribute`, by the value at that path.

    Texts are compared without regard to case. `nulls` (`first` or `last`) is the place of items whose value is null or
    missing; without it, they are an error.

    >>> [3, 1, 2] | sort
    [1, 2, 3]
    >>> [{"n": 1}, {"n": 2}] | sort(attribute="n", reverse=true)
    [{"n": 2}, {"n": 1}]
    >>> [{"n": 2}, {"n": null}, {"n": 1}] | sort(attribute="n", nulls="last")
    [{"n": 1}, {"n": 2}, {"n": null}]
    """
    return ordered(
        items_argument(value, "sort"), "sort", bool(reverse), lambda entry: folded(each(entry), case_sensitive), nulls
    )


@declare(LIST_FILTERS, "unique", gives="array", attribute=1)
def unique(value: Json, case_sensitive: Json = False, *, each: Each = _identity) -> list[Json]:
    """The items without repeats, the first of each kept; ignores the case of texts.

    >>> [1, 2, 1] | unique
    [1, 2]
    >>> ["a", "A"] | unique(case_sensitive=true)
    ["a", "A"]
    """
    seen: set[object] = set()
    kept = []
    found = items_argument(value, "unique")
    for entry, by in zip(found, each_of(found, each), strict=True):
        key = hashable(folded(by, case_sensitive))
        if key not in seen:
            seen.add(key)
            kept.append(entry)
    return kept


@declare(LIST_FILTERS, "groupby", gives="array", attribute=0)
def groupby(value: Json, default: Any = _UNSET, case_sensitive: Json = False, *, each: Each) -> list[Json]:
    """Objects `{grouper, list}`: the items by their value at a path, sorted by it.

    `default` is the value of items that have none, or null; the group of null comes last.

    >>> [{"k": "b", "n": 1}, {"k": "a", "n": 2}] | groupby("k")
    [{"grouper": "a", "list": [{"k": "a", "n": 2}]}, {"grouper": "b", "list": [{"k": "b", "n": 1}]}]
    """
    groups: dict[object, dict[str, Json]] = {}
    found = items_argument(value, "groupby")
    by = each if default is _UNSET else functools.partial(_or_default, each, default)
    shared: dict[int, tuple[Json, dict[str, Json]]] = {}  # a big key of many items, such as the default, is read once
    for entry, key in zip(found, each_of(found, by), strict=True):
        if id(key) not in shared:
            group = groups.setdefault(hashable(folded(key, case_sensitive)), {"grouper": key, "list": []})
            shared[id(key)] = key, group
        shared[id(key)][1]["list"].append(entry)

    def grouper(group: Json) -> Any:
        return folded(group["grouper"], case_sensitive)

    return ordered(list(groups.values()), "groupby", False, grouper, "last")


@declare(LIST_FILTERS, "sum", attribute=0)
def total(value: Json, start: Json = 0, *, each: Each = _identity) -> Json:
    """The sum of the items; with `attribute`, of the values at that path.

    >>> [1, 2, 3] | sum
    6
    >>> [{"n": 1}, {"n": 2}] | sum(attribute="n")
    3
    """
    return add_all(start, each_of(items_argument(value, "sum"), each))


@declare(LIST_FILTERS, "min", attribute=1)
def smallest(value: Json, case_sensitive: Json = False, *, each: Each = _identity) -> Json:
    """The smallest item; missing for an empty list.

    >>> [3, 1, 2] | min
    1
    """
    return extreme(value, "min", False, lambda entry: folded(each(entry), case_sensitive))


@declare(LIST_FILTERS, "max", attribute=1)
def biggest(value: Json, case_sensitive: Json = False, *, each: Each = _identity) -> Json:
    """The largest item; missing for an empty list.

    >>> [{"n": 1}, {"n": 2}] | max(attribute="n")
    {"n": 2}
    """
    return extreme(value, "max", True, lambda entry: folded(each(entry), case_sensitive))


@declare(LIST_FILTERS, "batch", gives="array")
def batch(value: Json, linecount: Json, fill_with: Json = None) -> list[Json]:
    """Lists of `linecount` items each; `fill_with` pads the last one.

    >>> [1, 2, 3] | batch(2)
    [[1, 2], [3]]
    >>> [1, 2, 3] | batch(2, 0)
    [[1, 2], [3, 0]]
    """
    found, width = items_argument(value, "batch"), count_argument(linecount, "batch")
    rows = [found[start : start + width] for start in range(0, len(found), width)]
    if rows and fill_with is not None:
        check_items(width, "batch")
        rows[-1] = rows[-1] + [fill_with] * (width - len(rows[-1]))
    return rows


@declare(LIST_FILTERS, "slice", gives="array")
def parts(value: Json, slices: Json, fill_with: Json = None) -> list[Json]:
    """The items in `slices` lists of nearly equal size; `fill_with` pads short ones.

    >>> [1, 2, 3] | slice(2)
    [[1, 2], [3]]
    """
    found, number = items_argument(value, "slice"), count_argument(slices, "slice")
    check_items(number, "slice")
    size, rest = divmod(len(found), number)
    rows, start = [], 0
    for index in range(number):
        end = start + size + (index < rest)
        row = found[start:end]
        rows.append([*row, fill_with] if fill_with is not None and index >= rest else row)
        start = end
    return rows


@declare(LIST_FILTERS, "flatten", gives="array")
def flatten(value: Json) -> list[Json]:
    """The items of the lists in a list, one level deep.

    >>> [[1, 2], [3], 4] | flatten
    [1, 2, 3, 4]
    """
    return list(chain.from_iterable(e if isinstance(e, list) else [e] for e in items_argument(value, "flatten")))


@declare(LIST_FILTERS, "items", gives="array")
def pairs(value: Json) -> list[Json]:
    """The `[key, value]` pairs of an object.

    >>> {"a": 1} | items
    [["a", 1]]
    """
    return [[key, entry] for key, entry in object_argument(value, "items").items()]


@declare(LIST_FILTERS, "keys", gives="array")
def keys(value: Json) -> list[str]:
    """The keys of an object.

    >>> {"a": 1, "b": 2} | keys
    ["a", "b"]
    """
    return list(object_argument(value, "keys"))


@declare(LIST_FILTERS, "values", gives="array")
def entries(value: Json) -> list[Json]:
    """The values of an object.

    >>> {"a": 1, "b": 2} | values
    [1, 2]
    """
    return list(object_argument(value, "values").values())


@declare(LIST_FILTERS, "dictsort", gives="array")
def dictsort(value: Json, case_sensitive: Json = False, by: Json = "key", reverse: Json = False) -> list[Json]:
    """The `[key, value]` pairs of an object, sorted; `by` is `key` or `value`.

    >>> {"b": 1, "a": 2} | dictsort
    [["a", 2], ["b", 1]]
    """
    if by not in ("key", "value"):
        raise BindingError("binding.value", 'the filter dictsort sorts by "key" or "value"')
    at = 0 if by == "key" else 1
    found = [[key, entry] for key, entry in object_argument(value, "dictsort").items()]
    return ordered(found, "dictsort", bool(reverse), lambda pair: folded(pair[at], case_sensitive))


@declare(LIST_FILTERS, "merge", gives="object")
def merge(value: Json, other: Json) -> dict[str, Json]:
    """Two objects merged; the second wins where both have a key.

    >>> {"a": 1, "b": 1} | merge({"b": 2})
    {"a": 1, "b": 2}
    """
    return {**object_argument(value, "merge"), **object_argument(other, "merge")}


@declare(LIST_FILTERS, "fromitems", gives="object")
def from_items(value: Json) -> dict[str, Json]:
    """An object made of `[key, value]` pairs.

    >>> [["a", 1]] | fromitems
    {"a": 1}
    """
    made: dict[str, Json] = {}
    for index, pair in enumerate(items_argument(value, "fromitems")):
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
            sentence = "the filter fromitems needs [key, value] pairs whose keys are texts"
            raise of_item(BindingError("binding.type", sentence), index, pair)
        made[pair[0]] = pair[1]
    return made
