"""The functions of the expression language: `range(3)`."""

from wftui.model.base import Json
from wftui.runtime.language.declarations import Table, declare
from wftui.runtime.language.json_kinds import kind_of
from wftui.runtime.language.limits import check_items
from wftui.runtime.workflow_errors import BindingError

FUNCTIONS: Table = {}


@declare(FUNCTIONS, "range", gives="array")
def numbers(start: Json, stop: Json = None, stride: Json = 1) -> list[Json]:
    """Whole numbers from `start` (default 0) up to `stop`, which is not included.

    >>> range(3)
    [0, 1, 2]
    >>> range(1, 10, 4)
    [1, 5, 9]
    """
    bounds = (0, start, stride) if stop is None else (start, stop, stride)
    for bound in bounds:
        if isinstance(bound, bool) or not isinstance(bound, int):
            raise BindingError("binding.type", f"range needs whole numbers, not {kind_of(bound)}")
    if bounds[2] == 0:
        raise BindingError("binding.value", "the step of range cannot be 0")
    found = range(*bounds)
    # len() of a huge range overflows, so its length is computed here.
    check_items(max(0, (bounds[1] - bounds[0]) // bounds[2]), "range")
    return list(found)


@declare(FUNCTIONS, "zip", gives="array")
def pairs(first: Json, second: Json) -> list[Json]:
    """Pairs of the items of two lists, up to the length of the shorter one.

    >>> zip([1, 2], ["a", "b"])
    [[1, "a"], [2, "b"]]
    """
    if not (isinstance(first, list) and isinstance(second, list)):
        raise BindingError("binding.type", "zip needs two lists")
    return [list(pair) for pair in zip(first, second, strict=False)]
