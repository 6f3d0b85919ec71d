"""Incremental checks after moves between lists, copies, defaults and undo."""

import copy
import json
import random
from typing import Any

import pytest

from compiler.compiler_helpers import compiler_of
from compiler.every_feature import EVERYTHING
from compiler.incremental_edits import NOWHERE, assert_agrees, lists_of_steps
from compiler.test_random_workflows import Maker

READS = [
    "inputs.name",
    "steps.{id}.output",
    "steps.{id}.output.x",
    "steps.{id}.error.message",
    "vars.v",
    "env.HOME",
    "previous",
    "error.message",
    "run.id",
    "secrets.key",
]
DEFAULTS: list[dict[str, Any]] = [
    {"timeout": "3s"},
    {"timeout": "{{ inputs.name }}"},
    {"retry": {"maxAttempts": 3, "on": ["http"]}},
    {"onError": {"fallback": {"x": 1}}},
    {"types": {"set": {"input": {"q": "{{ inputs.name }}", "x": 1}}}},
    {"types": {"set": {"input": {"q": "{{ run.id }}"}, "timeout": "9s"}, "shell": {"onError": "continue"}}},
    {},
]
HEADS: dict[str, list[Any]] = {
    "vars": [{}, {"v": "{{ inputs.name }}"}, {"v": 1, "w": {"x": "{{ vars.v }}"}}],
    "env": [[], ["HOME"], ["HOME", "B"]],
    "outputs": [{}, {"o": "{{ run.id }}"}],
    "timeout": ["1h", 3],
    "maxParallel": [1, 8],
    "failFast": [True, False],
    "labels": [{}, {"a": "b"}],
    "concurrency": [{"group": "g"}, {"group": "{{ inputs.name }}", "onBusy": "skip"}],
    "id": ["flow", "other"],
}


class Rewriter:
    """Makes random edits of a valid workflow, most of which leave it valid."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        made = EVERYTHING if seed % 2 else Maker(seed).workflow()
        self.source: dict[str, Any] = {**json.loads(json.dumps(made)), "id": "flow"}
        self.indent: int | None = self.random.choice([None, 1, 2])

    def edit(self) -> None:
        """Make one edit."""
        choose, source = self.random.choice, self.source
        lists = list(lists_of_steps(source))
        steps = choose([each for each in lists if each] or [[{"id": "only", "type": "set"}]])
        at = self.random.randrange(len(steps))
        step = steps[at]
        match self.random.randrange(12):
            case 0 | 1:  # to another list, or another place
                others = [each for each in lists if all(each is not inner for inner in lists_of_steps(step))]
                del steps[at]
                other = choose(others)
                other.insert(self.random.randrange(len(other) + 1), step)
            case 2:  # a copy, with the same ids or others
                text = json.dumps(step)
                if self.random.random() < 0.7:
                    text = text.replace('"id": "', f'"id": "c{self.random.randrange(99)}_')
                choose(lists).append(json.loads(text))
            case 3:  # a container around neighbours
                inner = steps[at : at + 2]
                steps[at : at + 2] = [choose(self.containers(inner))]
            case 4:  # a container gives way to its steps
                steps[at : at + 1] = next(lists_of_steps(step), [step])
            case 5 | 6:
                source["defaults"] = choose(DEFAULTS)
            case 7:
                key = choose([*HEADS])
                source[key] = choose(HEADS[key])
            case 8:
                keys = list(step)
                self.random.shuffle(keys)
                steps[at] = {key: step[key] for key in keys}
            case 9:
                self.rename(step["id"])
            case _:
                read = choose(READS).format(id=choose([each["id"] for each in steps]))
                if step.get("type") == "set":
                    step.setdefault("input", {})[choose("xyz")] = choose(
                        [f"{{{{ {read} }}}}", f"is {{{{ {read} }}}}", 1]
                    )

    def containers(self, inner: list[Any]) -> list[dict[str, Any]]:
        name = f"w{self.random.randrange(99)}"
        return [
            {"id": name, "type": "group", "steps": inner},
            {"id": name, "type": "loop", "until": "true", "maxIterations": 2, "steps": inner},
            {"id": name, "type": "switch", "cases": [{"when": "true", "steps": inner}]},
            {"id": name, "type": "race", "branches": [{"name": "a", "steps": inner}]},
            {"id": name, "type": "set", "catch": [{"steps": inner, "output": {"x": "{{ error.type }}"}}]},
        ]

    def rename(self, old: str) -> None:
        """Rename a step and its readers, or an input."""
        new, text = f"r{self.random.randrange(99)}", json.dumps(self.source)
        if self.random.random() < 0.5:
            text = text.replace(f'"id": "{old}"', f'"id": "{new}"').replace(f"steps.{old}.", f"steps.{new}.")
        else:
            text = text.replace("inputs.name", "inputs.title").replace('"name": {', '"title": {')
        self.source = json.loads(text)

    def text(self) -> str:
        """The workflow in one of several spellings."""
        if self.random.random() < 0.05:
            self.indent = self.random.choice([None, 1, 2])
        text = json.dumps(self.source, indent=self.indent, ensure_ascii=self.random.random() < 0.9)
        if self.random.random() < 0.05:
            text = text.replace('"id"', '"\\u0069d"', 1)
        return text.replace("\n", "\r\n") if self.random.random() < 0.05 else text

    def broken(self, text: str) -> str:
        """A text as it is during typing."""
        at = self.random.randrange(len(text))
        return text[:at] + self.random.choice(['"', "{", "]", ",", "\\", ""]) + text[at + 1 :]


@pytest.mark.first_cases(4)
@pytest.mark.parametrize("seed", range(24))
def test_rewritten_workflows_are_checked_as_new_ones(seed: int) -> None:
    rewriter, remembering = Rewriter(seed), compiler_of(NOWHERE)
    texts, compiled, valid = [rewriter.text()], 0, copy.deepcopy(rewriter.source)
    assert assert_agrees(remembering, texts[0])
    for _ in range(50):
        rewriter.edit()
        texts.append(rewriter.text())
        between = rewriter.random.choice([None, None, None, rewriter.broken(texts[-1]), rewriter.random.choice(texts)])
        if between is not None:  # a moment of typing, or an undo before a redo
            assert_agrees(remembering, between)
        if assert_agrees(remembering, texts[-1]):
            compiled, valid = compiled + 1, copy.deepcopy(rewriter.source)
        elif rewriter.random.random() < 0.8:
            rewriter.source = copy.deepcopy(valid)
    assert compiled > 10
