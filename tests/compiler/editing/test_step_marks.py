"""Marks of a step: how often, when and under which policy it runs."""

from pathlib import Path
from typing import Any

import pytest

from compiler.compiler_helpers import compiler_of, step, text_of, workflow
from wftui.compiler.editing.step_edits import listed_steps
from wftui.compiler.editing.step_marks import step_marks


@pytest.mark.parametrize(
    ("fields", "signs", "words"),
    [
        ({}, [], []),
        ({"disabled": True}, ["off"], ["disabled"]),
        ({"forEach": {"in": [1, 2, 3]}}, ["\N{MULTIPLICATION SIGN}3"], ["for each of 3 items"]),
        ({"forEach": {"in": "inputs.rows"}}, ["\N{MULTIPLICATION SIGN}n"], ["for each of inputs.rows"]),
        (
            {"forEach": {"in": {"matrix": {"a": [1, 2], "b": "inputs.rows"}}}},
            ["\N{MULTIPLICATION SIGN}2\N{MULTIPLICATION SIGN}n"],
            ["for each of a matrix"],
        ),
        (
            {"type": "loop", "maxIterations": 5, "while": "vars.n < 3"},
            ["while ≤5"],
            ["repeated up to 5 times, while vars.n < 3"],
        ),
        (
            {"forEach": {"in": [1], "when": "item > 1", "stopWhen": "output.found"}},
            ["\N{MULTIPLICATION SIGN}1?"],
            ["for each of 1 items, when item > 1, stops when output.found"],
        ),
        ({"type": "workflow", "input": {"workflow": "b", "wait": False}}, ["&"], ["not waited for"]),
        ({"type": "workflow", "input": {"workflow": "b"}}, [], []),
        ({"type": "race"}, ["1st"], ["the first success wins"]),
        ({"when": "inputs.x"}, ["?"], ["when inputs.x"]),
        ({"join": "any_success"}, ["any"], ["waits for the first success before it"]),
        ({"join": "all_done"}, ["done"], ["waits until all before it have ended, in any way"]),
        ({"join": "any_failed"}, ["fail"], ["runs when one before it has failed"]),
        ({"join": "none_failed"}, ["ok"], ["runs when none before it has failed"]),
        ({"join": "later"}, ["later"], ["join later"]),
        ({"join": "all_success"}, [], []),
        ({"retry": {"maxAttempts": 3}}, ["↻3"], ["up to 3 attempts"]),
        ({"retry": {"maxAttempts": "{{ inputs.n }}"}}, ["↻n"], ["up to n attempts"]),
        ({"timeout": "30s"}, ["<30s"], ["timeout 30s"]),
        ({"timeout": "{{ inputs.t }}"}, ["<t"], ["timeout {{ inputs.t }}"]),
        ({"onError": "continue"}, ["!"], ["on error: continue"]),
        ({"onError": {"fallback": 1}}, ["!"], ["on error: a fallback"]),
        ({"catch": [{"steps": []}]}, ["!{"], ["catches errors"]),
        ({"type": "loop", "maxIterations": 5}, ["≤5"], ["repeated up to 5 times"]),
        ({"type": "approval", "input": {}}, ["ask"], ["waits for an answer"]),
        ({"type": "approval", "input": {"onReject": "continue"}}, ["ask"], ["waits for an answer, no continues"]),
        ({"type": "approval", "input": {"onReject": "fail"}}, ["ask"], ["waits for an answer"]),
        ({"timeout": "12345s"}, ["<t"], ["timeout 12345s"]),
        ({"when": "x" * 24}, ["?"], [f"when {'x' * 24}"]),
        ({"when": "x" * 25}, ["?"], [f"when {'x' * 23}\N{HORIZONTAL ELLIPSIS}"]),
        ({"forEach": {"in": {"a": 1}}}, ["\N{MULTIPLICATION SIGN}n"], ["for each of an object"]),
        ({"onError": "fail"}, [], []),
        ({"disabled": "no", "retry": 3, "forEach": 1, "join": 5}, [], []),
    ],
)
def test_step_has_marks(fields: dict[str, Any], signs: list[str], words: list[str]) -> None:
    marks = step_marks({"id": "a", "type": "set", **fields})
    assert [mark.sign for mark in marks] == signs
    assert [mark.words for mark in marks] == words
    assert all(mark.ascii.isascii() for mark in marks)


def test_first_step_of_a_case_has_its_condition() -> None:
    inner = '{"id": "%s", "type": "set", "input": {}}'
    text = (
        '{"steps": [{"id": "s", "type": "switch", "cases": [{"when": "inputs.a", "steps": ['
        + ", ".join([inner % "a", inner % "b"])
        + ']}], "default": {"steps": ['
        + inner % "c"
        + "]}}]}"
    )
    steps = listed_steps(text)
    assert steps is not None
    assert {each.id: each.case for each in steps} == {"s": None, "a": "inputs.a", "b": None, "c": "else"}


def test_steps_of_finally_are_named_as_such_wherever_steps_are_listed() -> None:
    group = {"id": "g", "type": "group", "steps": [step("inner")]}
    text = text_of({**workflow(step("a")), "finally": [group, step("z")]})
    branches = {"a": None, "g": "finally", "g.inner": None, "z": "finally"}
    listed = listed_steps(text)
    assert listed is not None
    assert {each.path: each.branch for each in listed} == branches
    outline = compiler_of(Path("nowhere")).outline("flow", text)
    assert {each.path: each.branch for each in outline.steps} == branches
