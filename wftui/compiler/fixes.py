"""Applies fixes to the text of a workflow.json: only the bytes they mean to change, layout and order kept."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wftui.compiler.document import Document, Member, parse
from wftui.model.base import Json
from wftui.model.compilation import CompilationError, CompilationResult, Fix, PatchOperation
from wftui.model.errors import UsageError
from wftui.model.pointers import pointer_parts, pointer_to

SAFE_CODES = frozenset(
    {
        "dependency.unknown",
        "expression.arguments",
        "expression.braces",
        "expression.filter",
        "expression.function",
        "expression.step_part",
        "expression.test",
        "format.missing",
        "id.duplicate",
        "id.reserved",
        "input.choice",
        "input.unknown",
        "key.unknown",
        "reference.env",
        "reference.input",
        "reference.name",
        "reference.property",
        "reference.step",
        "schema.type",
        "step.type",
        "value.choice",
        "workflow.id",
        "workflow.unknown",
    }
)
"""Errors whose first fix may be applied unseen: it says what was meant, and takes nothing away."""

MAX_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """A fix that was applied, and what it removed."""

    diagnostic: CompilationError
    fix: Fix


def apply_fix(text: str, fix: Fix) -> str:
    """The text with a fix applied.

    Raises:
        UsageError: when the fix does not fit the text, or the text is not JSON.
    """
    for operation in fix.patch:
        document = parse(text)
        if document.problems:
            raise UsageError("a file that is not JSON cannot be fixed automatically", code="fix.json")
        text = _apply(document, operation)
    return text


def apply_safe_fixes(text: str, check: Callable[[str], CompilationResult]) -> tuple[str, list[AppliedFix]]:
    """Apply the safe fixes, one after the other, each only if it really removes its diagnostic and breaks nothing.

    Args:
        check: tells what is wrong with a text.

    Returns:
        The text, and what was applied, in order.
    """
    applied: list[AppliedFix] = []
    refused: set[tuple[str, str, str]] = set()
    result = check(text)
    for _round in range(MAX_ROUNDS):
        chosen = next((each for each in result.errors if _is_safe(each) and _identity(each) not in refused), None)
        if chosen is None:
            break
        fix = chosen.fixes[0]
        try:
            changed = apply_fix(text, fix)
        except UsageError:
            refused.add(_identity(chosen))
            continue
        after = check(changed)
        if len(after.errors) >= len(result.errors) or any(
            _identity(each) == _identity(chosen) for each in after.errors
        ):
            refused.add(_identity(chosen))
            continue
        text, result = changed, after
        applied.append(AppliedFix(chosen, fix))
    return text, applied


def _is_safe(diagnostic: CompilationError) -> bool:
    if diagnostic.code not in SAFE_CODES or not diagnostic.fixes:
        return False
    return all(operation.op != "remove" for operation in diagnostic.fixes[0].patch)


def _identity(diagnostic: CompilationError) -> tuple[str, str, str]:
    return diagnostic.code, diagnostic.pointer, diagnostic.message


def _apply(document: Document, operation: PatchOperation) -> str:
    match operation.op:
        case "replace":
            _lookup(document, operation.path)
            start, end = document.span(operation.path)
            return document.text[:start] + _written(operation.value) + document.text[end:]
        case "remove":
            return _remove(document, operation.path)
        case "add":
            return _add(document, operation.path, operation.value)
        case "move":
            return _move(document, operation.from_ or "", operation.path)
        case "copy":
            return _add(document, operation.path, _lookup(document, operation.from_ or ""))
        case "test":
            if _lookup(document, operation.path) != operation.value:
                raise UsageError(f"{operation.path} is not what the fix expects", code="fix.stale")
            return document.text


def _lookup(document: Document, pointer: str) -> Json:
    value = document.value
    for part in pointer_parts(pointer):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise UsageError(f"there is nothing at {pointer}", code="fix.stale")
    return value


def _parent(document: Document, pointer: str) -> tuple[int, list[Member], str]:
    """Offset of the container of a place, its members in order, and the last part of the pointer."""
    *way, last = pointer_parts(pointer)
    parent = pointer_to(way)
    value = _lookup(document, parent)
    if not isinstance(value, dict | list):
        raise UsageError(f"nothing can stand at {pointer}", code="fix.stale")
    start, _end = document.span(parent)
    return start, list(document.members(start).values()), last


def _remove(document: Document, pointer: str) -> str:
    _lookup(document, pointer)
    text = document.text
    _start, members, _last = _parent(document, pointer)
    start, end = document.span(pointer)
    index = next(i for i, member in enumerate(members) if member.start == start)
    begin = _begin(members[index])
    if index + 1 < len(members):
        return text[:begin] + text[_begin(members[index + 1]) :]
    if index > 0:
        return text[: members[index - 1].end] + text[end:]
    return text[:begin].rstrip() + text[end:].lstrip()


def _add(document: Document, pointer: str, value: Json) -> str:
    text = document.text
    start, members, last = _parent(document, pointer)
    container = _lookup(document, pointer_to(pointer_parts(pointer)[:-1]))
    if isinstance(container, dict):
        if last in container:
            begin, end = document.span(pointer)
            return text[:begin] + _written(value) + text[end:]
        new, index = f"{_written(last)}: {_written(value)}", len(members)
    else:
        new = _written(value)
        index = len(members) if last == "-" else int(last) if last.isdecimal() else -1
        if not 0 <= index <= len(members):
            raise UsageError(f"there is no place at {pointer}", code="fix.stale")
    if not members:
        return text[: start + 1] + new + text[start + 1 :].lstrip()
    if index < len(members):
        begin = _begin(members[index])
        return text[:begin] + new + "," + _gap(text, start, members) + text[begin:]
    end = members[-1].end
    return text[:end] + "," + _gap(text, start, members) + new + text[end:]


def _move(document: Document, source: str, target: str) -> str:
    value = _lookup(document, source)
    if pointer_parts(source)[:-1] == pointer_parts(target)[:-1]:
        start, end = document.span(source, "key")
        if document.text[start : start + 1] == '"' and document.span(source)[0] != start:
            return document.text[:start] + _written(pointer_parts(target)[-1]) + document.text[end:]
    return _add(parse(_remove(document, source)), target, value)


def _gap(text: str, start: int, members: Sequence[Member]) -> str:
    """The white space between two members, as it is between those there are."""
    if len(members) > 1:
        between = text[members[-2].end : _begin(members[-1])]
        return between.replace(",", "", 1)
    before = text[start + 1 : _begin(members[0])]
    return before if "\n" in before else " "


def _begin(member: Member) -> int:
    return member.key if member.key >= 0 else member.start


def _written(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
