"""Unknown names: the message has the known ones, or the one that was meant."""

from typing import Any

import pytest

from compiler.compiler_helpers import check, step, workflow

FIELDS: dict[str, Any] = {
    "inputSchema": {
        "type": "object",
        "properties": {"count": {"type": "integer"}, "city": {"type": "string"}},
        "required": ["count", "city"],
    },
    "vars": {"total": "{{ inputs.count }}", "site": "north"},
}


def errors_of(expression: str, **fields: Any) -> list[str]:
    fetch = {"id": "fetch", "type": "http", "input": {"url": "https://example.org/"}}
    result = check(workflow(fetch, step("b", input={"x": f"{{{{ {expression} }}}}"}), **fields))
    return [each.message for each in result.errors]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("inputs.coumt", "there is no input 'coumt'; did you mean inputs.count?"),
        ("inputs.zzz", "there is no input 'zzz'; inputSchema has count, city"),
        ("vars.totl", "there is no variable 'totl'; did you mean vars.total?"),
        ("vars.zzz", "there is no variable 'zzz'; vars has total, site"),
        ("steps.fetsh.output", "there is no step 'fetsh'; did you mean steps.fetch?"),
        ("steps.zzz.output", "there is no step 'zzz'"),
        ("run.zzz", "run has no 'zzz'; it has id, startedAt, attempt, workflowId; in finally also status and error"),
        (
            "steps.fetch.zzz",
            "a step has no 'zzz'; it has output, status, error, attempts; did you mean steps.fetch.output.zzz?",
        ),
        ("steps.fetch.output.statu", "steps.fetch.output has no key 'statu'; did you mean status?"),
        ("zzz", "there is no name 'zzz'; known names: inputs, steps, run, env, secrets, connection, vars"),
    ],
)
def test_an_unknown_name_is_reported_with_the_known_ones(expression: str, message: str) -> None:
    assert errors_of(expression, **FIELDS) == [message]


def test_a_workflow_without_names_has_none() -> None:
    assert errors_of("inputs.x") == ["there is no input 'x'; inputSchema has none"]
    assert errors_of("vars.x") == ["vars is known only where the workflow has the key vars"]
    assert errors_of("inputs.count", inputSchema=FIELDS["inputSchema"], vars={"a": "{{ vars.b }}", "c": "x"}) == [
        "there is no variable 'b'; vars has none before it"
    ]
