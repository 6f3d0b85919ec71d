"""A JSON Patch on a workflow.json as text: only the bytes it means to change do, whatever the file's own layout is."""

import json
from collections.abc import Sequence

from wftui.compiler.source.document import Document, Member, Members
from wftui.compiler.source.parsing import parse
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.pointers import pointer_parts
from wftui.model.workflow.compilation import PatchOperation


class PatchError(UserError):
    """The patch does not fit the text, which has changed since."""

    code = "patch.stale"


def apply_patch(text: str, patch: Sequence[PatchOperation]) -> str:
    """The text with the operations applied, one after the other.

    Raises:
        PatchError: a place that an operation names is not there, or a `test` does not hold.
    """
    for operation in patch:
        text = _apply(text, operation)
    return text


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
                raise PatchError(f"{operation.path} is not what the fix was made for")
            return text


class _Spot:
    """A member and what is around it in the text."""

    def __init__(self, text: str, pointer: str) -> None:
        parts = pointer_parts(pointer)
        if not parts:
            raise PatchError("the whole file cannot be changed by a fix")
        self.document: Document = parse(text)
        if self.document.diagnostics:
            raise PatchError("the file is not JSON just now")
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
        return len(self.members) if part == "-" else int(part) if part.isdecimal() else part

    def member(self) -> Member:
        found = self.members.get(self.key)
        if found is None:
            raise PatchError(f"{self.pointer} is not in the file")
        return found

    @property
    def indent(self) -> str | None:
        """The indentation of the members when each has a line of its own, else None."""
        members = self.ordered
        if not members:
            return None
        before = self.text[self.start + 1 : _begin(members[0])]
        return before.rpartition("\n")[2] if "\n" in before else None


def _begin(member: Member) -> int:
    return member.key if member.key >= 0 else member.start


def _add(text: str, pointer: str, value: Json) -> str:
    spot = _Spot(text, pointer)
    if spot.in_object and spot.key in spot.members:
        return _replace(text, pointer, value)
    if not spot.in_object and not (isinstance(spot.key, int) and spot.key <= len(spot.members)):
        raise PatchError(f"{pointer} is not in the file")
    indent = spot.indent
    written = _written(value, indent)
    if spot.in_object:
        written = f"{json.dumps(spot.name, ensure_ascii=False)}: {written}"
    members = spot.ordered
    if not members:
        inner = f" {written} " if spot.in_object else written
        return text[: spot.start + 1] + inner + text[text.index("}" if spot.in_object else "]", spot.start) :]
    separator = ", " if indent is None else f",\n{indent}"
    if isinstance(spot.key, int) and spot.key < len(members):
        place = _begin(members[spot.key])
        return text[:place] + written + separator + text[place:]
    return text[: members[-1].end] + separator + written + text[members[-1].end :]


def _replace(text: str, pointer: str, value: Json) -> str:
    spot = _Spot(text, pointer)
    member = spot.member()
    indent = spot.indent if "\n" in text[member.start : member.end] else None
    return text[: member.start] + _written(value, indent) + text[member.end :]


def _remove(text: str, pointer: str) -> str:
    spot = _Spot(text, pointer)
    members = spot.ordered
    place = members.index(spot.member())
    if len(members) == 1:
        return text[: spot.start + 1] + text[text.index("}" if spot.in_object else "]", members[0].end) :]
    if place + 1 < len(members):
        return text[: _begin(members[place])] + text[_begin(members[place + 1]) :]
    return text[: members[place - 1].end] + text[members[place].end :]


def _rename(text: str, pointer: str, name: str) -> str:
    spot = _Spot(text, pointer)
    if name in spot.members:
        raise PatchError(f"{name} is in the file already")
    member = spot.member()
    return text[: member.key] + json.dumps(name, ensure_ascii=False) + text[member.key_end :]


def _is_in_object(text: str, pointer: str) -> bool:
    return _Spot(text, pointer).in_object


def _value(text: str, pointer: str) -> Json:
    member = _Spot(text, pointer).member()
    found: Json = json.loads(text[member.start : member.end])
    return found


def _written(value: Json, indent: str | None) -> str:
    """JSON for people: on one line, or where lines are `indent` deep and it has parts, over several."""
    if indent is None or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", f"\n{indent}")
