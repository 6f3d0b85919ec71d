"""Fixes that change the text of an expression."""

import re

from wftui.compiler.diagnostics import patches
from wftui.compiler.expressions.foreign_names import filter_for, takes_filter
from wftui.compiler.expressions.reference import Reference
from wftui.compiler.tree.bindings import Binding
from wftui.model.workflow.compilation import Fix, PatchOperation
from wftui.runtime.filters import FILTERS

_OF_PROPERTIES = frozenset({"length", "first", "last"})
"""Filters that are properties of texts and lists in other languages."""
_KEY = re.compile(r"\s*(?:\.\s*(\w+)|\[\s*([^\]]*)\])")


def edit(binding: Binding, offset: int, length: int, new: str, title: str | None = None) -> Fix:
    """Return a fix that replaces a stretch of the binding."""
    text = binding.text[:offset] + new + binding.text[offset + length :]
    return patches.replace(title or f"change it to {new.strip()}", binding.pointer, text)


def with_default(binding: Binding, reference: Reference, offset: int, *more: PatchOperation) -> Fix:
    """Return a fix that allows for a missing value, with `more` operations.

    Args:
        offset: of the expression in the binding's text.
    """
    value = default_value(binding, reference)
    end = offset + reference.offset + reference.length
    fix = edit(binding, end, 0, f" | default({value})", f"add | default({value})")
    return Fix(title=fix.title, patch=[*fix.patch, *more])


def as_filter(binding: Binding, text: str, reference: Reference, index: int, offset: int) -> tuple[Fix, ...]:
    """Return the fix that writes `a | length` in place of `a.length`.

    Args:
        text: of the expression, which is at `offset` of the binding's text.
    """
    place, length = key_place(text, reference, index)
    name = filter_for(str(reference.path[index]), FILTERS)
    is_last = place + length == reference.offset + reference.length
    if name not in _OF_PROPERTIES or not is_last or text[place - 1 : place] != ".":
        return ()
    if not takes_filter(text, reference.offset, place + length):
        return ()
    return (edit(binding, offset + place - 1, length + 1, f" | {name}"),)


def default_value(binding: Binding, reference: Reference) -> str:
    """Return a default: false for a condition, empty inside a text, else null."""
    if binding.expression is not None and binding.use != "items":
        whole = reference.length == len(binding.text.strip())
        return "false" if whole else "none"
    if binding.use == "items":
        return "[]"
    return "none" if binding.template is not None and binding.template.keeps_type else "''"


def key_place(text: str, reference: Reference, index: int) -> tuple[int, int]:
    """Return offset and length of one key of a reference in the expression."""
    position = reference.offset + len(str(reference.path[0]) if reference.root == "local" else reference.root)
    first = 1 if reference.root == "local" else 0
    for current in range(first, index + 1):
        found = _KEY.match(text, position)
        if not found:
            return reference.offset, reference.length
        position = found.end()
        if current == index:
            group = 1 if found[1] is not None else 2
            return found.start(group), max(1, found.end(group) - found.start(group))
    return reference.offset, reference.length
