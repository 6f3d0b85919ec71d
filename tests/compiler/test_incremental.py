"""Incremental compilation: after any edit it gives what a new compiler gives."""

import json
import random
from typing import Any

import pytest

from compiler.compiler_helpers import STEP_TYPES, compiler_of, text_of, workflow
from compiler.every_feature import EVERYTHING
from compiler.incremental_edits import (
    LAYOUTS,
    NOWHERE,
    Editor,
    assert_agrees,
    assert_same_document,
    lists_of_steps,
    start,
)
from compiler.test_random_workflows import Maker
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.source.parsing import parse
from wftui.compiler.source.reparsing import parse_again
from wftui.steps.api.step_type import StepType
from wftui.steps.python.template_step import TemplateStep
from wftui.workspace.files import Workspace

# --- edits of values


@pytest.mark.first_cases(6)
@pytest.mark.parametrize("seed", range(12))
def test_an_edited_workflow_is_checked_as_a_new_one(seed: int) -> None:
    source, editor = start(seed), Editor(seed)
    remembering = compiler_of(NOWHERE)
    layout = LAYOUTS[seed % 3]
    for _ in range(25):
        editor.edit(source)
        assert_agrees(remembering, json.dumps(source, indent=layout))


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("seed", range(4))
def test_a_random_workflow_is_checked_as_a_new_one(seed: int) -> None:
    maker = Maker(seed)
    source = maker.workflow()
    remembering = compiler_of(NOWHERE)
    for _ in range(10):
        lists = list(lists_of_steps(source))
        steps = maker.random.choice(lists)
        if steps and maker.random.random() < 0.7:
            steps[maker.random.randrange(len(steps))] = maker.step(2)
        else:
            steps.append(maker.step(2))
        assert_agrees(remembering, json.dumps(source, indent=2))


def test_every_feature_is_checked_as_a_new_one() -> None:
    random_ = random.Random(7)
    source = json.loads(json.dumps(EVERYTHING))
    remembering = compiler_of(NOWHERE)
    layout, compiled, kept = LAYOUTS[1], 0, 0
    for number in range(80):
        steps = random_.choice([each for each in lists_of_steps(source) if each])
        step = random_.choice(steps)
        kind = random_.randrange(7)
        if kind == 0:
            step["name"] = random_.choice(["a", "b\nc", "{{ x }}"])
        elif kind == 1:
            new = {"id": f"new_{number}", "type": "set", "needs": [], "input": {"a": "{{ inputs.name }}"}}
            steps.insert(random_.randrange(len(steps) + 1), new)
        elif kind == 2 and step["type"] == "set":
            step.setdefault("input", {})["z"] = f"{{{{ inputs.name ~ {random_.randrange(9)} }}}}"
        elif kind == 3 and str(step["id"]).startswith("new_"):
            step["type"] = random_.choice(["set", "group"])
            step |= {"input": {}} if step["type"] == "set" else {"steps": []}
            step.pop("input" if step["type"] == "group" else "steps", None)
        elif kind == 4 and random_.random() < 0.3:
            source["defaults"] = {"timeout": f"{random_.randrange(1, 9)}s"}
        elif kind == 5 and random_.random() < 0.3:
            layout = random_.choice(LAYOUTS)
        else:
            step["note"] = "x\n" * random_.randrange(5)
        compiled += assert_agrees(remembering, json.dumps(source, indent=layout, ensure_ascii=number < 40))
        checked = remembering._texts._edited["flow"].checked
        kept += checked is not None and len(checked.unchanged) > len(checked.steps) / 2
    assert compiled > 70
    assert kept > 50


