"""Elements of a value by their lines: addresses, ends, searches for an address.

An address is written as in expressions: `rows[3].name`, `["a key"].x`. JSON pointers (`/rows/3/name`) are read, too.
"""

import json
import re

from wftui.tui.widgets.value.line_parts import CLOSING, LinePlace
from wftui.tui.widgets.value.packed_lines import PackedLines
from wftui.tui.widgets.value.search import logical_line

Key = str | int
_NAME = re.compile(r"[A-Za-z_]\w*")
_PART = re.compile(r'\.?([A-Za-z_][^\s.\[\]"]*)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]')


def first_line(lines: PackedLines, index: int) -> int:
    """Return the line in which the element of a line begins."""
    place = lines.place(index)
    if place.is_first:
        return index
    return next((at for at, each in lines.places_before(index, place.depth) if each.is_first), 0)


def end_line(lines: PackedLines, first: int) -> int | None:
    """Return the first line after an element; None while it is not there yet."""
    place = lines.place(first)
    for at, each in lines.places(first + 1, place.depth):
        if each.is_first or (each.number <= CLOSING and each.depth < place.depth):
            return at
        if each.number <= CLOSING:
            return logical_line(lines, at).stop
    return None


def closing_line(lines: PackedLines, first: int) -> int | None:
    """Return the line that closes the container opened in a line; None: there is none."""
    depth = lines.place(first).depth
    for at, each in lines.places(first + 1, depth):
        if each.is_first or each.number <= CLOSING:
            return at if each.number <= CLOSING and each.depth == depth else None
    return None


def count_of(place: LinePlace) -> int:
    """Return the number of elements of the container that a line closes."""
    return CLOSING - place.number


def key_in(lines: PackedLines, first: int) -> str | None:
    """Return the key in the line of an element; None: it has none."""
    parts = [text for at in logical_line(lines, first) for text, kind in lines[at] if kind == "key"]
    try:
        key = json.loads("".join(parts)) if parts else None
    except ValueError:  # cut
        return None
    return key if isinstance(key, str) else None


def keys_to(lines: PackedLines, index: int) -> list[Key]:
    """Return the keys and positions that lead to the element of a line."""
    at = first_line(lines, index)
    place = lines.place(at)
    keys: list[Key] = []
    while place.depth > 0:
        key = key_in(lines, at)
        keys.append(place.number if key is None else key)
        depth = place.depth - 1
        at, place = next(
            ((at, each) for at, each in lines.places_before(at, depth) if each.is_first and each.depth == depth),
            (0, LinePlace(0, 0, 0)),
        )
    return keys[::-1]


def path_text(keys: list[Key]) -> str:
    """Return an address as text; empty for the whole value."""
    parts = [
        f"[{key}]" if isinstance(key, int) else f".{key}" if _NAME.fullmatch(key) else f"[{json.dumps(key)}]"
        for key in keys
    ]
    return "".join(parts).removeprefix(".")


def parse_path(text: str) -> list[Key] | None:
    """Return the keys of an address or JSON pointer; None: it is neither."""
    text = text.strip()
    if text.startswith("/"):
        return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]
    keys: list[Key] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            return None
        name, number, quoted = found.groups()
        if quoted is not None:
            try:
                name = json.loads(quoted)
            except json.JSONDecodeError:
                return None
        keys.append(name if name is not None else int(number))
        at = found.end()
    return keys


def find_path(lines: PackedLines, keys: list[Key]) -> tuple[int, int]:
    """Return the line that keys lead to, and how many of them exist."""
    at = 0
    for taken, key in enumerate(keys):
        child = _child(lines, at, key)
        if child is None:
            return at, taken
        at = child
    return at, len(keys)


def _child(lines: PackedLines, container: int, key: Key) -> int | None:
    depth = lines.place(container).depth + 1
    for at, place in lines.places(container + 1, depth):
        if place.depth < depth and (place.is_first or place.number <= CLOSING):
            return None
        if place.depth != depth or not place.is_first:
            continue
        name = key_in(lines, at) if not isinstance(key, int) or place.number == key else None
        if name == key if name is not None else str(place.number) == str(key):
            return at
    return None
