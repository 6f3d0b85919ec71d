"""Changes to the text of an expression, as fixes."""

import re

from wftui.compiler.diagnostics import patches
from wftui.compiler.expressions.reference import Reference
from wftui.compiler.tree.bindings import Binding
from wftui.model.workflow.compilation import Fix, PatchOperation

_KEY = re.compile(r"\s*(?:\.\s*(\w+)|\[\s*([^\]]*)\])")


def edit(binding: Binding, offset: int, length: int, new: str, title: str | None = None) -> Fix:
    """A fix that puts other text in the place of a stretch of the binding."""
    text = binding.text[:offset] + new + binding.text[offset + length :]
    return patches.replace(title or f"change it to {new}", binding.pointer, text)


def with_default(binding: Binding, reference: Reference, offset: int, *more: PatchOperation) -> Fix:
    """A fix that allows for a missing value; `more` operations go with it.

    Args:
        offset: of the expression in the binding's text.
    """
    value = default_value(binding, reference)
    end = offset + reference.offset + reference.length
    fix = edit(binding, end, 0, f" | default({value})", f"allow for that with | default({value})")
    return Fix(title=fix.title, patch=[*fix.patch, *more])


def default_value(binding: Binding, reference: Reference) -> str:
    """What fits in the place of a missing value: false for a condition, nothing inside a text, else null."""
    if binding.expression is not None and binding.use != "items":
        whole = reference.length == len(binding.text.strip())
        return "false" if whole else "none"
    if binding.use == "items":
        return "[]"
    return "none" if binding.template is not None and binding.template.keeps_type else "''"


def key_place(text: str, reference: Reference, index: int) -> tuple[int, int]:
    """Offset and length of one key of a reference in the expression's text."""
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