def test_python_of_an_input_follows_its_step_type() -> None:
    """A type that a plugin replaces may treat the same text in another way."""

    class Tagged(TemplateStep):
        """Keeps no tags of `{% raw %}`."""

        raw_fields = frozenset()

    class Types:
        """Built-in types, of which one can be replaced."""

        template: StepType[Any] = TemplateStep()

        def get(self, word: str) -> StepType[Any] | None:
            return self.template if word == "template" else STEP_TYPES.get(word)

        def types(self) -> list[StepType[Any]]:
            return STEP_TYPES.types()

        def why_not(self, word: str) -> str | None:
            return STEP_TYPES.why_not(word)

    types = Types()
    compiler = WorkflowCompiler(Workspace(NOWHERE), types)
    text = text_of(workflow({"id": "a", "type": "template", "input": {"template": "{% raw %}{{ x }}{% endraw %}"}}))
    tagged = compiler.check("flow", text).generated_code
    types.template = Tagged()
    compiler.forget()
    untagged = compiler.check("flow", text).generated_code
    assert untagged != tagged
    assert untagged == WorkflowCompiler(Workspace(NOWHERE), types).check("flow", text).generated_code


# --- edits of texts


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("seed", range(6))
def test_typing_is_checked_as_a_new_text(seed: int) -> None:
    random_ = random.Random(seed)
    text = json.dumps(start(seed), indent=LAYOUTS[seed % 3])
    remembering = compiler_of(NOWHERE)
    for _ in range(30):
        kept = text
        at = random_.randrange(len(text))
        for typed in random_.choice(
            [('"',), ("1",), ("s", "7"), ("{", "}"), (",",), ("\n", "  "), ("",), ("\\ud800",), ("é",)]
        ):
            text = text[:at] + typed + text[at + (typed == "") * random_.randrange(1, 30) :]
            at += len(typed)
            assert_agrees(remembering, text)
        if random_.random() < 0.7:
            text = kept


class HeadEditor:
    """Makes random edits around the steps, of each part that diagnostics depend on."""

    def __init__(self, random_: random.Random) -> None:
        self.random = random_

    def edit(self, source: dict[str, Any]) -> None:
        """Make one edit."""
        choose = self.random.choice
        key = choose(
            [
                *("name", "description", "version", "inputSchema", "inputSchema", "inputSchema", "defaults"),
                *("defaults", "env", "vars", "outputs", "timeout", "labels", "connections", "pool", "order"),
            ]
        )
        match key:
            case "inputSchema":
                self.inputs(source.setdefault(key, {"type": "object"}))
            case "defaults":
                self.defaults(source.setdefault(key, {}))
            case "order":
                moved = choose(["defaults", "inputSchema", "steps", "outputs"])
                if moved in source:
                    source[moved] = source.pop(moved)
            case _ if key in source and self.random.random() < 0.2:
                del source[key]
            case _:
                source[key] = choose(self.values(key))

    def values(self, key: str) -> list[Any]:
        match key:
            case "env":
                return [[], ["HOME"], ["HOME", "B"], 7]
            case "vars":
                return [{}, {"v": 1}, {"v": "{{ inputs.word }}"}, {"w": 2, "v": "{{ vars.w }}"}]
            case "outputs":
                return [{"o": "{{ steps.s1.output.x }}"}, {"p": "{{ inputs.word }}"}, {}]
            case "timeout":
                return ["1h", "2h", "x"]
            case "labels":
                return [{"a": "b"}, {"a": 1}]
            case "connections":
                return [{"web": {"kind": "http"}}, {}]
            case "pool":
                return ["here", "far"]
        return ["", "1.2.3", "Flow", "a\nb", "é", "{{ inputs.a }}", "x" * 5_000, "\ud83d\ude00"]

    def inputs(self, schema: dict[str, Any]) -> None:
        choose, kind = self.random.choice, self.random.randrange(7)
        properties = schema.setdefault("properties", {})
        name = choose(["word", "key", "other", "HOME"])
        if kind == 0:
            properties.pop(name, None)
        elif kind == 1:
            schema["required"] = choose([["word"], ["word", "key"], []])
        elif kind == 2:
            schema[choose(["additionalProperties", "title"])] = choose([True, False, "t"])
        elif kind == 3:
            schema["$defs"] = {"part": {"type": choose(["string", "array"])}}
            properties[name] = {"$ref": "#/$defs/part"}
        else:
            part = properties.setdefault(name, {"type": "string"})
            keyword = choose(["title", "type", "type", "default", "writeOnly", "minLength", "properties"])
            part[keyword] = choose([1, True, "integer", "string", "object", "array", {"x": {"type": "boolean"}}])

    def defaults(self, defaults: dict[str, Any]) -> None:
        choose, kind = self.random.choice, self.random.randrange(4)
        if kind == 0:
            defaults["timeout"] = choose(["1s", "20s", "{{ inputs.word }}", 3])
        elif kind == 1:
            defaults["retry"] = {"maxAttempts": choose([1, 2, "x"]), "on": [choose(["own", "nope"])]}
        elif kind == 2:
            defaults["onError"] = choose(["continue", "fail", {"fallback": {"x": 1}}])
        else:
            field = choose(["q", "x", "script"])
            value = choose([1, "{{ inputs.word }}", "a {{ inputs.word | upper }}", "{{ vars.v }}"])
            defaults.setdefault("types", {})[choose(["set", "shell", "delay"])] = choose(
                [{"input": {field: value}}, {"timeout": "9s"}, {"onError": "continue"}]
            )


