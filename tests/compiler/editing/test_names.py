"""Places whose texts are evaluated: editor and compiler agree."""

import json

import pytest
from model.workflow.form_routes import FORMS, Route, follow, routes

from compiler.compiler_helpers import found, workflow
from wftui.compiler.editing.form_values import with_branches
from wftui.compiler.editing.names import takes_expressions
from wftui.model.base import Json
from wftui.model.forms.addresses import pointer_of
from wftui.model.forms.building import form_of
from wftui.model.forms.nodes import Leaf
from wftui.model.forms.state import rebuild_form
from wftui.model.json.pointers import pointer_parts
from wftui.model.workflow.definition import Step, Workflow

INNER: Json = [{"id": "inner", "type": "set", "input": {}}]
CONTENTS: dict[str, dict[str, Json]] = {
    "group": {"steps": INNER},
    "switch": {"cases": [{"when": "true", "steps": INNER}]},
    "race": {"branches": [{"name": "first", "steps": INNER}]},
    "loop": {"steps": INNER, "until": "true", "maxIterations": 3},
}
BESIDE: dict[str, Json] = {"forEach": {"in": "[1]"}, "catch": [{"steps": INNER}]}
"""What makes a value complete of which a form fills in one field."""
STEPS: Json = [{"id": "get", "type": "http", "input": {"url": "https://example.org"}}]
BESIDE_OF_WORKFLOW: dict[str, Json] = {"concurrency": {"group": "one"}}
CODES = {"reference.name", "reference.defaults"}
SCHEMAS = {"inputSchema", "outputSchema"}


def is_evaluated(name: str, route: Route) -> tuple[str, bool]:
    """Put an unknown name into a field; return its place, and whether it is evaluated."""
    key = str(route[0][1])
    is_workflow = name == "the workflow"
    start: dict[str, Json] = {"format": 1, "id": "flow", "steps": STEPS} if is_workflow else {"id": "it", "type": name}
    beside = BESIDE_OF_WORKFLOW if is_workflow else {**CONTENTS.get(name, {}), **BESIDE}
    start |= {each: beside[each] for each in beside if each == key or each in CONTENTS.get(name, {})}
    if "matrix" in str(route) or "clude" in str(route):
        start["forEach"] = {"in": {"matrix": {"x": [1]}}}
    root = rebuild_form(form_of(FORMS[name][1], bindable=True), json.loads(json.dumps(start)))
    if route[:2] == (("field", "defaults"), ("field", "types")):
        named = ("row", "http"), ("row", "json")
        route = tuple(named[at > 2] if part == ("row", "named") else part for at, part in enumerate(route))
    leaf = follow(root, route)
    for other in leaf.parent.nodes if leaf.parent is not None else ():
        if other.field.name == "maxAttempts" and isinstance(other, Leaf):
            other.give(2)
    read = []
    for text in ("{{ nowhere }}", "nowhere"):
        leaf.give(text)
        values = root.collect()
        assert isinstance(values, dict)
        flow = {**start, **values} if is_workflow else {"format": 1, "id": "flow", "steps": [with_branches({}, values)]}
        read += [each for each in found(flow) if each.code in CODES]
    return pointer_of(leaf), bool(read)


@pytest.mark.first_cases(5)
@pytest.mark.parametrize("name", FORMS)
def test_expressions_are_where_the_compiler_reads_them(name: str) -> None:
    wrong = []
    for route in routes(form_of(FORMS[name][1], bindable=True)):
        if route[0][1] not in SCHEMAS:
            pointer, is_read = is_evaluated(name, route)
            if takes_expressions(pointer_parts(pointer), of_step=name != "the workflow") != is_read:
                wrong.append((pointer, is_read))
    assert wrong == [], wrong


FIELDS = [(each, field.alias or name) for each in (Step, Workflow) for name, field in each.model_fields.items()]


@pytest.mark.parametrize(("holder", "key"), FIELDS, ids=lambda part: getattr(part, "__name__", part))
def test_no_expression_is_offered_for_a_value_that_must_be_an_object(holder: type[Step | Workflow], key: str) -> None:
    of_step = holder is Step
    if not takes_expressions([key], of_step=of_step):
        return
    plain: dict[str, Json] = {"id": "a", "type": "delay", "input": {"for": "1s"}}
    flow = workflow({**plain, key: "{{ 1 }}"}) if of_step else workflow(plain, **{key: "{{ 1 }}"})
    pointer = f"/steps/0/{key}" if of_step else f"/{key}"
    assert [each.message for each in found(flow) if each.pointer == pointer and each.code == "value.type"] == []
