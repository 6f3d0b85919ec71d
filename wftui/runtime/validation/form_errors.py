"""What is wrong with a filled-in form, field by field."""

from wftui.model.base import Json
from wftui.model.forms.state import Node, in_form_order, pointer_of, text_problems
from wftui.runtime.validation.validator import validate_inputs


def form_problems(schema: Json, root: Node, value: Json) -> dict[str, str]:
    """The problems of a form by JSON Pointer, in the order of its fields; one sentence each.

    What a field says about its own text comes before what the schema says about the value. A big value or a hostile
    pattern takes its time: call from a thread.

    Args:
        schema: what the form was made from.
        root: the form.
        value: what it collected, taken on the event loop so that nobody types meanwhile.
    """
    problems = {pointer_of(leaf): sentence for leaf, sentence in text_problems(root)}
    for problem in validate_inputs(schema, value)[1]:
        problems.setdefault(problem.pointer, problem.message)
    return {pointer: problems[pointer] for pointer in in_form_order(root, problems)}