def typed_inputs(source: dict[str, Any], random_: random.Random) -> None:
    """Make some steps read the head: inputs, environment and variables."""
    for steps in lists_of_steps(source):
        for step in steps:
            if step.get("type") == "set" and random_.random() < 0.7:
                name = random_.choice(
                    ["inputs.word", "inputs.key", "inputs.other.x", "inputs", "env.HOME", "env", "vars.v", "vars"]
                )
                step.setdefault("input", {})["r"] = random_.choice([f"{{{{ {name} }}}}", f"is {{{{ {name} }}}}"])
            elif random_.random() < 0.2:
                step["when"] = random_.choice(["inputs.word == 'a'", "inputs.other", "vars.v", "env.HOME == 'b'"])


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("seed", range(10))
def test_a_head_is_checked_as_a_new_one(seed: int) -> None:
    """Edits around the steps, between edits of steps, reuse the rest."""
    editor = Editor(seed)
    heads = HeadEditor(editor.random)
    source = {"name": "Flow", **start(seed), "id": "flow"}
    typed_inputs(source, editor.random)
    remembering = compiler_of(NOWHERE)
    layout = LAYOUTS[seed % 3]
    document, shared = parse(json.dumps(source, indent=layout)), 0
    for _ in range(40):
        heads.edit(source)
        text = json.dumps(source, indent=layout, ensure_ascii=editor.random.random() < 0.5)
        assert_agrees(remembering, text)
        again, took_over = parse_again(text, document)
        assert_same_document(again, parse(text))
        document, shared = again, shared + took_over
        if editor.random.random() < 0.2:
            editor.edit(source)
            typed_inputs(source, editor.random)
    assert shared > 2


@pytest.mark.parametrize(("old", "new"), [(None, 0), (0, None), (2, 15), (15, 2)])
def test_steps_that_move_keep_what_is_known_of_them(old: int | None, new: int | None) -> None:
    """Insert, delete, and move steps with diagnostics, fixes and nested steps."""
    source: dict[str, Any] = {"format": 1, "id": "flow", "inputSchema": start(1)["inputSchema"], "steps": []}
    for number in range(20):
        inner = {"id": f"i{number}", "type": "set", "input": {"b": f"{{{{ steps.s{number}.output.a }}}}"}}
        source["steps"] += [
            {"id": f"s{number}", "type": "set", "when": "inputs.word == 'a'", "input": {"a": "{{ inputs.word }}"}},
            {"id": f"g{number}", "type": "group", "steps": [inner], "retry": {"maxAttempts": 2, "on": ["nope"]}},
        ]
    remembering = compiler_of(NOWHERE)
    assert_agrees(remembering, json.dumps(source, indent=2))
    before = remembering._texts._edited["flow"].checked
    step = {"id": "new", "type": "set", "needs": [], "input": {}} if old is None else source["steps"].pop(old)
    if new is not None:
        source["steps"].insert(new, step)
    assert_agrees(remembering, json.dumps(source, indent=2))
    after = remembering._texts._edited["flow"].checked
    assert before is not None
    assert after is not None
    assert before.tree is not None
    assert len(set(before.tree.walk()) & set(after.steps)) >= 57


