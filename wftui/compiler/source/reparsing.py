"""Parse a workflow.json again after an edit: only the steps that the edit touches.

A text is the same up to the first changed character, and after the last one. Elements of a list of steps that end
before the change, or begin after it, were parsed from the same characters in the same state of the parser: they are
taken over, as the same objects. Identity therefore tells the checks that a step is unchanged.
"""

import bisect
import itertools
from collections.abc import Iterable, Sequence

from wftui.compiler.source.document import MAX_NESTING, Document, Member, Members
from wftui.compiler.source.parsing import JsonScanner, may_hold_surrogate, may_nest, parse
from wftui.model.base import Json
from wftui.model.data_class import dataclass

_BLOCK = 4096
_STEP_LISTS = ("steps", "finally")


@dataclass(frozen=True, slots=True)
class _Change:
    """An edit: `begin` to `end` of the old text became `begin` to `new_end`."""

    begin: int
    end: int
    new_end: int

    @property
    def shift(self) -> int:
        """The distance by which the text after the change has moved."""
        return self.new_end - self.end

    def within(self, member: Member) -> bool:
        """Return whether the brackets of a container are outside the change."""
        return member.start < self.begin and self.end < member.end


def parse_again(text: str, before: Document) -> tuple[Document, bool]:
    """Parse a text that may differ little from a parsed one: equal to `parse(text)`.

    Returns:
        The document, and whether its value differs from that of the other in elements of one list only, or around the
        workflow's lists only.
    """
    if before.diagnostics or not isinstance(before.value, dict):
        return parse(text), False
    change = _change(before.text, text)
    path = _path_to_steps(before, change)
    elements = _elements(text, before, change, path) if path else None
    document = _reheaded(text, before, change) if elements is None else _spliced(text, before, change, path, elements)
    return (parse(text), False) if document is None else (document, True)


def _change(before: str, text: str) -> _Change:
    shorter = min(len(before), len(text))
    begin = 0
    while begin < shorter and before[begin : begin + _BLOCK] == text[begin : begin + _BLOCK]:
        begin = min(begin + _BLOCK, shorter)
    while begin < shorter and before[begin] == text[begin]:
        begin += 1
    tail, longest = 0, shorter - begin
    while tail < longest:
        size = min(_BLOCK, longest - tail)
        old, new = len(before) - tail, len(text) - tail
        if before[old - size : old] != text[new - size : new]:
            break
        tail += size
    while tail < longest and before[-tail - 1] == text[-tail - 1]:
        tail += 1
    return _Change(begin, len(before) - tail, len(text) - tail)


def _path_to_steps(before: Document, change: _Change) -> list[tuple[str | int, Member]]:
    """Return keys and places down to the innermost list of steps around the change."""
    path: list[tuple[str | int, Member]] = [("", Member(before.start, len(before.text.rstrip())))]
    deepest = 0
    if not change.within(path[0][1]):
        return []
    while True:
        inner = _around(before.members(path[-1][1].start), change)
        if inner is None:
            return path[: deepest + 1] if deepest else []
        path.append(inner)
        if inner[0] in _STEP_LISTS and before.text[inner[1].start] == "[":
            deepest = len(path) - 1


def _around(members: Members, change: _Change) -> tuple[str | int, Member] | None:
    """Return the container among members that the change is in."""
    for key, member in members.items():
        if member.end > change.begin:
            return (key, member) if change.within(member) else None
    return None


@dataclass(frozen=True, slots=True)
class _Elements:
    """A changed list: its `first` old elements, new ones, and the old from `rest` on."""

    first: int
    made: Sequence[tuple[Json, int, int]]
    rest: int


def _elements(text: str, before: Document, change: _Change, path: list[tuple[str | int, Member]]) -> _Elements | None:
    """Read what changed in a list; None if it does not end where it ended before."""
    place, depth = path[-1][1], MAX_NESTING - len(path)
    members = list(before.members(place.start).values())
    first = bisect.bisect_left(members, change.begin, key=lambda member: member.end)
    touched = _Touched(before, path, members, first, change)
    starts = {member.start: index for index, member in enumerate(members)}
    scanner = JsonScanner()
    made: list[tuple[Json, int, int]] = []
    new: list[str] = []
    position, separated = (members[first - 1].end, False) if first else (place.start + 1, True)
    while True:
        position = scanner.space(text, position)
        sign = text[position : position + 1]
        if sign == "]":
            whole = position - change.shift == place.end - 1 and position >= change.new_end
            if not whole or (separated and (first or made)):
                return None
            return _Elements(first, made, len(members)) if _are_plain(new, depth) else None
        if not separated:
            if sign != ",":
                return None
            position, separated = position + 1, True
            continue
        rest = starts.get(position - change.shift)
        if rest is not None and rest >= first and position >= change.new_end:
            return _Elements(first, made, rest) if _are_plain(new, depth) else None
        known = touched.next_at(text, position)
        if known is None:
            found = scanner.value(text, position)
            if found is None:
                return None
            value, end = found
            known = touched.named(text[position:end])
            if known is None:
                new.append(text[position:end])
        if known is not None:
            value, end = known, position + touched.length
        made.append((value, position, end))
        position, separated = end, False


