"""`run.status` and `run.error`: known in `finally`, an error anywhere else."""

from typing import Any

import pytest

from compiler.compiler_helpers import check, step, workflow

TEXT = {"text": "{{ run.status }}: {{ run.error.message | default('') }}"}
LOOP = {"id": "l", "type": "loop", "until": "true", "maxIterations": 1}


def codes(*steps: dict[str, Any], **fields: Any) -> list[str]:
    return [each.code for each in check(workflow(step("a"), *steps, **fields)).errors]


@pytest.mark.parametrize(
    "last",
    [
        step("f", input=TEXT),
        step("f", when="run.status == 'failed' and run.error.type == 'timeout'"),
        {"id": "g", "type": "group", "steps": [step("f", input=TEXT)]},
        {**LOOP, "steps": [step("f", when="run.error is none")], "until": "run.status == 'completed'"},
        step("f", forEach={"in": "[run.status]"}, input={"x": "{{ item }}"}),
    ],
)
def test_steps_of_finally_know_how_the_run_ended(last: dict[str, Any]) -> None:
    assert codes(**{"finally": [last]}) == []
    assert set(codes(last)) == {"reference.run"}


def test_outputs_do_not() -> None:
    assert codes(outputs={"x": "{{ run.error }}"}) == ["reference.run"]
    assert codes(outputs={"x": "{{ run.id }}"}) == []
