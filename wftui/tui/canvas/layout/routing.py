"""Edge routing between two layers: shared buses, their ports and tracks.

A net is a bus that joins each of its sources with each of its targets, so following it never suggests an edge that does
not exist. A channel is cut into nets by equal targets or by equal sources, whichever needs fewer.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wftui.tui.canvas.layout.layers import Item

ORDER_BY_CROSSINGS_BELOW = 120
"""Number of nets in a channel up to which every pair is compared."""


@dataclass(slots=True)
class Net:
    """A bus: source and target columns and its track (-1: straight down).

    `tops` and `bottoms` map the joined items to columns. A net cut in two continues in `next`.
    """

    tops: dict[int, int]
    bottoms: dict[int, int]
    track: int = -1
    next: "Net | None" = None

    @property
    def parts(self) -> list["Net"]:
        """The net and its continuations, from the top."""
        found = [self]
        while (following := found[-1].next) is not None:
            found.append(following)
        return found

    @property
    def straight(self) -> bool:
        """Return whether the net is a single vertical line."""
        return len({*self.tops.values(), *self.bottoms.values()}) == 1

    @property
    def span(self) -> tuple[int, int]:
        """First and last column."""
        columns = [*self.tops.values(), *self.bottoms.values()]
        return min(columns), max(columns)


@dataclass(slots=True)
class Channel:
    """The space between two layers: its nets and the number of tracks."""

    nets: list[Net] = field(default_factory=list)
    tracks: int = 0

    def starts(self) -> dict[int, list[Net]]:
        """Return the first parts of the nets, by source item."""
        found: dict[int, list[Net]] = {}
        for net in self.nets:
            for item in net.tops:
                found.setdefault(item, []).append(net)
        return found


def route(items: Sequence[Item], upper: Sequence[int], lower: Sequence[int]) -> Channel:
    """Assign the links between two adjacent layers to nets and tracks."""
    groups = [net for part in _components(items, upper) for net in _cut(items, part)]
    nets = _with_ports(items, groups, upper, lower)
    channel = Channel()
    bent: list[Net] = []
    for net in nets:
        (channel.nets if net.straight else bent).append(net)
    taken = {column for net in nets for column in (*net.tops.values(), *net.bottoms.values())}
    ordered = _ordered(bent, taken)
    skyline: dict[int, int] = {}
    for net in ordered:
        low, high = net.span
        net.track = max((skyline.get(column, -1) for column in range(low - 1, high + 2)), default=-1) + 1
        for column in range(low, high + 1):
            skyline[column] = net.track
        channel.tracks = max(channel.tracks, net.track + 1)
    channel.nets.extend(ordered)
    return channel


_Group = tuple[frozenset[int], frozenset[int]]


def _components(items: Sequence[Item], upper: Sequence[int]) -> list[list[int]]:
    """Return the connected components of the upper layer."""
    owner: dict[int, int] = {}
    parts: list[list[int]] = []
    alias: list[int] = []

    def find(number: int) -> int:
        while alias[number] != number:
            number = alias[number]
        return number

    for item in upper:
        if not items[item].down:
            continue
        known = {find(owner[target]) for target in items[item].down if target in owner}
        home = min(known, default=len(parts))
        if home == len(parts):
            parts.append([])
            alias.append(home)
        for other in known - {home}:
            alias[other] = home
            parts[home].extend(parts[other])
            parts[other] = []
        parts[home].append(item)
        for target in items[item].down:
            owner[target] = home
    return [part for part in parts if part]


def _cut(items: Sequence[Item], sources: Sequence[int]) -> list[_Group]:
    """Return the nets of one component, by equal targets or equal sources."""
    by_targets: dict[frozenset[int], set[int]] = {}
    of_target: dict[int, set[int]] = {}
    for source in sources:
        by_targets.setdefault(frozenset(items[source].down), set()).add(source)
        for target in items[source].down:
            of_target.setdefault(target, set()).add(source)
    by_sources: dict[frozenset[int], set[int]] = {}
    for target, found in of_target.items():
        by_sources.setdefault(frozenset(found), set()).add(target)
    one: list[_Group] = [(frozenset(found), targets) for targets, found in by_targets.items()]
    two: list[_Group] = [(found, frozenset(targets)) for found, targets in by_sources.items()]
    return one if _cost(items, one) <= _cost(items, two) else two


def _cost(items: Sequence[Item], groups: Sequence[_Group]) -> int:
    """Return the number of tracks plus a penalty for items with too few ports."""
    ends: dict[int, int] = {}
    for sources, targets in groups:
        for item in (*sources, *targets):
            ends[item] = ends.get(item, 0) + 1
    return len(groups) + 4 * sum(max(0, number - _room(items[item])) for item, number in ends.items())


def _room(item: Item) -> int:
    """Return the number of ports of an item: all columns but its corners."""
    return max(1, item.width - 2)


def _with_ports(
    items: Sequence[Item], groups: Sequence[_Group], upper: Sequence[int], lower: Sequence[int]
) -> list[Net]:
    """Assign each net a column at each item it touches."""
    nets = [Net({}, {}) for _ in groups]
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for number, (sources, targets) in enumerate(groups):
        for item in sources:
            above.setdefault(item, []).append(number)
        for item in targets:
            below.setdefault(item, []).append(number)
    lean = [_mean(items, [*sources, *targets]) for sources, targets in groups]
    far_above = [_mean(items, sources) for sources, _ in groups]
    far_below = [_mean(items, targets) for _, targets in groups]
    for item in upper:
        mine = sorted(above.get(item, ()), key=lambda number: (far_below[number], lean[number], number))
        for number, column in zip(mine, _columns(items[item], len(mine)), strict=True):
            nets[number].tops[item] = column
    for item in lower:
        mine = sorted(below.get(item, ()), key=lambda number: (far_above[number], lean[number], number))
        for number, column in zip(mine, _columns(items[item], len(mine)), strict=True):
            nets[number].bottoms[item] = column
    for net in nets:
        _straighten(items, net, above, below)
    return nets


def _mean(items: Sequence[Item], chosen: Iterable[int]) -> float:
    columns = [items[item].x for item in chosen]
    return sum(columns) / len(columns)


def _columns(item: Item, count: int) -> list[int]:
    """Return columns for `count` lines around the centre; excess lines share one."""
    if count == 1 or item.width < 3:
        return [item.x] * count
    room = _room(item)
    if count > room:
        return [item.left + 1 + min(number * room // count, room - 1) for number in range(count)]
    step = 2 if 2 * count - 1 <= room else 1
    first = min(max(item.x - step * (count - 1) // 2, item.left + 1), item.right - 1 - step * (count - 1))
    return [first + step * number for number in range(count)]


def _straighten(items: Sequence[Item], net: Net, above: dict[int, list[int]], below: dict[int, list[int]]) -> None:
    """Straighten a net between two items that overlap and have no other net."""
    if len(net.tops) != 1 or len(net.bottoms) != 1 or net.straight:
        return
    (top,), (bottom,) = net.tops, net.bottoms
    if len(above[top]) > 1 or len(below[bottom]) > 1:
        return
    one, two = items[top], items[bottom]
    low = max(_edge(one, -1), _edge(two, -1))
    high = min(_edge(one, 1), _edge(two, 1))
    if low <= high:
        # A dummy cannot move, and the node below is read first: prefer its centre.
        column = min(max(two.x, low), high)
        net.tops[top] = net.bottoms[bottom] = column


def _edge(item: Item, side: int) -> int:
    if item.width < 3:
        return item.x
    return item.left + 1 if side < 0 else item.right - 1


def _ordered(nets: list[Net], taken: set[int]) -> list[Net]:
    """Return the nets from the top track down: no overlaps, few crossings.

    Nets that would each have to run above the other are split: one is cut into two parts joined by a free column.
    """
    while True:
        before = _must_precede(nets)
        ordered, stuck = _sorted(nets, before)
        if not stuck:
            return ordered
        _split(nets, min(stuck, key=lambda number: len(nets[number].tops) + len(nets[number].bottoms)), taken)


def _must_precede(nets: Sequence[Net]) -> list[set[int]]:
    """Return for each net those that must run above it, sharing a column."""
    tops: dict[int, list[int]] = {}
    for number, net in enumerate(nets):
        for column in net.tops.values():
            tops.setdefault(column, []).append(number)
    before: list[set[int]] = [set() for _ in nets]
    for number, net in enumerate(nets):
        for column in net.bottoms.values():
            before[number].update(other for other in tops.get(column, ()) if other != number)
    numbers = {id(net): number for number, net in enumerate(nets)}
    for number, net in enumerate(nets):
        if net.next is not None:
            before[numbers[id(net.next)]].add(number)
            before[number].discard(numbers[id(net.next)])
    return before


def _sorted(nets: Sequence[Net], before: Sequence[set[int]]) -> tuple[list[Net], list[int]]:
    """Return a topological order with few crossings, and the nets in cycles."""
    after: list[list[int]] = [[] for _ in nets]
    missing = [len(found) for found in before]
    for number, found in enumerate(before):
        for other in found:
            after[other].append(number)
    score = _scores(nets)
    free = {number for number, count in enumerate(missing) if count == 0}
    ordered: list[Net] = []
    left = set(range(len(nets)))
    while free:
        number = min(free, key=lambda n: (score[n], n))
        free.remove(number)
        left.remove(number)
        ordered.append(nets[number])
        for other in after[number]:
            missing[other] -= 1
            if missing[other] == 0:
                free.add(other)
    return ordered, sorted(left & _on_cycle(before, left)) if left else []


def _on_cycle(before: Sequence[set[int]], left: set[int]) -> set[int]:
    """Return the nets of one cycle among those left over."""
    number = min(left)
    seen: list[int] = []
    while number not in seen:
        seen.append(number)
        number = min(before[number] & left)
    return set(seen[seen.index(number) :])


def _scores(nets: Sequence[Net]) -> list[float]:
    """Score each net; a low score means a high track."""
    if len(nets) >= ORDER_BY_CROSSINGS_BELOW:
        return [_lean(net) for net in nets]
    tops = [sorted(net.tops.values()) for net in nets]
    bottoms = [sorted(net.bottoms.values()) for net in nets]
    spans = [net.span for net in nets]
    score = [0.0] * len(nets)
    for one in range(len(nets)):
        low, high = spans[one]
        for two in range(one + 1, len(nets)):
            first, last = spans[two]
            if last < low or high < first:
                continue
            above = _within(tops[two], low, high) + _within(bottoms[one], first, last)
            below = _within(tops[one], first, last) + _within(bottoms[two], low, high)
            score[one] += above - below
            score[two] += below - above
    return score


def _within(columns: Sequence[int], low: int, high: int) -> int:
    return bisect_right(columns, high) - bisect_left(columns, low)


def _lean(net: Net) -> float:
    """Cheap approximation of `_scores` from the direction of the net."""
    low, high = net.span
    top = sum(net.tops.values()) / len(net.tops)
    bottom = sum(net.bottoms.values()) / len(net.bottoms)
    return -high if bottom > top else low


def _split(nets: list[Net], number: int, taken: set[int]) -> None:
    """Split a net into two parts joined by a free column."""
    net = nets[number]
    low, high = net.span
    column = next((c for c in range(low + 1, high) if c not in taken), high + 1)
    while column in taken:
        column += 1
    taken.add(column)
    second = Net({-1: column}, net.bottoms, next=net.next)
    net.bottoms = {-1: column}
    net.next = second
    nets.append(second)
