"""`defaults.types`: inherited values, and diagnostics about them."""

from typing import Any

import pytest
from engine.control_flow.flow import compiled
from engine.engine_plans import run

from compiler.compiler_helpers import after_fix, check, found, marked, step, text_of, workflow


def with_types(*steps: dict[str, Any], **types: Any) -> dict[str, Any]:
    return workflow(*steps, defaults={"types": types})


async def test_a_step_goes_before_its_type_field_by_field() -> None:
    steps = step("a", input={"x": 1}), step("b"), step("c", forEach={"in": "[1, 2]"}, input={"y": "{{ item }}"})
    source = with_types(*steps, set={"input": {"x": "{{ vars.v }}", "y": {"z": "{{ run.workflowId }}"}}})
    record = await run(compiled({**source, "vars": {"v": 5}}))
    whole = {"z": "flow"}
    outputs = [record.step(name).output for name in ("a", "b", "c")]  # type: ignore[union-attr]
    assert outputs == [{"x": 1, "y": whole}, {"x": 5, "y": whole}, [{"x": 5, "y": 1}, {"x": 5, "y": 2}]]


def test_a_type_goes_before_all_steps_and_a_step_before_both() -> None:
    source = with_types(
        step("a"),
        step("b", timeout="1s", retry={"maxAttempts": 4}, onError="fail"),
        {"id": "c", "type": "delay", "input": {"for": "1s"}},
        set={"timeout": "2s", "retry": {"maxAttempts": 2}, "onError": {"fallback": 1}},
    )
    source["defaults"] |= {"timeout": "9s", "retry": {"maxAttempts": 9, "totalTimeout": "1m"}, "onError": "continue"}
    a, b, c = compiled(source).steps
    assert [(each.timeout, each.retry.max_attempts, each.on_error) for each in (a, b, c)] == [
        (2, 2, "fallback"),
        (1, 4, "fail"),
        (None, 9, "continue"),
    ]
    assert (a.fallback, c.retry.total_timeout) == (1, None)  # a delay takes no time limit of all steps


def test_a_timeout_of_the_type_itself_holds_for_a_step_that_waits() -> None:
    source = with_types({"id": "c", "type": "delay", "input": {"for": "1s"}}, delay={"timeout": "2s"})
    assert compiled(source).steps[0].timeout == 2


@pytest.mark.parametrize("read", ["steps.a.output", "item", "index", "secrets.x", "connection.x", "previous"])
def test_a_default_reads_what_every_step_can_read(read: str) -> None:
    text = text_of(with_types(step("a"), step("b", forEach={"in": "[1]"}), set={"input": {"v": f"{{{{ {read} }}}}"}}))
    (only,) = [each for each in found(text) if each.code == "reference.defaults"]
    assert (only.pointer, marked(text, only)) == ("/defaults/types/set/input/v", read)


def test_a_wrong_field_is_reported_once_where_it_stands() -> None:
    first, second = ({"id": name, "type": "shell", "input": {"script": "true"}} for name in ("a", "b"))
    text = text_of(with_types(first, second, shell={"input": {"prase": "json"}}))
    (only,) = found(text)
    assert (only.code, only.pointer) == ("input.unknown", "/defaults/types/shell/input/prase")
    assert after_fix(text, only) == []


def test_a_step_whose_input_is_all_defaults_is_checked() -> None:
    text = text_of(with_types({"id": "a", "type": "shell"}, shell={"input": {"script": "true", "expect": "no"}}))
    (only,) = found(text)
    assert (only.code, marked(text, only)) == ("input.type", '"no"')


def test_an_error_of_a_default_points_to_it() -> None:
    steps = step("a"), step("b")
    text = text_of(with_types(*steps, set={"input": {"v": "{{ 1 + run.attempt }}"}}))
    code = check(text).generated_code
    assert code is not None
    assert code.count('"/defaults/types/set/input/v"') == 2


@pytest.mark.parametrize(("word", "code"), [("shel", "step.type"), ("group", "key.misplaced")])
def test_defaults_of_no_step_type_are_refused(word: str, code: str) -> None:
    text = text_of(with_types(step("a"), **{word: {"timeout": "1s"}}))
    (only,) = found(text)
    assert (only.code, marked(text, only)) == (code, f'"{word}"')
    assert after_fix(text, only) == []


@pytest.mark.parametrize(
    ("own", "pointer"),
    [
        ({"retry": {"maxAttempts": 0}}, "/steps/0/retry/maxAttempts"),
        ({"timeout": "soon"}, "/steps/0/timeout"),
        ({"onError": "ignored"}, "/steps/0/onError"),
        ({"onError": {"fallback": 1, "more": 2}}, "/steps/0/onError/more"),
    ],
)
def test_a_wrong_policy_of_a_step_is_marked_in_the_step(own: dict[str, Any], pointer: str) -> None:
    defaults = {"retry": {"maxAttempts": 2}, "timeout": "9s", "onError": {"fallback": 2}}
    result = check(workflow(step("a", **own), defaults=defaults))
    assert [each.pointer for each in result.errors] == [pointer]