def test_a_pool_is_found_where_it_is_after_steps_moved_within_a_container() -> None:
    def compiler() -> WorkflowCompiler:
        return WorkflowCompiler(Workspace(NOWHERE), STEP_TYPES, environment={})

    def page(name: str, **fields: Any) -> dict[str, Any]:
        return {"id": name, "type": "http", "input": {"url": "https://x.example"}, **fields}

    inner = [page("a", pool="far"), page("b"), page("c")]
    remembering = compiler()
    for new in "xyz":
        text = text_of(workflow({"id": "all", "type": "group", "steps": inner}))
        assert remembering.check("flow", text).warnings == compiler().check("flow", text).warnings
        inner.insert(0, page(new))


def test_steps_whose_lines_move_are_written_as_new_ones() -> None:
    """Includes line numbers with more digits, and texts like generated Python."""
    hostile = "line=3,\n# workflow.json:3: step\n    line=3,\n 100 % %d {{ inputs.word }}"
    steps: list[Any] = [
        {
            "id": f"s{number}",
            "type": "set",
            "when": "inputs.word == 'a'",
            "input": {"n" * number: "{{ inputs.word }}", "t": hostile},
        }
        for number in range(1, 30)
    ]
    steps.append(
        {"id": "g", "type": "group", "steps": [{"id": "i", "type": "set", "input": {"b": "{{ inputs.word }}"}}]}
    )
    source = {"format": 1, "id": "flow", "inputSchema": start(1)["inputSchema"], "steps": steps}
    text = json.dumps(source, indent=0)
    remembering = compiler_of(NOWHERE)
    for lines in (0, 1, 40, 3, 900, 901, 0):
        assert assert_agrees(remembering, text.replace('"steps": [', '"steps": [' + "\n" * lines, 1))


def test_expressions_of_defaults_are_placed_where_they_stand() -> None:
    """The steps come before the defaults, in one line, and stay as they are."""
    set_input = {"note": "x", "word": "{{ inputs.word | upper }}"}
    source: dict[str, Any] = {"format": 1, "id": "flow", "inputSchema": start(1)["inputSchema"], "steps": []}
    source["steps"] = [{"id": f"s{number}", "type": "set", "input": {}} for number in range(4)]
    source["defaults"] = {"types": {"set": {"input": set_input}}}
    remembering = compiler_of(NOWHERE)
    assert assert_agrees(remembering, json.dumps(source))
    source["steps"][3]["note"] = "moves what comes after it"
    assert assert_agrees(remembering, json.dumps(source))
    set_input["note"] = "longer"
    assert assert_agrees(remembering, json.dumps(source))
    source["defaults"] = {"timeout": "1h", **source["defaults"]}
    assert assert_agrees(remembering, json.dumps(source))


@pytest.mark.first_cases(8)
@pytest.mark.parametrize("seed", range(20))
def test_a_text_is_parsed_again_as_a_new_one(seed: int) -> None:
    random_ = random.Random(seed)
    text = json.dumps(start(seed % 5), indent=LAYOUTS[seed % 3])
    document, shared = parse(text), 0
    for _ in range(150):
        at = random_.randrange(len(text))
        end = min(len(text), at + random_.choice([0, 0, 1, 1, 5, 80]))
        part = random_.choice(
            ["", "1", '"', "{}", ", {}", "[]", "x", "\n", "}", "]", "[[", ",", text[at:end] * 2, "\\ud800"]
        )
        edited = text[:at] + part + text[end:]
        again, took_over = parse_again(edited, document)
        assert_same_document(again, parse(edited))
        shared += took_over
        if not again.diagnostics:
            document, text = again, edited
    assert shared > 10


def test_deep_values_are_refused_however_they_come() -> None:
    text = json.dumps({"format": 1, "id": "flow", "steps": [{"id": "a", "type": "set", "input": {"x": 0}}]})
    remembering = compiler_of(NOWHERE)
    assert_agrees(remembering, text)
    for depth in range(70, 90):
        assert_agrees(remembering, text.replace("0}", f"{'[' * depth}{']' * depth}}}"))
