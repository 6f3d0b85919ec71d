"""The value that an expression would have now, from the results of a run."""

import os
from typing import Any

import pytest

from compiler.compiler_helpers import step, workflow
from wftui.compiler.editing.known_values import UnknownValueError, known_value, scope_at
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult

FLOW: dict[str, Any] = workflow(
    step("fetch", input={}),
    step("skipped", input={}),
    {
        "id": "each",
        "type": "group",
        "forEach": {"in": "steps.fetch.output.rows", "as": "row"},
        "steps": [step("inner", input={}), step("after", input={})],
    },
    step("last", input={}),
    env=["HOME"],
)


def result(path: str, output: Any = None, status: Any = "completed") -> StepResult:
    return StepResult(path=path, step_id=path, step_name=path, step_type="set", status=status, output=output)


RECORD = ExecutionRecord(
    id="r1",
    workflow_id="flow",
    inputs={"name": "Ada"},
    vars={"limit": 3},
    step_results=[
        result("fetch", {"rows": [{"id": 7}, {"id": 8}], "text": "abc"}),
        result("skipped", status="skipped"),
        result("each[1]"),
        result("each[1].inner", {"double": 16}),
        result("last", {"$value": "0" * 64, "bytes": 5_000_000, "preview": "["}),
    ],
)


@pytest.mark.parametrize(
    ("pointer", "text", "value"),
    [
        ("/steps/3", "{{ steps.fetch.output.rows | length }}", 2),
        ("/steps/3", "Dear {{ inputs.name }}, {{ vars.limit }}", "Dear Ada, 3"),
        ("/steps/3", "{{ env.HOME }}", "/home/ada"),
        ("/steps/3", "{{ steps.skipped.output | default('none') }}", "none"),
        ("/steps/2/steps/1", "{{ row.id }}", 8),
        ("/steps/2/steps/1", "{{ index }}", 1),
        ("/steps/2/steps/1", "{{ steps.inner.output.double + row.id }}", 24),
        ("/steps/2/steps/1", "{{ steps.fetch.output.text }}", "abc"),
        (None, "{{ steps.fetch.output.text }}", "abc"),
    ],
)
def test_value_is_that_of_the_run(pointer: str | None, text: str, value: Any) -> None:
    scope = scope_at(FLOW, pointer, RECORD, {"HOME": "/home/ada", "TOKEN": "secret"})
    assert known_value(text, scope, bare=False) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("plain", "there is no expression"),
        ("{{ secrets.token }}", "secrets are known only in a run"),
        ("{{ steps.last.output }}", "the output it reads is big"),
        ("{{ steps.skipped.output }}", "was skipped"),
        ("{{ inputs.nmae }}", "no name 'nmae'"),
        ("{{ 1 + }}", "the expression has errors"),
        ("{{ 1 / 0 }}", "0"),
        ("{{ 'x' * 999999999 }}", "16,000,000"),
        ("{{ env.TOKEN }}", "TOKEN"),
    ],
)
def test_reason_is_given_without_a_value(text: str, reason: str) -> None:
    with pytest.raises(UnknownValueError) as told:
        known_value(text, scope_at(FLOW, None, RECORD, {"TOKEN": "secret"}), bare=False)
    assert reason in str(told.value)


def test_a_bare_expression_with_errors_has_no_value() -> None:
    with pytest.raises(UnknownValueError, match="the expression has errors"):
        known_value("1 +", scope_at(FLOW, None, RECORD), bare=True)


def test_variables_that_cannot_have_these_names_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WFTUI_TEST_NAME", "ada")
    names: list[Any] = [5, None, ["HOME"], {}, "\ud800", "a\0b", "", "WFTUI_TEST_NAME"]
    scope = scope_at({**FLOW, "env": names}, "/steps/3", RECORD, os.environ)
    assert known_value("env.WFTUI_TEST_NAME", scope, bare=True) == "ada"
