"""Types of values by the paths that lead to them."""

import pytest

from compiler.compiler_helpers import found, step, text_of, workflow
from wftui.model.base import Json

SCHEMA = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "two words": {"type": "integer"},
        "list": {"type": "array", "items": {"type": "integer"}},
    },
    "required": ["n", "two words", "list"],
}


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("inputs.n", ["type.mismatch"]),
        ("inputs['n']", ["type.mismatch"]),
        ("inputs['two words']", ["type.mismatch"]),
        ("inputs.list[0]", ["type.mismatch"]),
        ("inputs.list[-1]", ["type.mismatch"]),
        ("inputs.list[inputs.n]", []),  # what is computed has no known place
        ("inputs.list[true]", []),  # no position: it fails in the run
        ("inputs.list[1.5]", []),
        ("inputs.list[-1.5]", []),
    ],
)
def test_a_whole_number_is_not_a_folder(path: str, codes: list[str]) -> None:
    text = text_of(
        workflow({"id": "a", "type": "shell", "input": {"script": "x", "cwd": f"{{{{ {path} }}}}"}}, inputSchema=SCHEMA)
    )
    assert [each.code for each in found(text) if each.code != "input.unused"] == codes


@pytest.mark.parametrize(
    ("on_error", "codes"),
    [
        ("fail", ["type.mismatch"]),
        ("continue", ["type.mismatch", "reference.maybe_null"]),
        ({"fallback": {"n": "/tmp"}}, []),
        ({"fallback": {"n": 2}}, ["type.mismatch"]),
    ],
)
def test_what_stands_in_for_a_failed_step_counts(on_error: Json, codes: list[str]) -> None:
    shell = {"id": "b", "type": "shell", "input": {"script": "x", "cwd": "{{ steps.a.output.n }}"}}
    text = text_of(workflow(step("a", input={"n": 1}, onError=on_error), shell))
    assert [each.code for each in found(text)] == codes


def test_condition_of_two_types_has_no_fix() -> None:
    when = "inputs.n if inputs.list == [] else 'x'"
    condition = step("a", when=when, input={"v": "{{ inputs['two words'] }}"})
    (only,) = found(text_of(workflow(condition, inputSchema=SCHEMA)))
    assert (only.code, only.fixes) == ("condition.type", [])
