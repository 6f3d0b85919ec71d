"""Reachability of steps: reports on joins and on reads of skippable steps."""

from typing import Any

import pytest

from compiler.compiler_helpers import check, step, workflow

INPUTS = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "mode": {"type": "string"}, "flag": {"type": "boolean"}},
    "required": ["n", "mode", "flag"],
}
READ_INPUTS = {"n": "{{ inputs.n }}", "mode": "{{ inputs.mode }}", "flag": "{{ inputs.flag }}"}


def codes(*steps: dict[str, Any], **fields: Any) -> list[tuple[str, str]]:
    """Severity and code of the reports on the flow of these steps."""
    result = check(workflow(*steps, inputSchema=INPUTS, **{"outputs": READ_INPUTS, **fields}))
    told = [(each.severity, each.code) for each in [*result.errors, *result.warnings]]
    return [each for each in told if each[1].startswith(("flow.", "reference.maybe"))]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("inputs.flag", "not inputs.flag"),
        ("inputs.flag == true", "not inputs.flag"),
        ("inputs.mode == 'a'", "inputs.mode == 'b'"),
        ("inputs.mode == 'a'", "inputs.mode != 'a'"),
        ("'a' == inputs.mode", "inputs.mode in ['b', 'c']"),
        ("inputs.mode in ['a', 'b']", "inputs.mode not in ['b', 'a', 'c']"),
        ("inputs.n > 3", "inputs.n <= 3"),
        ("inputs.n >= 3", "3 > inputs.n"),
        ("inputs.n == 3", "inputs.n > 3"),
        ("inputs.n > 3 and inputs.flag", "inputs.mode == 'x' and not inputs.flag"),
        ("not (inputs.flag or inputs.n > 3)", "inputs.flag"),
        ("inputs.mode | length > 3", "inputs.mode | length <= 3"),
        ("inputs.mode is none", "inputs.mode is not none"),
    ],
)
def test_exclusive_branches_cannot_be_joined(left: str, right: str) -> None:
    branches = [step("a", needs=[], when=left), step("b", needs=[], when=right)]
    assert codes(*branches, step("c", needs=["a", "b"])) == [("error", "flow.dead_join")]
    between = step("d", needs=["b"])
    assert codes(*branches, between, step("c", needs=["a", "d"])) == [("error", "flow.dead_join")]
    for join in ("none_failed", "any_success", "all_done", "any_failed"):
        assert codes(*branches, step("c", needs=["a", "b"], join=join)) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("inputs.flag", "inputs.flag"),
        ("inputs.flag", "inputs.n > 3"),
        ("inputs.mode == 'a'", "inputs.mode in ['a', 'b']"),
        ("inputs.n > 3", "inputs.n > 2"),
        ("inputs.n >= 3", "inputs.n <= 3"),
        ("inputs.flag or inputs.n > 3", "not inputs.flag"),
        ("inputs.mode != 'a'", "inputs.mode != 'b'"),
    ],
)
def test_compatible_branches_can_be_joined(left: str, right: str) -> None:
    branches = [step("a", needs=[], when=left), step("b", needs=[], when=right)]
    assert codes(*branches, step("c", needs=["a", "b"])) == []


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("inputs.n == 1", "inputs.n > 5", [("warning", "flow.unreachable")]),
        ("inputs.n > 5", "inputs.n == 1", [("warning", "flow.unreachable")]),
        ("inputs.n > 5", "inputs.n == 6", []),
        ("inputs.n == 6", "inputs.n > 5", []),
    ],
)
def test_condition_excludes_the_condition_of_a_needed_step(
    first: str, second: str, told: list[tuple[str, str]]
) -> None:
    assert codes(step("a", needs=[], when=first), step("b", needs=["a"], when=second)) == told


def test_only_the_dead_join_is_reported() -> None:
    told = codes(
        step("a", needs=[], when="inputs.flag"),
        step("b", needs=[], when="not inputs.flag"),
        step("c", needs=["a", "b"]),
        step("d", needs=["c"]),
    )
    assert told == [("error", "flow.dead_join"), ("warning", "flow.unreachable")]


def test_status_impossible_under_the_join() -> None:
    ok = step("a", needs=[])
    for condition in ("steps.a.status == 'failed'", "steps.a.status != 'completed'", "steps.a.status == 'skipped'"):
        assert codes(ok, step("b", when=condition)) == [("error", "flow.dead_join")]
        assert codes(ok, step("b", when=condition, join="all_done")) == []
    assert codes(ok, step("b", when="steps.a.status == 'completed'")) == []
    handled = step("a", needs=[], onError="continue")
    assert codes(handled, step("b", when="steps.a.status == 'failed'")) == []
    assert codes(ok, step("b", when="steps.a.status == 'failed'"), defaults={"onError": "continue"}) == []


