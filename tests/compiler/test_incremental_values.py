"""Incremental checks of values: only strings that read what an edit changed."""

import json
import random
from typing import Any

import pytest

from compiler.compiler_helpers import compiler_of
from compiler.incremental_edits import NOWHERE, assert_agrees

GIVEN: list[Any] = [
    1,
    "text",
    True,
    None,
    {"y": 2},
    {"y": {"z": "deep"}},
    [1],
    "{{ inputs.word }}",
    "{{ inputs.number }}",
]
READS = [
    "inputs.word",
    "inputs.word.part",
    "inputs.number + 1",
    "inputs",
    "inputs.word | upper",
    "steps.{other}.output.a",
    "steps.{other}.output.a.y",
    "steps.{other}.output.b.y.z",
    "steps.{other}.output.none",
    "steps.{other}.output.a + steps.first.output.b",
    "steps.first.output.a.y if inputs.number else steps.{other}.output.b",
    "steps.{other}.output | length",
    "vars.v",
]


class Values:
    """Random edits of a workflow whose steps pass values on, each by several strings."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.source: dict[str, Any] = {
            "format": 1,
            "id": "flow",
            "inputSchema": {
                "type": "object",
                "properties": {"word": {"type": "string"}, "number": {"type": "integer"}},
                "required": ["number"],
            },
            "vars": {"v": "{{ inputs.word }}"},
            "steps": [{"id": "first", "type": "set", "input": {"a": 1, "b": {"y": 1}}}],
            "outputs": {"o": "{{ steps.s5.output.a.y }}"},
        }
        steps = self.source["steps"]
        for number in range(12):
            step: dict[str, Any] = {"id": f"s{number}", "type": "set", "input": {}}
            if number % 5 == 2:
                inner = {"id": f"i{number}", "type": "set", "input": {"a": "{{ item.y }}", "b": self.reader(number)}}
                step = {"id": f"s{number}", "type": "group", "steps": [inner]}
                step["forEach"] = {"in": self.bare(number)}
            elif number % 5 == 3:
                step |= {"type": "delay", "input": {"for": self.reader(number)}, "when": self.bare(number)}
            elif number % 5 == 4:
                caught = {"id": f"c{number}", "type": "set", "input": {"a": self.reader(number)}}
                step["catch"] = [{"steps": [caught], "output": {"a": self.reader(number)}}]
            else:
                step["input"] = {"a": self.reader(number), "b": self.reader(number), "c": f"t {self.reader(number)}"}
            steps.append(step)

    def bare(self, number: int) -> str:
        other = f"s{self.random.randrange(number)}" if number else "first"
        return self.random.choice(READS).format(other=other)

    def reader(self, number: int) -> str:
        return f"{{{{ {self.bare(number)} }}}}"

    def step(self, step_id: str) -> dict[str, Any]:
        return next(each for each in self.source["steps"] if each["id"] == step_id)

    def edit(self) -> None:
        """Change what others read: an input, the head, a literal, or one string of a step."""
        choose, kind = self.random.choice, self.random.randrange(5)
        schema, steps = self.source["inputSchema"], self.source["steps"]
        if kind == 0:
            schema["properties"][choose(["word", "number"])]["type"] = choose(
                ["string", "integer", "boolean", "object", ["string", "null"]]
            )
        elif kind == 1:
            schema["required"] = choose([["number"], ["word"], [], ["word", "number"]])
        elif kind == 2:
            self.step("first")["input"][choose("ab")] = choose(GIVEN)
        elif kind == 3:
            number = choose([0, 1, 5, 6, 10, 11])
            step = self.step(f"s{number}")
            step["input"][choose("abc")] = choose([choose(GIVEN), self.reader(number)])
        else:
            steps.insert(choose([0, 1, len(steps)]), steps.pop(choose([-1, -2])))


@pytest.mark.first_cases(4)
@pytest.mark.parametrize("seed", range(16))
def test_strings_that_read_what_changed_are_checked_as_new_ones(seed: int) -> None:
    values = Values(seed)
    remembering = compiler_of(NOWHERE)
    for _ in range(40):
        values.edit()
        assert_agrees(remembering, json.dumps(values.source, indent=1))


def test_a_string_keeps_its_finding_while_another_of_its_step_changes() -> None:
    """An input is another type; the step also reads a step that is as before."""
    values = Values(0)
    values.source["steps"] = [
        {"id": "first", "type": "set", "input": {"a": 1}},
        {"id": "second", "type": "set", "input": {"a": "{{ steps.first.output.a.y }}", "b": "{{ inputs.word.part }}"}},
        {"id": "third", "type": "set", "input": {"c": "{{ steps.second.output.b.part }}"}},
    ]
    values.source["outputs"] = {}
    remembering = compiler_of(NOWHERE)
    for kind, found in (("string", 2), ("object", 1), ("integer", 2)):
        values.source["inputSchema"]["properties"]["word"]["type"] = kind
        text = json.dumps(values.source, indent=1)
        assert_agrees(remembering, text)
        codes = [each.code for each in remembering.check("flow", text).errors]
        assert codes.count("reference.property") == found


PASSING: dict[str, list[dict[str, Any]]] = {
    "a step": [{"id": "s", "type": "set", "input": {"a": "{{ steps.first.output.a }}"}}],
    "two steps": [
        {"id": "r", "type": "set", "input": {"a": "{{ steps.first.output.a }}"}},
        {"id": "s", "type": "set", "input": {"a": "{{ steps.r.output.a }}", "b": "of {{ steps.first.output }}"}},
    ],
    "a group": [
        {"id": "s", "type": "group", "steps": [{"id": "i", "type": "set", "input": {"a": "{{ inputs.a }}"}}]},
    ],
    "a catch": [
        {"id": "s", "type": "set", "input": {}, "catch": [{"steps": [], "output": {"a": "{{ inputs.a }}"}}]},
    ],
    "items": [
        {"id": "r", "type": "set", "forEach": {"in": "[inputs.a]"}, "input": {"a": "{{ item }}"}},
        {"id": "s", "type": "set", "input": {"a": "{{ steps.r.output[0].a }}"}},
    ],
}


@pytest.mark.parametrize("steps", PASSING.values(), ids=PASSING)
def test_a_change_reaches_those_who_read_it_through_others(steps: list[dict[str, Any]]) -> None:
    part: dict[str, Any] = {"type": "object", "properties": {"y": {"type": "string"}}, "additionalProperties": False}
    first = {"id": "first", "type": "set", "input": {"a": "{{ inputs.a }}"}}
    last = {"id": "last", "type": "set", "input": {"a": "{{ steps.s.output.a.y }}"}}
    source: dict[str, Any] = {"format": 1, "id": "flow", "inputSchema": {"type": "object", "required": ["a"]}}
    source |= {"steps": [first, *steps, last]}
    remembering, codes = compiler_of(NOWHERE), list[list[str]]()
    for known in ("y", "z", "y"):
        part["properties"] = {known: {"type": "string"}}
        source["inputSchema"]["properties"] = {"a": part}
        text = json.dumps(source, indent=1)
        assert_agrees(remembering, text)
        codes.append([each.code for each in remembering.check("flow", text).errors])
    assert codes == [[], ["reference.property"], []]


def test_a_fix_follows_the_step_that_it_changes() -> None:
    plain = {"id": "s", "type": "set", "input": {"a": "inputs.word"}}
    source: dict[str, Any] = {
        "format": 1,
        "id": "flow",
        "inputSchema": Values(0).source["inputSchema"],
        "steps": [plain],
    }
    remembering = compiler_of(NOWHERE)
    for number in range(3):
        text = json.dumps(source, indent=1)
        assert_agrees(remembering, text)
        found = [each for each in remembering.check("flow", text).warnings if each.code == "expression.no_braces"]
        assert [each.fixes[0].patch[0].path for each in found] == [f"/steps/{number}/input/a"]
        source["steps"].insert(0, {"id": f"n{number}", "type": "set", "needs": [], "input": {"b": 1}})