class _Touched:
    """The elements that a change touches.

    One that only moved is the same object afterwards. Each is found once. Those that follow each other as before are
    found without being read.

    Attributes:
        length: that of the text of the one found last.
    """

    def __init__(
        self,
        before: Document,
        path: list[tuple[str | int, Member]],
        members: Sequence[Member],
        first: int,
        change: _Change,
    ) -> None:
        value = before.value
        for key, _member in path[1:]:
            value = value[key]
        touched = itertools.takewhile(lambda member: member.start < change.end, members[first:])
        self._texts = [before.text[member.start : member.end] for member in touched]
        self._values: list[Json] = value[first : first + len(self._texts)]
        self._places = {text: index for index, text in enumerate(self._texts)}
        self._next = 0
        self.length = 0

    def next_at(self, text: str, position: int) -> Json:
        """Return the one after the one found last if it is at a position, or None."""
        index = self._next
        # Only the text of an object, which ends with its bracket, is all that is read from there.
        if index < len(self._texts) and text[position] == "{" and text.startswith(self._texts[index], position):
            return self.named(self._texts[index])
        return None

    def named(self, text: str) -> Json:
        """Return the one with a text, or None."""
        index = self._places.pop(text, None)
        if index is None:
            return None
        self._next, self.length = index + 1, len(text)
        return self._values[index]


def _are_plain(new: Iterable[str], depth: int) -> bool:
    """Return whether nothing in the texts of new elements needs the slower reader."""
    return not any(may_hold_surrogate(text) or may_nest(text, depth) for text in new)


def _spliced(
    text: str, before: Document, change: _Change, path: list[tuple[str | int, Member]], elements: _Elements
) -> Document:
    """Return the document with the elements of one list replaced."""
    shift = change.shift
    places: dict[int, Members] = {}
    for _key, container in path[:-1]:
        places[container.start] = {
            key: _after(member, change) for key, member in before.members(container.start).items()
        }
    listed = list(before.members(path[-1][1].start).values())
    new = [Member(start, end) for _value, start, end in elements.made]
    kept = listed[elements.rest :]
    moved = kept if shift == 0 else [Member(each.start + shift, each.end + shift) for each in kept]
    places[path[-1][1].start] = dict(enumerate([*listed[: elements.first], *new, *moved]))
    values = [before.value]
    for key, _member in path[1:]:
        values.append(values[-1][key])
    old = values.pop()
    value: Json = [*old[: elements.first], *(each for each, _start, _end in elements.made), *old[elements.rest :]]
    for around, (key, _member) in zip(reversed(values), reversed(path), strict=False):
        value = {**around, key: value} if isinstance(around, dict) else _with_element(around, int(key), value)
    document = Document(text, value, places=places)
    document.take_lines(before, change.begin, change.end, change.new_end)
    return document


def _reheaded(text: str, before: Document, change: _Change) -> Document | None:
    """Return the document with another head; None if more has changed."""
    root, shift = before.members(before.start), change.shift
    listed = {key: member for key, member in root.items() if key in _STEP_LISTS and isinstance(before.value[key], list)}
    if any(change.begin < member.end and member.start < change.end for member in listed.values()):
        return None
    moved = {key: member.start + (shift if member.start >= change.end else 0) for key, member in listed.items()}
    scanner, start = JsonScanner(), JsonScanner.space(text, 0)
    value: dict[str, Json] = {}
    places: dict[int, Members] = {start: {}}
    position, sign = start, "{"
    while sign != "}":
        if text[position : position + 1] != sign:
            return None
        key_start = scanner.space(text, position + 1)
        key = scanner.value(text, key_start)
        if key is None or not isinstance(key[0], str) or key[0] in value:
            return None
        name, key_end = key
        position = scanner.space(text, key_end)
        if text[position : position + 1] != ":":
            return None
        position = scanner.space(text, position + 1)
        if moved.get(name) == position:
            old = listed[name]
            value[name], end = before.value[name], position + old.end - old.start
            members = before.members(old.start)
            down = position - old.start
            places[position] = (
                {index: Member(each.start + down, each.end + down) for index, each in members.items()}
                if down
                else members
            )
        else:
            found = scanner.value(text, position)
            part = text[key_start : found[1]] if found is not None else ""
            if found is None or may_hold_surrogate(part) or may_nest(part, MAX_NESTING - 1):
                return None
            value[name], end = found
        places[start][name] = Member(position, end, key_start, key_end)
        position = scanner.space(text, end)
        sign = "}" if text[position : position + 1] == "}" else ","
    if scanner.space(text, position + 1) != len(text) or not listed.keys() <= value.keys():
        return None
    document = Document(text, value, places=places)
    document.take_lines(before, change.begin, change.end, change.new_end)
    return document


def _after(member: Member, change: _Change) -> Member:
    """Return a member after a change, which is outside of its brackets or within them."""
    return member if member.end <= change.begin else _moved(member, change.shift, inside=member.start < change.begin)


def _with_element(elements: list[Json], index: int, value: Json) -> list[Json]:
    return [*elements[:index], value, *elements[index + 1 :]]


def _moved(member: Member, shift: int, *, inside: bool) -> Member:
    """Return a member that ends after the change; one that begins before it has grown."""
    if inside:
        return Member(member.start, member.end + shift, member.key, member.key_end)
    key = (member.key + shift, member.key_end + shift) if member.key >= 0 else (-1, -1)
    return Member(member.start + shift, member.end + shift, *key)
