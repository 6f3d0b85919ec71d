"""The forms of each step type and of a workflow, and paths to their fields."""

from collections.abc import Iterator

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items, Pairs
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.unions import Union
from wftui.model.workflow.definition import Step, Workflow
from wftui.model.workflow.step_schema import step_schema, workflow_schema
from wftui.steps.registry.step_registry import BUILTIN, builtin_registry

KEPT_ELSEWHERE = {"id", "type", "steps", "format", "finally"}
"""Keys of steps and workflows that keys of the list change, or that never change."""


def every_form() -> list[tuple[str, set[str], Json]]:
    """Return the form of each step type and of a workflow, with its keys."""
    step = {name.alias or key for key, name in Step.model_fields.items()}
    own = {
        "loop": {"until", "while", "maxIterations", "onLimit", "delay"},
        "switch": {"cases", "default"},
        "race": {"branches"},
    }
    forms: list[tuple[str, set[str], Json]] = []
    for word in [*sorted(BUILTIN), "group", "switch", "race", "loop"]:
        kind = builtin_registry().get(word)
        keys = step - KEPT_ELSEWHERE - set().union(*(each for name, each in own.items() if name != word))
        keys -= set() if kind else {"input"}
        forms.append((word, keys, step_schema(word, kind.input_schema() if kind else None, ["main"])))
    workflow = {field.alias or key for key, field in Workflow.model_fields.items()} - KEPT_ELSEWHERE
    return [*forms, ("the workflow", workflow, workflow_schema())]


FORMS = {name: (keys, schema) for name, keys, schema in every_form()}


Route = tuple[tuple[str, str | int], ...]
"""The way to a field: into properties, items, rows of a map, and chosen forms."""


def routes(field: FormField, before: Route = ()) -> Iterator[Route]:
    """Yield the path to each field of every form of every value."""
    if len(before) > 8:
        return
    if field.kind == "union":
        for place, variant in enumerate(field.variants):
            yield from routes(variant.field, (*before, ("form", place)))
    elif field.kind in ("group", "tuple"):
        for inner in field.fields:
            yield from routes(inner, (*before, ("rest", "") if inner.rest else ("field", inner.name)))
    elif field.kind == "list" and field.item is not None:
        yield from routes(field.item, (*before, ("item", "")))
    elif field.kind == "map" and field.item is not None:
        yield from routes(field.item.fields[1], (*before, ("row", "named")))
    else:
        yield before


def follow(root: FormNode, route: Route) -> Leaf:
    """Go to a field as a person does: choose forms, add items and rows."""
    node = root
    for how, where in route:
        if how == "form":
            assert isinstance(node, Union)
            node.choose(int(where))
            node = node.nodes[0]
        elif how == "item":
            assert isinstance(node, Items)
            node = node.add()
        elif how == "row":
            assert isinstance(node, Pairs)
            row = node.add()
            assert isinstance(row, Group)
            name, node = row.nodes
            assert isinstance(name, Leaf)
            name.type_text(str(where))
        else:
            assert isinstance(node, Group)
            node = next(each for each in node.nodes if (each.field.rest if how == "rest" else each.field.name == where))
    assert isinstance(node, Leaf), route
    return node
