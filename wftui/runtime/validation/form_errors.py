"""The errors of a filled-in form, field by field."""

from wftui.model.base import Json
from wftui.model.forms.state import Node, in_form_order, pointer_of, text_problems
from wftui.runtime.validation.validator import validate_inputs


def form_problems(schema: Json, root: Node, value: Json) -> dict[str, str]:
    """Return the errors of a form by JSON Pointer, in field order; one each.

    Errors of a field's text come before those of the schema. A big value or a hostile pattern takes time: call it
    from a thread.

    Args:
        schema: the schema of the form.
        root: the form.
        value: its collected value, taken on the event loop so that no key arrives meanwhile.
    """
    problems = {pointer_of(leaf): sentence for leaf, sentence in text_problems(root)}
    for problem in validate_inputs(schema, value)[1]:
        problems.setdefault(problem.pointer, problem.message)
    return {pointer: problems[pointer] for pointer in in_form_order(root, problems)}
