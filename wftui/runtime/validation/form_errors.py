"""The errors of a filled-in form, field by field."""

from typing import TYPE_CHECKING

from wftui.model.base import Json
from wftui.model.forms.addresses import every_node, in_form_order, pointer_of, text_problems
from wftui.model.forms.nodes import FormNode
from wftui.model.forms.unions import Union
from wftui.runtime.validation.validator import validate_inputs

if TYPE_CHECKING:
    from wftui.runtime.validation.messages import Chosen


def form_problems(schema: Json, root: FormNode, value: Json) -> dict[str, str]:
    """Return the errors of a form by JSON Pointer, in field order; one each.

    Errors of a field's text come before those of the schema. A big value or a hostile pattern takes time: call it
    from a thread.

    Args:
        schema: the schema of the form.
        root: the form.
        value: its collected value, taken on the event loop so that no key arrives meanwhile.
    """
    problems = {pointer_of(leaf): sentence for leaf, sentence in text_problems(root)}
    for problem in validate_inputs(schema, value, _chosen(root))[1]:
        problems.setdefault(problem.pointer, problem.message)
    return {pointer: problems[pointer] for pointer in in_form_order(root, problems)}


def _chosen(root: FormNode) -> "Chosen":
    """Return the chosen form of each union."""
    found: dict[tuple[str, int], int | str] = {}
    for node in every_node(root):
        if isinstance(node, Union) and (variant := node.field.variants[node.chosen or 0]).place is not None:
            key = (pointer_of(node), id(variant.among))
            labels = ", ".join(each.label for each in node.field.variants)
            found[key] = variant.place if node.chosen is not None else f"Choose one of: {labels}."
    return found
