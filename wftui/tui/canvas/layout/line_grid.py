"""Box-drawing lines on a grid: each cell records the sides a line leaves by."""

import itertools
from collections.abc import Sequence

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
VERTICAL = UP | DOWN
HORIZONTAL = LEFT | RIGHT

_ROUND = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼"
_PLAIN = " |-+||++-+-+++++"

LineGrid = dict[int, dict[int, int]]
"""Sides by row and column."""


def line_character(sides: int, *, ascii_only: bool = False) -> str:
    """Return the box-drawing character for a set of sides."""
    return (_PLAIN if ascii_only else _ROUND)[sides]


def add_horizontal(grid: LineGrid, y: int, start: int, end: int) -> None:
    """Add a horizontal line between two columns, inclusive."""
    if start == end:
        return
    row = grid.setdefault(y, {})
    for x in range(start, end + 1):
        row[x] = row.get(x, 0) | (HORIZONTAL if start < x < end else RIGHT if x == start else LEFT)


def add_vertical(
    grid: LineGrid, x: int, start: int, end: int, *, open_start: bool = False, open_end: bool = False
) -> None:
    """Add a vertical line between two rows, inclusive.

    An open end extends into the next cell.
    """
    for y in range(start, end + 1):
        sides = (UP if y > start or open_start else 0) | (DOWN if y < end or open_end else 0)
        if sides:
            row = grid.setdefault(y, {})
            row[x] = row.get(x, 0) | sides


def trace_path(points: Sequence[tuple[int, int]]) -> LineGrid:
    """Return the lines of a path through its corner points, open at both ends."""
    grid: LineGrid = {}
    for number, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise(points)):
        if x0 == x1:
            add_vertical(grid, x0, y0, y1, open_start=number == 0, open_end=number == len(points) - 2)
        else:
            add_horizontal(grid, y0, min(x0, x1), max(x0, x1))
    for (x, y), side in ((points[0], UP), (points[-1], DOWN)):
        row = grid.setdefault(y, {})
        row[x] = row.get(x, 0) | side
    return grid


def merge(grid: LineGrid, other: LineGrid, dx: int = 0, dy: int = 0) -> None:
    """Overlay another grid; at a plain crossing the vertical line wins."""
    for y, cells in other.items():
        row = grid.setdefault(y + dy, {})
        for x, sides in cells.items():
            known = row.get(x + dx, 0)
            row[x + dx] = VERTICAL if {known, sides} == {VERTICAL, HORIZONTAL} else known | sides
