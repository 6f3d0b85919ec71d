"""Types of values by the paths that lead to them."""

import pytest

from compiler.compiler_helpers import found, text_of, workflow

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
def test_a_whole_number_is_no_folder(path: str, codes: list[str]) -> None:
    text = text_of(
        workflow({"id": "a", "type": "shell", "input": {"script": "x", "cwd": f"{{{{ {path} }}}}"}}, inputSchema=SCHEMA)
    )
    assert [each.code for each in found(text) if each.code != "input.unused"] == codes
