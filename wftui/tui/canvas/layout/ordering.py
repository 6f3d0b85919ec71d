"""Order of the items in each layer, with few edge crossings."""

import itertools
from bisect import bisect_left, insort

from wftui.tui.canvas.layout.layers import Item

SWEEPS = 24
PATIENCE = 6
"""Sweeps without improvement before giving up."""
POLISH_BELOW = 3_000
"""Number of items up to which neighbours are also swapped."""
WORK = 400_000
"""Maximum number of links visited in all sweeps: bounds the time on dense graphs."""


def order(items: list[Item]) -> list[list[int]]:
    """Return the layers from the top, each ordered to minimize crossings."""
    best, fewest = _improve(items, _depth_first(items), down_first=True)
    if fewest:
        other, crossed = _improve(items, _depth_first(items), down_first=False)
        if crossed < fewest:
            return other
    return best


def _improve(items: list[Item], layers: list[list[int]], *, down_first: bool) -> tuple[list[list[int]], int]:
    """Sweep over the layers, swap neighbours; return best order and crossings."""
    best, fewest = [list(layer) for layer in layers], crossings(items, layers)
    links = sum(len(item.down) for item in items) or 1
    stale = 0
    for sweep in range(min(SWEEPS, max(2, WORK // links))):
        if fewest == 0 or stale >= PATIENCE:
            break
        _sweep(items, layers, downwards=(sweep % 2 == 0) == down_first, median=sweep % 4 >= 2)
        found = crossings(items, layers)
        if found < fewest:
            best, fewest, stale = [list(layer) for layer in layers], found, 0
        else:
            stale += 1
    if fewest and len(items) < POLISH_BELOW:
        _swap(items, best)
        fewest = crossings(items, best)
    return best, fewest


def crossings(items: list[Item], layers: list[list[int]]) -> int:
    """Count crossing links between adjacent layers."""
    total = 0
    for upper, lower in itertools.pairwise(layers):
        place = {item: number for number, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = sorted(place[other] for other in items[item].down)
            for end in ends:
                total += len(seen) - _right_of(seen, end)
            for end in ends:
                insort(seen, end)
    return total


def _right_of(seen: list[int], end: int) -> int:
    return bisect_left(seen, end + 1)


def _depth_first(items: list[Item]) -> list[list[int]]:
    layers: list[list[int]] = [[] for _ in range(max((item.layer for item in items), default=-1) + 1)]
    seen = [False] * len(items)
    for root, item in enumerate(items):
        if item.up or seen[root]:
            continue
        stack = [root]
        while stack:
            current = stack.pop()
            if seen[current]:
                continue
            seen[current] = True
            layers[items[current].layer].append(current)
            stack.extend(reversed(items[current].down))
    return layers


def _sweep(items: list[Item], layers: list[list[int]], *, downwards: bool, median: bool) -> None:
    numbers = range(1, len(layers)) if downwards else range(len(layers) - 2, -1, -1)
    for number in numbers:
        fixed = layers[number - 1 if downwards else number + 1]
        place = {item: position for position, item in enumerate(fixed)}
        layer = layers[number]
        wish: dict[int, float] = {}
        for position, item in enumerate(layer):
            suggestion = [place[other] for other in (items[item].up if downwards else items[item].down)]
            if not suggestion:
                # An item without links on that side keeps its relative position.
                wish[item] = position * len(fixed) / len(layer)
            elif median:
                suggestion.sort()
                wish[item] = (suggestion[(len(suggestion) - 1) // 2] + suggestion[len(suggestion) // 2]) / 2
            else:
                wish[item] = sum(suggestion) / len(suggestion)
        layer.sort(key=wish.__getitem__)


def _swap(items: list[Item], layers: list[list[int]]) -> None:
    """Swap neighbours while that removes crossings."""
    place = {item: position for layer in layers for position, item in enumerate(layer)}
    for _ in range(6):
        better = False
        for layer in layers:
            for left in range(len(layer) - 1):
                one, two = layer[left], layer[left + 1]
                now = _pair(items[one].up, items[two].up, place) + _pair(items[one].down, items[two].down, place)
                if now == 0:
                    continue
                then = _pair(items[two].up, items[one].up, place) + _pair(items[two].down, items[one].down, place)
                if then < now:
                    layer[left], layer[left + 1] = two, one
                    place[one], place[two] = left + 1, left
                    better = True
        if not better:
            return


def _pair(left: list[int], right: list[int], place: dict[int, int]) -> int:
    """Count crossings between the links of two adjacent items."""
    ends = sorted(place[other] for other in right)
    return sum(bisect_left(ends, place[other]) for other in left)
