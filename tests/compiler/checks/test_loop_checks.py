"""Loops and lists of items: what the compiler says about them."""

from typing import Any

import pytest

from compiler.compiler_helpers import after_fix, found, step, text_of, workflow

LOOP: dict[str, Any] = {"id": "l", "type": "loop", "maxIterations": 2, "steps": [step("x")]}


def test_a_loop_needs_an_end() -> None:
    text = text_of(workflow(LOOP))
    (only,) = found(text)
    assert (only.code, only.message) == ("key.missing", 'a loop needs the key "until", or "while"')
    assert after_fix(text, only) == []


@pytest.mark.parametrize("key", ["until", "while"])
def test_either_end_is_enough(key: str) -> None:
    assert found(workflow({**LOOP, key: "index > 1"})) == []


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        ("soon", 'delay: \'soon\' is not a duration; write "500ms", "30s", "15m", "4h" or "7d"'),
        ({"delay": "1s", "backoff": 0}, "delay.backoff must be at least 1.0, not 0"),
        ({"backoff": 2}, 'the key "delay" is missing'),
        ({"delay": "1s", "most": 3}, "unknown key 'most'"),
    ],
)
def test_a_delay_that_is_none(delay: Any, message: str) -> None:
    assert message in [each.message for each in found(workflow({**LOOP, "until": "true", "delay": delay}))]


def test_previous_of_parallel_items_is_refused() -> None:
    text = text_of(workflow(step("c", forEach={"in": "[1]", "maxParallel": 4}, input={"v": "{{ previous }}"})))
    (only,) = found(text)
    assert only.message == "the items of c run in parallel, so none of them has a previous one"
    assert after_fix(text, only) == []


def test_previous_is_undefined_outside_of_a_loop() -> None:
    (only,) = found(workflow(step("c", input={"v": "{{ previous }}"})))
    assert only.code == "reference.name"


@pytest.mark.parametrize("where", ["when", "stopWhen"])
def test_conditions_of_items_are_checked(where: str) -> None:
    (only,) = found(workflow(step("c", forEach={"in": "[1]", where: "1 + index"})))
    assert (only.code, only.pointer) == ("condition.type", f"/steps/0/forEach/{where}")


def test_the_output_of_an_item_is_known_only_to_stop_when() -> None:
    (only,) = found(workflow(step("c", forEach={"in": "[1]", "when": "output == 1"})))
    assert only.code == "reference.name"
