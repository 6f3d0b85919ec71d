"""Change workflow.json as a tree and write it again; what stays keeps its bytes.

A moved value takes its text along, indented for its new place. Code that changes the tree sees plain dicts and lists.
"""

import json
import re
from dataclasses import dataclass
from itertools import pairwise

from wftui.compiler.source.document import Document, Member
from wftui.compiler.source.line_ends import line_end
from wftui.compiler.source.parsing import parse
from wftui.compiler.source.patching import PatchError
from wftui.compiler.source.spelling import respelled
from wftui.model.base import Json

_LINE = 88
"""Columns up to which a new list of plain values stays on one line."""
_FIRST_INDENT = re.compile(r"\n([ \t]+)\S")


@dataclass(frozen=True, slots=True)
class Origin:
    """The place of an object or list in the file it was read from."""

    document: Document
    start: int
    end: int

    @property
    def members(self) -> list[tuple[str | int, Member]]:
        """Its members in the order of the file."""
        return list(self.document.members(self.start).items())

    @property
    def indent(self) -> str:
        """The indentation of the line it starts in."""
        line = self.document.text.rfind("\n", 0, self.start) + 1
        return _leading(self.document.text[line : self.start])

    @property
    def is_first_in_line(self) -> bool:
        """Return whether no other bracket opens before it in its line."""
        line = self.document.text.rfind("\n", 0, self.start) + 1
        return line > 0 and not re.search(r"[{\[]", self.document.text[line : self.start])


class SourceObject(dict[str, Json]):
    """An object that remembers where it was read."""

    origin: Origin


class SourceList(list[Json]):
    """A list that remembers where it was read."""

    origin: Origin


def source_tree(text: str) -> Json:
    """Return the value of a text; its objects and lists remember their places.

    Raises:
        PatchError: the text is not valid JSON.
    """
    end = line_end(text)
    document = parse(text.replace(end, "\n"))
    if document.diagnostics:
        raise PatchError("the file is not valid JSON at the moment")
    document.line_end = end
    return _read(document, Member(document.start, len(document.text.rstrip())))


def source_text(tree: Json) -> str:
    """Return the text of a changed tree of `source_tree`."""
    if not isinstance(tree, SourceObject | SourceList):
        return _fresh(tree, "", "  ")
    text, place = tree.origin.document.text, tree.origin
    made = text[: place.start] + _written(tree) + text[place.end :]
    return made.replace("\n", place.document.line_end)


def value_text(tree: Json) -> str:
    """Return the text of a part of a tree, indented as if it were a file."""
    return _fresh(tree, "", "  ")


def _read(document: Document, member: Member) -> Json:
    text = document.text
    made: SourceObject | SourceList
    match text[member.start : member.start + 1]:
        case "{":
            made = SourceObject(
                {str(key): _read(document, each) for key, each in document.members(member.start).items()}
            )
        case "[":
            made = SourceList([_read(document, each) for each in document.members(member.start).values()])
        case _:
            plain: Json = json.loads(text[member.start : member.end])
            return plain
    made.origin = Origin(document, member.start, member.end)
    return made


def _leading(text: str) -> str:
    return text[: len(text) - len(text.lstrip(" \t"))]


def _unit(document: Document) -> str:
    """Return the indentation of one level in a file."""
    found = _FIRST_INDENT.search(document.text)
    return found[1] if found else "  "


def _written(node: SourceObject | SourceList) -> str:
    """Return the text of a node; whatever is unchanged keeps its bytes."""
    origin = node.origin
    text, members = origin.document.text, origin.members
    entries: list[tuple[str | int, Json]] = [*(node.items() if isinstance(node, dict) else enumerate(node))]
    olds = _places_of_keys(node, members) if isinstance(node, dict) else _aligned(node, members)
    gap, separators, tail = _layout(origin)
    indent = gap.rpartition("\n")[2] if "\n" in gap else None
    if not members and (origin.is_first_in_line or any(_has_lines(value) for _, value in entries)):
        indent = origin.indent + _unit(origin.document)
    parts = [
        _member(origin, members[old][1] if old is not None else None, key, value, indent)
        for old, (key, value) in zip(olds, entries, strict=True)
    ]
    opening, closing = text[origin.start], text[origin.end - 1]
    if not entries:
        return text[origin.start : origin.end] if not members else opening + closing
    if not members:
        inner = f",\n{indent}".join(parts) if indent is not None else ", ".join(parts)
        return (
            f"{opening}\n{indent}{inner}\n{origin.indent}{closing}" if indent is not None else opening + inner + closing
        )
    made = opening + gap + parts[0]
    for before, after, part in zip(olds, olds[1:], parts[1:], strict=False):
        made += _separator(separators, gap, before, after) + part
    return made + tail + closing


