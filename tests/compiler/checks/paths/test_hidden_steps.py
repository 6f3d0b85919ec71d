"""Reads of steps in other lists: each message has the reason and an alternative."""

from itertools import permutations
from typing import Any

import pytest

from compiler.compiler_helpers import after_fix, found, step, text_of, workflow

Step = dict[str, Any]


def reads(id: str, other: str) -> Step:
    return step(id, input={"x": f"{{{{ steps.{other}.output }}}}"})


def group(id: str, *steps: Step, **fields: Any) -> Step:
    return {"id": id, "type": "group", "steps": list(steps), **fields}


def race(*branches: list[Step]) -> Step:
    named = [{"name": f"b{number}", "steps": steps} for number, steps in enumerate(branches)]
    return {"id": "c", "type": "race", "branches": named}


def switch(*cases: list[Step]) -> Step:
    return {"id": "c", "type": "switch", "cases": [{"when": "true", "steps": steps} for steps in cases]}


def caught(*handlers: list[Step], inside: list[Step]) -> Step:
    entries = [{"on": ["timeout"], "steps": steps} for steps in handlers]
    return group("c", *inside, catch=entries)


A, B = step("a"), reads("b", "a")
INNER, DEEPER = group("g", A), group("h", B)
BRANCH = "it is in another branch of c, which may still run; move it before c, or into this branch"
CASE = "it is in another case of c, and only one of them runs; move it before c, or into this case"


@pytest.mark.parametrize(
    ("steps", "hint"),
    [
        ([race([A], [B])], BRANCH),
        ([race([B], [A])], BRANCH),
        ([race([INNER], [DEEPER])], BRANCH),
        ([race([A], [step("z")]), B], "it is inside c; outside, read steps.c.output"),
        ([race([INNER], [step("z")]), B], "it is inside c; outside, read steps.c.output"),
        ([switch([A], [B])], CASE),
        ([switch([INNER], [DEEPER])], CASE),
        ([caught([B], inside=[A])], "it is inside c, which has failed; a handler reads `error`"),
        ([caught([A], inside=[B])], "it runs only after c has failed; move it before c"),
        (
            [caught([A], [B], inside=[step("z")])],
            "it is in another handler of c, and only one of them runs; move it before c",
        ),
        ([caught([A], inside=[step("z")]), B], "it handles a failure of c; outside, read steps.c.output"),
        ([group("c", INNER, DEEPER)], "it is inside g; outside, read steps.g.output"),
        ([group("c", INNER), group("d", DEEPER)], "it is inside c; outside, read steps.c.output"),
    ],
)
def test_a_step_that_cannot_be_read(steps: list[Step], hint: str) -> None:
    messages = [each.message for each in found(workflow(*steps)) if each.code == "reference.scope"]
    assert messages == [f"the step a cannot be read here: {hint}"]


def test_a_step_inside_of_finally_runs_last() -> None:
    source = {**workflow(B), "finally": [group("g", A)]}
    messages = [each.message for each in found(source) if each.code == "reference.scope"]
    assert messages == ["the step a cannot be read here: it is in finally, which runs last"]


def test_what_it_names_can_be_read_there() -> None:
    """A step that a message offers, or that was moved as advised, is accepted."""
    for outer, inner in permutations((race, switch)):
        nested = {**inner([A]), "id": "n"}
        [message] = [each.message for each in found(workflow(outer([nested]), B)) if each.code == "reference.scope"]
        assert message.endswith("read steps.c.output")
        assert not [each for each in found(workflow(outer([nested]), reads("b", "c"))) if each.severity == "error"]
        moved = found(workflow(A, outer([step("z")], [B])))
        assert not [each for each in moved if each.severity == "error"]


@pytest.mark.parametrize("matrix", ["{{ inputs.m }}", "inputs.m", ["a"], 3, None])
def test_a_matrix_is_an_object(matrix: Any) -> None:
    loop = {"in": {"matrix": matrix}}
    [each] = [each for each in found(workflow(step("a", forEach=loop))) if each.code == "value.type"]
    assert each.pointer == "/steps/0/forEach/in/matrix"
    assert each.message.startswith(
        'forEach.in.matrix must be an object of lists or expressions by name, as {"name": "{{ inputs.names }}"}, not '
    )


@pytest.mark.parametrize(
    ("items", "fix"),
    [(["a", "é"], 'change it to "[\\"a\\", \\"\\u00e9\\"]"'), ([1, 2.5], 'change it to "[1, 2.5]"'), ([{}], None)],
)
def test_a_list_of_items_is_an_expression(items: Any, fix: str | None) -> None:
    source = text_of(workflow(step("a", forEach={"in": items})))
    [each] = [each for each in found(source) if each.code == "value.type"]
    assert each.message.startswith("forEach.in must be an expression in quotes, or a matrix, not [")
    assert [made.title for made in each.fixes] == ([fix] if fix else [])
    assert fix is None or after_fix(source, each) == []