def test_condition_contradicts_its_path() -> None:
    told = codes(step("a", when="inputs.n > 3"), step("b", needs=["a"], when="inputs.n < 2"))
    assert told == [("warning", "flow.unreachable")]
    assert codes(step("a", when="inputs.n > 3"), step("b", when="inputs.n < 2")) == []


def test_disabled_step_disables_its_dependants() -> None:
    off = step("a", disabled=True)
    assert codes(off, step("b", needs=["a"]), step("c", needs=["b"])) == [("warning", "flow.unreachable")] * 2
    assert codes(off, step("b")) == []
    assert codes(off, step("b", needs=["a"], join="all_done")) == []


A = step("a", needs=[], when="inputs.flag", input={"x": 1})
OTHER = step("other", needs=[])
READ = {"x": "{{ steps.a.output.x }}"}


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([A, step("c", input=READ)], "hint"),
        ([A, step("c", input=READ), step("d", input={"x": "{{ steps.c.output.x }}"})], "hint"),
        ([A, OTHER, step("c", needs=["other"], input=READ)], "warning"),
        ([A, OTHER, step("c", needs=["other"], join="none_failed", input=READ)], "warning"),
        ([A, OTHER, step("c", needs=["other"], join="all_done", input=READ)], "warning"),
        ([step("a", needs=[], input={"x": 1}), step("c", join="all_done", input=READ)], "warning"),
        ([step("a", needs=[], input={"x": 1}), step("c", join="none_failed", input=READ)], ""),
        ([A, step("c", input={"x": "{{ steps.a.output.x | default(0) }}"})], ""),
        ([A, step("c", input={"x": "{{ steps.a.output is defined }}"})], ""),
        ([A, step("c", input={"x": "{{ steps.a.status }}"})], ""),
        ([A, step("b", when="inputs.n > 1", input=READ), step("c", needs=["a"], input=READ)], "hint"),
    ],
)
def test_read_of_a_skippable_step(steps: list[dict[str, Any]], told: str) -> None:
    severities = {severity for severity, code in codes(*steps) if code == "reference.maybe_skipped"}
    assert severities == ({told} if told else set())


def test_reading_an_intermediate_step_is_not_a_rejoin() -> None:
    told = codes(
        step("first", needs=[], input={"x": 1}),
        step("a", needs=["first"], when="inputs.flag", input={"x": 1}),
        step("c", needs=["a"], input={"x": "{{ steps.first.output.x }}"}),
    )
    assert told == []


def test_output_may_be_null() -> None:
    may_fail = step("a", onError="continue", input={"x": 1})
    assert codes(may_fail, step("b", input=READ)) == [("warning", "reference.maybe_null")]
    assert codes(may_fail, step("b", input={"x": "{{ steps.a.output }}"})) == []
    assert codes(step("a", onError={"fallback": {"x": 0}}, input={"x": 1}), step("b", input=READ)) == []


def test_container_waits_for_steps_read_inside() -> None:
    source = workflow(
        step("a", needs=[], input={"x": 1}),
        {"id": "g", "type": "group", "needs": [], "steps": [step("inner", input=READ)]},
    )
    result = check(source)
    assert result.errors == []
    assert 'id="g",\n    type="group",\n    name="g",\n    needs=("a",),' in str(result.generated_code)


def test_maybe_null_reads_in_finally_are_hints() -> None:
    source = workflow(step("a", input={"x": 1}), finally_=[])
    del source["finally_"]
    source["finally"] = [step("clean", input=READ)]
    assert [(each.severity, each.code) for each in check(source).warnings] == [("hint", "reference.maybe_skipped")]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([step("b", when="inputs.flag")], "when inputs.flag"),
        ([step("b", disabled=True)], "it is disabled"),
        ([step("a"), step("b", needs=["a"], join="any_failed")], "its join is any_failed"),
        ([step("a", when="inputs.flag"), step("b", needs=["a"])], "a has a when"),
    ],
)
def test_a_read_of_a_skippable_step_says_why_it_is_skipped(steps: list[dict[str, Any]], reason: str) -> None:
    reader = step("c", needs=["b"], join="all_done", input={"x": "{{ steps.b.output.x }}"})
    result = check(workflow(*steps, reader, inputSchema=INPUTS, outputs=READ_INPUTS))
    told = [each.message for each in result.warnings if each.code == "reference.maybe_skipped"]
    assert told == [f"b may be skipped ({reason}); its output is then missing"]
