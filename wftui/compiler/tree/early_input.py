"""What of a step is known before a run starts: early input, and the stored secrets that it reads."""

from collections.abc import Iterator

from wftui.compiler.expressions.reference import Reference
from wftui.compiler.expressions.template import split_template
from wftui.compiler.tree.nodes import StepNode
from wftui.model.base import Json

_KNOWN_EARLY = frozenset({"inputs", "env", "run"})


def early_input(node: StepNode, fields: frozenset[str]) -> dict[str, Json] | None:
    """Those of the fields that a step gives; None when there are none to give, or one is known only when it runs."""
    if not fields:
        return None
    if any(reference.root not in _KNOWN_EARLY for name, reference in _references(node) if name in fields):
        return None
    return {name: value for name, value in node.step.input.items() if name in fields}


def stored_secrets(node: StepNode) -> list[str]:
    """Names of the user's secrets (`secrets.NAME`) that a step reads and does not allow to be missing, sorted."""
    return sorted(
        {
            str(reference.path[0])
            for _, reference in _references(node)
            if reference.root == "secrets" and reference.path and not reference.soft
        }
    )


def _references(node: StepNode) -> Iterator[tuple[str, Reference]]:
    """(field of the input, what is read in it)."""
    begin = len(node.at("input")) + 1
    for pointer, _field, text in node.strings:
        template = split_template(text)
        for expression, _offset in template.expressions if template is not None else ():
            for reference in expression.references:
                yield pointer[begin:].partition("/")[0], reference