def _places_of_keys(node: SourceObject, members: list[tuple[str | int, Member]]) -> list[int | None]:
    """Return the former position of each entry, also of renamed ones."""
    index = {key: number for number, (key, _) in enumerate(members)}
    return [
        index[key]
        if key in index
        else (at if at < len(members) and len(node) == len(members) and members[at][0] not in node else None)
        for at, key in enumerate(node)
    ]


def _has_lines(value: Json) -> bool:
    """Return whether a moved value has several lines."""
    if not isinstance(value, SourceObject | SourceList):
        return False
    place = value.origin
    return "\n" in place.document.text[place.start : place.end]


def _layout(origin: Origin) -> tuple[str, list[str], str]:
    """Return the text before the first member, between members, and after the last."""
    text, members = origin.document.text, [member for _, member in origin.members]
    if not members:
        return "", [], ""
    gap = text[origin.start + 1 : _begin(members[0])]
    between = [text[one.end : _begin(two)] for one, two in pairwise(members)]
    return gap, between, text[members[-1].end : origin.end - 1]


def _separator(separators: list[str], gap: str, before: int | None, after: int | None) -> str:
    """Return the text between two members, as it is beside them in the file."""
    if after is not None and 0 < after <= len(separators):
        return separators[after - 1]
    if before is not None and before < len(separators):
        return separators[before]
    if separators:
        return separators[-1]
    return "," + gap if "\n" in gap else ", "


def _begin(member: Member) -> int:
    return member.key if member.key >= 0 else member.start


def _aligned(node: SourceList, members: list[tuple[str | int, Member]]) -> list[int | None]:
    """Return for each entry of a list its former position; None for what is new."""
    origin = node.origin
    starts = {member.start: number for number, (_, member) in enumerate(members)}
    found: list[int | None] = []
    used: set[int] = set()
    for number, value in enumerate(node):
        old: int | None = None
        if isinstance(value, SourceObject | SourceList):
            old = starts.get(value.origin.start) if value.origin.document is origin.document else None
        elif not isinstance(value, dict | list):
            old = next(
                (
                    at
                    for at in [*range(number, len(members)), *range(min(number, len(members)))]
                    if at not in used and _is_plain(origin, members[at][1], value)
                ),
                None,
            )
        found.append(old if old not in used else None)
        used |= {old} if old is not None else set()
    return found


def _is_plain(origin: Origin, member: Member, value: Json) -> bool:
    """Return whether a member of the file is this plain value."""
    raw = origin.document.text[member.start : member.end]
    if raw[0] in "{[":
        return False
    old = json.loads(raw)
    return type(old) is type(value) and bool(old == value)


def _member(origin: Origin, old: Member | None, key: str | int, value: Json, indent: str | None) -> str:
    """Return the text of a member, with its key."""
    text = origin.document.text
    if old is None:
        label = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(key, str) else ""
        return label + _fresh(value, indent, _unit(origin.document))
    label = ""
    if isinstance(key, str):
        label = text[old.key : old.start]
        if json.loads(text[old.key : old.key_end]) != key:
            label = json.dumps(key, ensure_ascii=False) + text[old.key_end : old.start]
    if isinstance(value, SourceObject | SourceList):
        if value.origin.document is origin.document and value.origin.start == old.start:
            return label + _written(value)
    elif not isinstance(value, dict | list) and text[old.start] not in "{[":
        return label + respelled(text[old.start : old.end], value)
    return label + _fresh(value, indent, _unit(origin.document))


def _fresh(value: Json, indent: str | None, unit: str) -> str:
    """Return the text of a value that is new at its place.

    Args:
        indent: indentation of the line it begins in; None where members share a line.
    """
    if isinstance(value, SourceObject | SourceList):
        text = _written(value)
        return text if indent is None else _indented(text, value.origin.indent, indent)
    if not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    deeper = None if indent is None else indent + unit
    if isinstance(value, dict):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {_fresh(each, deeper, unit)}" for key, each in value.items()]
    else:
        parts = [_fresh(each, deeper, unit) for each in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    plain = not isinstance(value, dict) and not any(isinstance(each, dict | list) for each in value)
    line = opening + ", ".join(parts) + closing
    if indent is None or (plain and len(indent) + len(line) <= _LINE):
        return line
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closing}"


def _indented(text: str, old: str, new: str) -> str:
    """Return a text of several lines with another indentation."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(new + line.removeprefix(old) if line.strip() else line for line in rest)])
