"""Apply a JSON Patch to workflow.json as text; keeps the layout of all the rest."""

import json
from collections.abc import Sequence

from wftui.compiler.source.document import Document, Member, Members
from wftui.compiler.source.line_ends import line_end
from wftui.compiler.source.parsing import parse
from wftui.compiler.source.spelling import respelled
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.pointers import key_or_position, pointer_parts
from wftui.model.workflow.compilation import PatchOperation


class PatchError(UserError):
    """The patch does not fit the text, which has changed."""

    code = "patch.stale"


def apply_patch(text: str, patch: Sequence[PatchOperation]) -> str:
    """Return the text with the operations applied, one after the other.

    Raises:
        PatchError: if an operation's path does not exist, or a `test` does not hold.
    """
    end = line_end(text)
    text = text.replace(end, "\n")
    for operation in patch:
        text = _apply(text, operation)
    return text.replace("\n", end)


def _apply(text: str, operation: PatchOperation) -> str:
    match operation.op:
        case "add":
            return _add(text, operation.path, operation.value)
        case "replace":
            return _replace(text, operation.path, operation.value)
        case "remove":
            return _remove(text, operation.path)
        case "copy":
            return _add(text, operation.path, _value(text, operation.from_ or ""))
        case "move":
            source = operation.from_ or ""
            if pointer_parts(source)[:-1] == pointer_parts(operation.path)[:-1] and _is_in_object(text, source):
                return _rename(text, source, pointer_parts(operation.path)[-1])
            value = _value(text, source)
            return _add(_remove(text, source), operation.path, value)
        case "test":
            if _value(text, operation.path) != operation.value:
                raise PatchError(f"{operation.path} has changed since the fix was made")
            return text


class _Position:
    """A member and its surroundings in the text."""

    def __init__(self, text: str, pointer: str) -> None:
        parts = pointer_parts(pointer)
        if not parts:
            raise PatchError("a fix cannot replace the whole file")
        self.document: Document = parse(text)
        if self.document.diagnostics:
            raise PatchError("the file is not valid JSON at the moment")
        self.start = self.document.start
        for part in parts[:-1]:
            member = self.members.get(self._key(part))
            if member is None:
                raise PatchError(f"{pointer} is not in the file")
            self.start = member.start
        self.pointer = pointer
        self.text = text
        self.name = parts[-1]
        self.key = self._key(parts[-1])

    @property
    def members(self) -> Members:
        return self.document.members(self.start)

    @property
    def in_object(self) -> bool:
        return self.document.text[self.start] == "{"

    @property
    def ordered(self) -> list[Member]:
        return sorted(self.members.values(), key=lambda member: member.start)

    def _key(self, part: str) -> str | int:
        if self.in_object:
            return part
        return len(self.members) if part == "-" else key_or_position(part)

    def member(self) -> Member:
        found = self.members.get(self.key)
        if found is None:
            raise PatchError(f"{self.pointer} is not in the file")
        return found

    @property
    def indent(self) -> str | None:
        """The indentation of the members if each has its own line, else None."""
        members = self.ordered
        if not members:
            return None
        before = self.text[self.start + 1 : _begin(members[0])]
        return before.rpartition("\n")[2] if "\n" in before else None


def _begin(member: Member) -> int:
    return member.key if member.key >= 0 else member.start


def _add(text: str, pointer: str, value: Json) -> str:
    position = _Position(text, pointer)
    if position.in_object and position.key in position.members:
        return _replace(text, pointer, value)
    if not position.in_object and not (isinstance(position.key, int) and position.key <= len(position.members)):
        raise PatchError(f"{pointer} is not in the file")
    indent = position.indent
    written = _written(value, indent)
    if position.in_object:
        written = f"{json.dumps(position.name, ensure_ascii=False)}: {written}"
    members = position.ordered
    if not members:
        inner = f" {written} " if position.in_object else written
        return (
            text[: position.start + 1] + inner + text[text.index("}" if position.in_object else "]", position.start) :]
        )
    separator = ", " if indent is None else f",\n{indent}"
    if isinstance(position.key, int) and position.key < len(members):
        place = _begin(members[position.key])
        return text[:place] + written + separator + text[place:]
    return text[: members[-1].end] + separator + written + text[members[-1].end :]


def _replace(text: str, pointer: str, value: Json) -> str:
    position = _Position(text, pointer)
    member = position.member()
    if not isinstance(value, dict | list) and text[member.start] not in "{[":
        return text[: member.start] + respelled(text[member.start : member.end], value) + text[member.end :]
    indent = position.indent if "\n" in text[member.start : member.end] else None
    return text[: member.start] + _written(value, indent) + text[member.end :]


def _remove(text: str, pointer: str) -> str:
    position = _Position(text, pointer)
    members = position.ordered
    place = members.index(position.member())
    if len(members) == 1:
        return text[: position.start + 1] + text[text.index("}" if position.in_object else "]", members[0].end) :]
    if place + 1 < len(members):
        return text[: _begin(members[place])] + text[_begin(members[place + 1]) :]
    return text[: members[place - 1].end] + text[members[place].end :]


def _rename(text: str, pointer: str, name: str) -> str:
    position = _Position(text, pointer)
    if name in position.members:
        raise PatchError(f"{name} is already in the file")
    member = position.member()
    return text[: member.key] + json.dumps(name, ensure_ascii=False) + text[member.key_end :]


def _is_in_object(text: str, pointer: str) -> bool:
    return _Position(text, pointer).in_object


def _value(text: str, pointer: str) -> Json:
    member = _Position(text, pointer).member()
    found: Json = json.loads(text[member.start : member.end])
    return found


def _written(value: Json, indent: str | None) -> str:
    """Return readable JSON: on one line, or over several if the file has such lines."""
    if indent is None or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", f"\n{indent}")
