"""Reads of `.approved` are reported if a rejection fails the approval, with a fix."""

from typing import Any

import pytest

from compiler.compiler_helpers import check, step, text_of, workflow
from wftui.compiler.diagnostics.fixes import apply_fix


def asks(on_reject: str | None = None, **fields: Any) -> dict[str, Any]:
    own = {"onReject": on_reject} if on_reject else {}
    return {"id": "ask", "type": "approval", "input": {"prompt": "Go?", **own}, **fields}


def reported(text: str) -> list[str]:
    return [each.code for each in check(text).warnings if each.code == "reference.approved"]


@pytest.mark.parametrize(
    "reader",
    [
        step("b", when="steps.ask.output.approved"),
        step("b", when="steps.ask.output.approved | default(false)"),
        step("b", input={"x": "{{ 'yes' if steps.ask.output['approved'] else 'no' }}"}),
        {"id": "g", "type": "group", "steps": [step("b", when="steps.ask.output.approved")]},
    ],
)
@pytest.mark.parametrize("ask", [asks(), asks("fail"), asks(onError="continue")])
def test_read_never_false(ask: dict[str, Any], reader: dict[str, Any]) -> None:
    text = text_of(workflow(ask, reader))
    (found,) = [each for each in check(text).warnings if each.code == "reference.approved"]
    assert reported(apply_fix(text, found.fixes[0])) == []


@pytest.mark.parametrize(
    "ask",
    [
        asks("continue"),
        asks("{{ 'continue' }}"),
        asks(onError={"fallback": {"approved": False}}),
        step("ask", input={"approved": True}),
    ],
)
def test_read_possibly_false(ask: dict[str, Any]) -> None:
    assert reported(text_of(workflow(ask, step("b", when="steps.ask.output.approved")))) == []


def test_outputs_and_other_reads() -> None:
    outputs = {"yes": "{{ steps.ask.output.approved }}", "by": "{{ steps.ask.output.by }}"}
    assert reported(text_of(workflow(asks(), outputs=outputs))) == ["reference.approved"]
