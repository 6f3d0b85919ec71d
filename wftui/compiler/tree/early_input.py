"""Early input of a step and the stored secrets it reads, known before a run."""

from collections.abc import Iterator

from wftui.compiler.expressions.reference import Reference
from wftui.compiler.expressions.template import split_template
from wftui.compiler.tree.nodes import StepNode
from wftui.model.base import Json

_KNOWN_EARLY = frozenset({"inputs", "env", "run"})


def early_input(node: StepNode, fields: frozenset[str]) -> dict[str, Json] | None:
    """Return the given fields; None without any, or if one is known only later."""
    if not fields:
        return None
    if any(reference.root not in _KNOWN_EARLY for name, reference in _references(node) if name in fields):
        return None
    return {name: value for name, value in node.step.input.items() if name in fields}


def stored_secrets(node: StepNode) -> list[str]:
    """Return the names of the stored secrets that a step requires, sorted."""
    return sorted(
        {
            str(reference.path[0])
            for _, reference in _references(node)
            if reference.root == "secrets" and reference.path and not reference.soft
        }
    )


def _references(node: StepNode) -> Iterator[tuple[str, Reference]]:
    """Yield (field of the input, reference in it)."""
    begin = len(node.at("input")) + 1
    for pointer, _field, text in node.strings:
        template = split_template(text)
        for expression, _offset in template.expressions if template is not None else ():
            for reference in expression.references:
                yield pointer[begin:].partition("/")[0], reference
