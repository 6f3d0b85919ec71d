"""Random edits of a workflow, and what a compiler that remembers must agree with."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compiler.compiler_helpers import compiler_of
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.source.document import Document

NOWHERE = Path("nowhere")

LAYOUTS: tuple[int | None, ...] = (None, 1, 2)

LISTS = ("steps", "finally")


def assert_agrees(remembering: WorkflowCompiler, text: str) -> bool:
    """Compare everything that a check gives; return whether the workflow compiled."""
    fresh = compiler_of(NOWHERE)
    warm, cold = remembering.check("flow", text), fresh.check("flow", text)
    assert warm.errors == cold.errors
    assert warm.warnings == cold.warnings
    assert warm.generated_code == cold.generated_code
    assert remembering._compile_text("flow", text).outline == fresh._compile_text("flow", text).outline
    return warm.success


def lists_of_steps(value: Any) -> Iterator[list[Any]]:
    """All lists of steps in a workflow, at any depth."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if key in LISTS and isinstance(entry, list):
                yield entry
            yield from lists_of_steps(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from lists_of_steps(entry)


class Editor:
    """Makes random edits of a workflow: of steps, of lists, of everything around them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def edit(self, source: dict[str, Any]) -> None:
        """Make one edit."""
        listed = [each for each in lists_of_steps(source) if each]
        if not listed or self.random.random() < 0.05:
            source["description"] = "line\n" * self.random.randrange(5)
            return
        steps = self.random.choice(listed)
        step = self.random.choice(steps)
        kind = self.random.randrange(9)
        if kind == 0:
            steps.insert(self.random.randrange(len(steps) + 1), self.new_step())
        elif kind == 1 and len(steps) > 1:
            steps.remove(step)
        elif kind == 2:
            self.random.shuffle(steps)
        elif kind == 3:
            step["id"] = self.random.choice([*self.names(source), f"n{self.random.randrange(99)}"])
        else:
            key = self.random.choice(
                ["input", "input", "when", "needs", "join", "onError", "disabled", "note", "forEach"]
            )
            self.change(source, step, key)

    def names(self, source: dict[str, Any]) -> list[str]:
        return [step["id"] for steps in lists_of_steps(source) for step in steps if step.get("id")] or ["none"]

    def change(self, source: dict[str, Any], step: dict[str, Any], key: str) -> None:
        if key in step and self.random.random() < 0.3:
            del step[key]
            return
        name = self.random.choice(self.names(source))
        read = self.read(name)
        match key:
            case "input" if step.get("type") == "shell":
                step["input"] = {"script": f"echo {self.random.randrange(99)}", "env": {"A": f"{{{{ {read} }}}}"}}
            case "input" if step.get("type") == "fail":
                step["input"] = {"type": self.random.choice(["own.error", "other"]), "message": f"{{{{ {read} }}}}"}
            case "input" if step.get("type") == "delay":
                step["input"] = {"for": self.random.choice(["1s", 5, f"{{{{ {read} }}}}"])}
            case "input":
                values = [
                    f"{{{{ {read} }}}}",
                    f"text {{{{ {read} }}}}",
                    1,
                    True,
                    1.0,
                    read,
                    {"y": f"{{{{ {read} }}}}"},
                    [],
                ]
                step["input"] = {self.random.choice("xyz"): self.random.choice(values) for _ in range(2)}
            case "when":
                step["when"] = self.random.choice([f"{read} == 1", read, f"steps.{name}.status == 'failed'", "false"])
            case "needs":
                step["needs"] = [name] if self.random.random() < 0.7 else []
            case "join":
                step["join"] = self.random.choice(["all_done", "none_failed", "any_success", "any_failed"])
            case "onError":
                step["onError"] = self.random.choice(["continue", "fail", {"fallback": {"x": 1}}])
            case "disabled":
                step["disabled"] = self.random.choice([True, False])
            case "forEach":
                step["forEach"] = {"in": self.random.choice([read, "[1, 2]", "'text'"]), "maxParallel": 1}
            case _:
                step["note"] = "x\n" * self.random.randrange(4)

    def read(self, name: str) -> str:
        key = self.random.choice(["x", "y", "z", "stdout", "exitCode", "approved"])
        forms = [f"steps.{name}.output.{key}", f"steps.{name}.output", f"steps.{name}.output.{key} + 1", "inputs.word"]
        return self.random.choice([*forms, f"item.{key}", "run.status", f"previous.{key}", "secrets.key"])

    def new_step(self) -> dict[str, Any]:
        kind = self.random.choice(["set", "set", "set", "shell", "fail", "delay", "approval", "group", "loop", "race"])
        step: dict[str, Any] = {"id": f"n{self.random.randrange(99)}", "type": kind}
        if kind in ("group", "loop"):
            step["steps"] = [self.new_step() for _ in range(self.random.randrange(3))]
        if kind == "loop":
            step |= {"until": "index > 2", "maxIterations": 3}
        if kind == "race":
            step["branches"] = [{"name": "a", "steps": [self.new_step()]}]
        if self.random.random() < 0.2:
            step["catch"] = [{"on": ["own"], "steps": [self.new_step()]}]
        if self.random.random() < 0.2:
            step["retry"] = {"maxAttempts": 2, "on": [self.random.choice(["own", "other", "http"])]}
        return step


def start(seed: int) -> dict[str, Any]:
    """A workflow of steps that read one another."""
    editor = Editor(seed)
    schema = {
        "type": "object",
        "properties": {"word": {"type": "string"}, "key": {"type": "string", "writeOnly": True}},
    }
    source: dict[str, Any] = {"format": 1, "id": "flow", "inputSchema": schema, "steps": [], "finally": []}
    if seed % 3 == 0:
        source["defaults"] = {
            "retry": {"maxAttempts": 2, "on": ["nope"]},
            "types": {"set": {"input": {"q": "{{ x }}"}}},
        }
    for number in range(8):
        source["steps"].append({**editor.new_step(), "id": f"s{number}"})
    source["finally"].append(editor.new_step())
    source["outputs"] = {"o": "{{ steps.s1.output.x }}"}
    for _ in range(20):
        editor.edit(source)
    return source


def assert_same_document(one: Document, other: Document) -> None:
    """Compare the values with their types, and the places of everything."""
    assert repr(one.value) == repr(other.value)
    assert one.diagnostics == other.diagnostics
    if other.diagnostics:
        return
    for pointer in pointers_of(other.value, ""):
        assert one.place(pointer) == other.place(pointer)
        assert one.place(pointer, "key") == other.place(pointer, "key")


def pointers_of(value: Any, pointer: str) -> Iterator[str]:
    yield pointer
    if isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from pointers_of(entry, f"{pointer}/{key}")
