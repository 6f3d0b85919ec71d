"""Column assignment: items near their neighbours, in the given order."""

import itertools
from collections.abc import Sequence

from wftui.tui.canvas.layout.layers import Item

GAP = 2
"""Free cells between two nodes."""
TRUNK_GAP = 1
"""Free cells beside a dummy."""
LOOSE_ROUNDS = 4
"""Rounds in which links on one side, then the other, pull each item."""
STIFF_ROUNDS = 6
"""Subsequent rounds in which links on both sides pull and trunks stay straight."""
STIFF = 20.0
FIXED = 1000.0


def assign_columns(items: list[Item], layers: Sequence[Sequence[int]]) -> None:
    """Set `x` of every item; the leftmost column is 0."""
    if not items:
        return
    offsets = [_offsets(items, layer) for layer in layers]
    x = [0.0] * len(items)
    for layer, offset in zip(layers, offsets, strict=True):
        for number, column in zip(layer, offset, strict=True):
            x[number] = column - offset[-1] / 2
    trunks = _trunks(items)
    straight: dict[int, float] = {}
    for number in range(LOOSE_ROUNDS + STIFF_ROUNDS):
        stiff = number >= LOOSE_ROUNDS
        if stiff:
            straight = {item: mean for trunk in trunks for mean in [_mean(x, trunk)] for item in trunk}
        for down in (True, False):
            order = range(len(layers)) if down else range(len(layers) - 1, -1, -1)
            for index in order:
                _settle(items, layers[index], offsets[index], x, straight, up=down or stiff, down=stiff or not down)
    _round(items, layers, offsets, x, {item: round(_mean(x, trunk)) for trunk in trunks for item in trunk})
    left = min(item.left for item in items)
    for item in items:
        item.x -= left


def isotonic(wishes: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the nearest non-decreasing values by weighted least squares (PAVA)."""
    blocks: list[tuple[float, float, int]] = []
    for wish, weight in zip(wishes, weights, strict=True):
        mean, total, count = wish, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, mass, number = blocks.pop()
            mean = (other * mass + mean * total) / (mass + total)
            total += mass
            count += number
        blocks.append((mean, total, count))
    return [mean for mean, _, count in blocks for _ in range(count)]


def _trunks(items: Sequence[Item]) -> list[list[int]]:
    """Return the dummies of each node, which form the trunk of its long edges."""
    trunks: dict[int, list[int]] = {}
    for number, item in enumerate(items):
        if item.dummy:
            trunks.setdefault(item.node, []).append(number)
    return list(trunks.values())


def _mean(x: Sequence[float], chosen: Sequence[int]) -> float:
    return sum(x[number] for number in chosen) / len(chosen)


def _offsets(items: list[Item], layer: Sequence[int]) -> list[int]:
    """Return the centre columns of a layer packed as tightly as allowed."""
    columns = [0]
    for left, right in itertools.pairwise(layer):
        one, two = items[left], items[right]
        gap = TRUNK_GAP if one.dummy or two.dummy else GAP
        columns.append(columns[-1] + one.width - (one.width - 1) // 2 + gap + (two.width - 1) // 2)
    return columns


def _weight(one: Item, two: Item) -> float:
    """Return the pull of a link; long edges are straightened first."""
    return (1.0, 2.0, 8.0)[one.dummy + two.dummy]


def _settle(
    items: list[Item],
    layer: Sequence[int],
    offsets: Sequence[int],
    x: list[float],
    straight: dict[int, float],
    *,
    up: bool,
    down: bool,
) -> None:
    """Move the items of a layer towards their neighbours in adjacent layers."""
    wishes, weights = [], []
    for item, offset in zip(layer, offsets, strict=True):
        me = items[item]
        total, mass = 0.0, 0.0
        for other in (*(me.up if up else ()), *(me.down if down else ())):
            weight = _weight(me, items[other])
            total += weight * x[other]
            mass += weight
        if item in straight:
            total += STIFF * straight[item]
            mass += STIFF
        if mass == 0:
            total, mass = x[item] * 0.05, 0.05
        wishes.append(total / mass - offset)
        weights.append(mass)
    for item, offset, value in zip(layer, offsets, isotonic(wishes, weights), strict=True):
        x[item] = value + offset


def _round(
    items: list[Item],
    layers: Sequence[Sequence[int]],
    offsets: Sequence[Sequence[int]],
    x: list[float],
    straight: dict[int, int],
) -> None:
    """Round to whole columns, straightening trunks and nearly straight edges."""
    for layer, offset in zip(layers, offsets, strict=True):
        wishes, weights = [], []
        for item, column in zip(layer, offset, strict=True):
            me = items[item]
            wish, weight = x[item], 1.0
            if item in straight:
                wish, weight = straight[item], FIXED
            elif len(me.up) == 1 and abs(items[me.up[0]].x - wish) < 1.5:
                wish, weight = items[me.up[0]].x, STIFF
            wishes.append(wish - column)
            weights.append(weight)
        for item, column, value in zip(layer, offset, isotonic(wishes, weights), strict=True):
            items[item].x = round(value) + column
