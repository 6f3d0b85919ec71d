"""workflow.json as text and value, with the location of every key and value.

Locations are computed on demand, along the path only, so that a big file costs little more than its parse.
"""

import bisect
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Literal, NamedTuple

from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.model.base import Json
from wftui.model.json.pointers import key_or_position, list_position

MAX_NESTING = 80
"""Levels of objects and lists in a workflow.json."""

Part = Literal["value", "key"]


@dataclass(frozen=True, slots=True)
class TextRange:
    """A stretch of the file: line and column from 1, in characters, within one line."""

    line: int
    column: int
    length: int


class Member(NamedTuple):
    """A member of an object or list, by offsets; `key` is -1 in a list."""

    start: int
    end: int
    key: int = -1
    key_end: int = -1


Members = dict[str | int, Member]

_skip_space = re.compile(r"[ \t\n\r]*").match
_scan_value = json.JSONDecoder(strict=True).scan_once  # type: ignore[attr-defined]  # typeshed leaves it out
_STRING_PART = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass
class Document:
    """A parsed file.

    Attributes:
        text: the file.
        value: its value; of a broken file, as far as it could be read (None: nothing).
        diagnostics: its JSON syntax errors.
        places: the members of containers, by the offset of the container.
        line_end: that of the file, where the text has LF instead.
    """

    text: str
    value: Json
    diagnostics: list[TextDiagnostic] = field(default_factory=list)
    places: dict[int, Members] = field(default_factory=dict)
    line_end: str = "\n"
    _found: dict[str, Member] = field(default_factory=dict)
    _starts: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    @cached_property
    def start(self) -> int:
        """Offset of the root value."""
        found = _skip_space(self.text, 0)
        return found.end() if found else 0

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer(_line_end(self.text), self.text))]

    def element_around(self, pointer: str) -> tuple[Json, int, int] | None:
        """Return the top-level step around a pointer, its line and its column, or None."""
        _root, key, index, *_ = *pointer.split("/", 3), "", ""
        listed = self.value.get(key) if isinstance(self.value, dict) and key in ("steps", "finally") else None
        position = list_position(index)
        if not isinstance(listed, list) or position is None or position >= len(listed):
            return None
        return listed[position], *self.start_of(f"/{key}", position)

    def start_of(self, pointer: str, index: int) -> tuple[int, int]:
        """Return line and column, from 1, of an element of the list at a pointer."""
        found = self._starts.get(pointer)
        if found is None:  # those of all elements are found at once; in a broken file, the list may have other ones
            members = self.members(self.span(pointer)[0]).values() if not self.diagnostics else ()
            found = self._starts[pointer] = [self.line_column(member.start) for member in members]
        return found[index] if index < len(found) else self.line_column(self.span(f"{pointer}/{index}")[0])

    def take_lines(self, before: "Document", begin: int, end: int, new_end: int) -> None:
        """Take over the lines of a text of which one stretch was replaced.

        Args:
            begin: of the stretch in both texts.
            end: of the stretch in the other text; `new_end` in this one.
        """
        if "\r" in self.text[max(begin - 1, 0) : new_end + 1] or "\r" in before.text[max(begin - 1, 0) : end + 1]:
            return  # a change may part CR from LF, or join them: all lines are counted again
        lines, shift = before._lines, new_end - end
        first, last = bisect.bisect_right(lines, begin), bisect.bisect_right(lines, end)
        new = (found.end() for found in re.finditer("\n", self.text[begin:new_end]))
        moved = lines[last:] if shift == 0 else [start + shift for start in lines[last:]]
        self.__dict__["_lines"] = [*lines[:first], *(begin + start for start in new), *moved]

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect.bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def range_at(self, offset: int, length: int) -> TextRange:
        """Return the location of a stretch of text, cut off at the end of its line."""
        offset = min(offset, len(self.text))
        line, column = self.line_column(offset)
        end = self._lines[line] - 1 if line < len(self._lines) else len(self.text)
        return TextRange(line, column, max(1, min(length, end - offset)))

    def span(self, pointer: str, part: Part = "value") -> tuple[int, int]:
        """Return the offsets of a value or key; if absent, of the nearest value around."""
        member = self._member(pointer)
        if part == "key" and member.key >= 0:
            return member.key, member.key_end
        return member.start, member.end

    def _member(self, pointer: str) -> Member:
        found = self._found.get(pointer)
        if found is None:
            parent, slash, name = pointer.rpartition("/")
            if not slash:
                found = Member(self.start, len(self.text.rstrip()))
            else:
                around = self._member(parent)
                members = self.members(around.start)
                name = name.replace("~1", "/").replace("~0", "~") if "~" in name else name
                key = name if name in members else key_or_position(name)
                found = members.get(key) or Member(around.start, min(around.end, around.start + 1))
            self._found[pointer] = found
        return found

    def place(self, pointer: str, part: Part = "value", offset: int = -1, length: int = 1) -> TextRange:
        """Return the location of a value, its key, or a stretch of its string."""
        start, end = self.span(pointer, part)
        if offset >= 0 and self.text[start : start + 1] == '"':
            raw = self.text[start + 1 : end - 1]
            first = raw_offset(raw, offset)
            return self.range_at(start + 1 + first, raw_offset(raw, offset + length) - first)
        return self.range_at(start, end - start)

    def offset_of(self, pointer: str, offset: int) -> int:
        """Return the offset in the file of a character of a string value."""
        start, end = self.span(pointer)
        return start + 1 + raw_offset(self.text[start + 1 : end - 1], offset)

    def members(self, start: int) -> Members:
        """Return the members of the container at an offset, by key or position."""
        found = self.places.get(start)
        if found is None:
            found = self.places[start] = _scan_members(self.text, start)
        return found


def _line_end(text: str) -> str:
    """Return a pattern of the line ends of a text, as editors count them."""
    return "\r\n?|\n" if "\r" in text else "\n"


def raw_offset(raw: str, offset: int) -> int:
    """Return the position of a character in the JSON form of a string, with escapes."""
    if "\\" not in raw[:offset]:
        return min(offset, len(raw))
    position = 0
    for _ in range(offset):
        found = _STRING_PART.match(raw, position)
        if not found:
            break
        position = found.end()
    return position


def _scan_members(text: str, start: int) -> Members:
    members: Members = {}
    opening = text[start : start + 1]
    if opening not in ("{", "["):
        return members
    position = _space(text, start + 1)
    closing = "}" if opening == "{" else "]"
    while text[position] != closing:
        key: str | int = len(members)
        key_start = key_end = -1
        if opening == "{":
            key_start = position
            key, key_end = scanstring(text, position + 1)
            position = _space(text, _space(text, key_end) + 1)
        _value, end = _scan_value(text, position)
        members[key] = Member(position, end, key_start, key_end)
        position = _space(text, end)
        if text[position] == ",":
            position = _space(text, position + 1)
    return members


def _space(text: str, position: int) -> int:
    found = _skip_space(text, position)
    assert found is not None
    return found.end()
