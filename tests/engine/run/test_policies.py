"""Timeout and retry of a step whose values are expressions."""

from typing import Any

import pytest
from compiler.compiler_helpers import after_fix, found, marked, step, text_of, workflow

from engine.control_flow.flow import compiled, set_
from engine.engine_plans import run

SCHEMA = {"type": "object", "properties": {"n": {}}, "required": ["n"]}


def failing(**fields: Any) -> dict[str, Any]:
    source = workflow({"id": "a", "type": "assert", "input": {"that": False}, **fields}, inputSchema=SCHEMA)
    return {**source, "vars": {"ms": "5ms"}}


async def test_attempts_are_those_of_the_expression() -> None:
    retry = {"maxAttempts": "{{ inputs.n + 1 }}", "delay": "{{ vars.ms }}", "backoff": "{{ 1 }}", "jitter": 0}
    record = await run(compiled(failing(retry=retry)), inputs={"n": 2})
    assert record.status == "failed"
    a = record.step("a")
    assert a is not None
    assert len(a.attempts) == 3


async def test_they_are_evaluated_for_each_item() -> None:
    each = {"in": "[1, 3]", "as": "most", "onItemError": "continue"}
    retry = {"maxAttempts": "{{ most * inputs.n }}", "delay": "1ms"}
    record = await run(compiled(failing(forEach=each, retry=retry)), inputs={"n": 1})
    assert [len(record.step(f"a[{index}]").attempts) for index in (0, 1)] == [1, 3]  # type: ignore[union-attr]


@pytest.mark.parametrize("timeout", ["20ms", 0.02])
async def test_a_timeout_takes_a_text_or_seconds(timeout: Any) -> None:
    waiting = {"id": "a", "type": "delay", "input": {"for": "1h"}, "timeout": "{{ inputs.n }}"}
    inside = {
        "id": "a",
        "type": "group",
        "timeout": "{{ inputs.n }}",
        "steps": [{**waiting, "id": "b", "timeout": "1h"}],
    }
    for each in (waiting, inside):
        record = await run(compiled(workflow(each, inputSchema=SCHEMA)), inputs={"n": timeout})
        assert record.error is not None
        assert (record.error.type, record.error.step_id) == ("timeout", "a")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("maxAttempts", 0, "`retry.maxAttempts` must give a whole number of at least 1"),
        ("maxAttempts", True, "`retry.maxAttempts` must give a whole number of at least 1"),
        ("backoff", 0.5, "`retry.backoff` must give a number of at least 1"),
        ("jitter", 2, "`retry.jitter` must give a number between 0 and 1"),
        ("delay", "soon", "`retry.delay` must give a duration: 'soon' is not a duration; write"),
        ("totalTimeout", None, "`retry.totalTimeout` must give a duration: a duration is text"),
        ("maxDelay", -1, "`retry.maxDelay` must give a duration: a duration is between"),
    ],
)
async def test_a_value_that_does_not_fit_fails_the_step(key: str, value: Any, message: str) -> None:
    retry = {"maxAttempts": 2, key: "{{ inputs.n }}"}
    record = await run(compiled(failing(retry=retry)), inputs={"n": value})
    assert record.error is not None
    assert record.error.type == "binding.type"
    assert message in record.error.message
    assert (record.error.step_id, record.error.pointer) == ("a", f"/steps/0/retry/{key}")


async def test_defaults_may_be_expressions_too() -> None:
    source = failing()
    types = {"assert": {"retry": {"maxAttempts": "{{ inputs.n }}", "delay": "1ms"}}}
    record = await run(compiled({**source, "defaults": {"types": types}}), inputs={"n": 3})
    general = {"retry": {"maxAttempts": "{{ inputs.n }}", "delay": "1ms"}, "timeout": "{{ vars.ms }}"}
    other = await run(compiled({**source, "defaults": general}), inputs={"n": 2})
    assert [len(each.step("a").attempts) for each in (record, other)] == [3, 2]  # type: ignore[union-attr]


async def test_what_a_policy_reads_comes_first() -> None:
    steps = [set_("a", v=1), set_("b", v=1) | {"needs": [], "timeout": "{{ steps.a.output.v }}"}]
    plan = compiled(workflow(*steps))
    assert plan.steps[1].needs == ("a",)


@pytest.mark.parametrize(
    ("fields", "code", "mark"),
    [
        ({"timeout": "{{ input.n }}"}, "reference.name", "input"),
        ({"retry": {"maxAttempts": "{{ inputs.m }}"}}, "reference.input", "inputs.m"),
        ({"retry": {"maxAttempts": 2, "delay": "{{ secrets.x }}"}}, "secret.place", "secrets.x"),
        ({"timeout": "soon"}, "value.duration", '"soon"'),
        ({"retry": {"maxAttempts": 0}}, "value.range", "0"),
        ({"retry": {"maxAttempts": 2, "backoff": "fast"}}, "value.type", '"fast"'),
        ({"retry": {"maxAttempts": 2, "jitter": 3}}, "value.range", "3"),
    ],
)
def test_what_the_compiler_says(fields: dict[str, Any], code: str, mark: str) -> None:
    text = text_of(workflow(step("a", input={"v": "{{ inputs.n }}"}, **fields), inputSchema=SCHEMA))
    (only,) = found(text)
    assert (only.code, marked(text, only)) == (code, mark)


def test_a_number_as_text_is_offered_as_a_number() -> None:
    text = text_of(workflow(step("a", retry={"maxAttempts": "3"})))
    (only,) = found(text)
    assert after_fix(text, only) == []


INNER: dict[str, Any] = {"id": "b", "type": "set", "input": {}}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"type": "set", "input": {}, "when": "inputs.n"}, "/steps/0/when"),
        ({"type": "set", "input": {}, "timeout": "{{ inputs.n }}"}, "/steps/0/timeout"),
        ({"type": "set", "input": {}, "forEach": {"in": "inputs.n"}}, "/steps/0/forEach/in"),
        ({"type": "set", "input": {}, "forEach": {"in": {"matrix": {"a": "{{ inputs.n }}"}}}}, "/steps/0/forEach/in"),
        ({"type": "set", "input": {}, "forEach": {"in": "[1]", "when": "inputs.n"}}, "/steps/0/forEach/when"),
        ({"type": "set", "input": {}, "forEach": {"in": "[1]", "stopWhen": "inputs.n"}}, "/steps/0/forEach/stopWhen"),
        ({"type": "loop", "until": "inputs.n", "maxIterations": 1, "steps": [INNER]}, "/steps/0/until"),
        ({"type": "loop", "while": "inputs.n", "maxIterations": 1, "steps": [INNER]}, "/steps/0/while"),
        ({"type": "switch", "cases": [{"when": "inputs.n", "steps": [INNER]}]}, "/steps/0/cases/0/when"),
    ],
)
async def test_a_value_of_the_wrong_kind_names_its_expression(fields: dict[str, Any], pointer: str) -> None:
    record = await run(compiled(workflow({"id": "a", **fields}, inputSchema=SCHEMA)), inputs={"n": "soon"})
    assert record.error is not None
    assert record.error.type == "binding.type"
    assert (record.error.pointer or "").startswith(pointer)
    assert record.error.line is not None
    assert record.error.column is not None
