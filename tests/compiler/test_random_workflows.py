"""Random workflows and expressions: compiled, formatted, ordered and addressed."""

import ast
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from compiler.compiler_helpers import assert_harmless, check, compiler_of, text_of
from compiler.expressions.expression_forms import NAMES, random_expression
from wftui.compiler.editing.step_edits import listed_steps
from wftui.compiler.module_run import run_module
from wftui.runtime.plan import StepPlan, step_infos

RUFF = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
COUNT = 20
GIVEN = (*NAMES, "no", "nope")


class Maker:
    """Makes one workflow."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made = 0
        self.local: frozenset[str] = frozenset()

    def workflow(self) -> dict[str, Any]:
        made = {
            "format": 1,
            "id": "flow",
            "inputSchema": self.schema(),
            "steps": self.steps(3),
            "outputs": {f"o{n}": self.value(2) for n in range(self.random.randrange(4))},
            "finally": self.steps(1),
        }
        if self.random.random() < 0.5:
            on_busy = self.random.choice(["queue", "cancelRunning", "skip"])
            made["concurrency"] = {"group": f"{{{{ {self.expression('text')} }}}}", "onBusy": on_busy}
        return made

    def schema(self) -> dict[str, Any]:
        properties: dict[str, Any] = {name: {} for name in GIVEN}
        for number in range(self.random.randrange(3)):
            properties[f"computed{number}"] = {"default": f"{{{{ run.workflowId ~ {self.expression('text')} }}}}"}
        return {"type": "object", "properties": properties, "required": list(NAMES)}

    @contextmanager
    def reading(self, *names: str, without: str = "") -> Iterator[None]:
        """Let the expressions made meanwhile read more names, or one fewer."""
        outer = self.local
        self.local = (outer | set(names)) - {without}
        yield
        self.local = outer

    def steps(self, depth: int) -> list[dict[str, Any]]:
        return [self.step(depth) for _ in range(self.random.randrange(4))]

    def step(self, depth: int) -> dict[str, Any]:
        self.made += 1
        step: dict[str, Any] = {"id": f"{'long_' * self.random.randrange(11)}s{self.made}", "type": "set"}
        if self.random.random() < 0.3:
            step["when"] = self.expression("truth")
        if self.random.random() < 0.3:
            parallel = self.random.choice([1, 1, 4])
            step["forEach"] = {"in": self.items(), "as": "each_one", "maxParallel": parallel}
            # `previous` of a list whose items run in parallel is an error.
            names = ("each_one", "index", "previous") if parallel == 1 else ("each_one", "index")
            with self.reading(*names, without="" if parallel == 1 else "previous"):
                if self.random.random() < 0.3:
                    step["forEach"]["when"] = self.expression("truth")
                if self.random.random() < 0.3:
                    step["forEach"]["stopWhen"] = self.expression("truth")
                step |= self.content(depth)
        else:
            step |= self.content(depth)
        if self.random.random() < 0.3:
            step["needs"] = []
        if self.random.random() < 0.2:
            step["retry"] = {"maxAttempts": 3, "delay": "1s", "on": ["http", "timeout", "some.longer.type.of.error"]}
        if self.random.random() < 0.1:
            step["timeout"] = "{{ inputs.n }}"
        return step

    def content(self, depth: int) -> dict[str, Any]:
        """Make what an item of the step does."""
        made: dict[str, Any] = {}
        kind = self.random.randrange(8) if depth else 9
        if kind == 0:
            made |= {"type": "group", "steps": self.steps(depth - 1)}
        elif kind == 1:
            with self.reading("index", "previous"):
                end = {self.random.choice(["until", "while"]): self.expression("truth")}
                made |= {"type": "loop", "steps": self.steps(depth - 1), **end, "maxIterations": 3}
        elif kind == 2:
            cases = [{"when": self.expression("truth"), "steps": self.steps(depth - 1)} for _ in range(2)]
            made |= {"type": "switch", "cases": cases, "default": {"steps": self.steps(depth - 1)}}
        elif kind == 3:
            branches = [{"name": f"b{n}", "steps": self.steps(depth - 1)} for n in range(2)]
            made |= {"type": "race", "branches": branches}
        else:
            made["input"] = {self.key(): self.value(2) for _ in range(self.random.randrange(5))}
        if depth and self.random.random() < 0.15:
            with self.reading("error"):
                made["catch"] = [
                    {"on": ["http"], "steps": self.steps(depth - 1), "output": self.value(2)},
                    {"steps": self.steps(depth - 1)},
                ]
        return made

    def items(self) -> str | dict[str, Any]:
        if self.random.random() < 0.5:
            return self.expression("list")
        axes = {
            name: self.random.choice([f"{{{{ {self.expression('list')} }}}}", [1, "b"]]) for name in ("os", "version")
        }
        matrix: dict[str, Any] = {"matrix": axes}
        if self.random.random() < 0.5:
            matrix |= {"exclude": [{"os": 1}], "include": [{"os": "x", "version": 3}]}
        return matrix

    def key(self) -> str:
        return self.random.choice(["a", "key with spaces", "k" * 70, "'\"", "ключ", "漢字" * 20])

    def expression(self, kind: str) -> str:
        made = random_expression(self.random, kind, self.random.randrange(5))
        if self.local and self.random.random() < 0.4:
            name = self.random.choice(sorted(self.local))
            return f"({made} if {name} is none else {made})"
        return made

    def value(self, depth: int) -> Any:
        kind = self.random.randrange(7 if depth else 5)
        if kind < 2:
            return f"{{{{ {self.expression(self.random.choice(['number', 'text', 'truth', 'list']))} }}}}"
        if kind == 2:
            return f"text {{{{ {self.expression('text')} }}}} and {{{{ {self.expression('number')} }}}}"
        if kind == 3:
            return self.random.choice(["plain", "x" * 90, "\n\t\"'\\", 1, 2.5, 1e30, -0.0, None, True])
        if kind == 4:
            return self.random.choice([[], {}, *(f"{{{{ {name} }}}}" for name in sorted(self.local))])
        if kind == 5:
            return [self.value(depth - 1) for _ in range(self.random.randrange(4))]
        return {self.key(): self.value(depth - 1) for _ in range(self.random.randrange(4))}


def all_steps(steps: tuple[StepPlan, ...]) -> Iterator[tuple[StepPlan, ...]]:
    """Every list of steps in a plan."""
    yield steps
    for step in steps:
        yield from all_steps(step.body)
        branches = [each.steps for each in step.cases] + [each.steps for each in step.branches]
        for inner in branches + [each.steps for each in step.catch]:
            yield from all_steps(inner)


@pytest.fixture(scope="module")
def modules() -> list[str]:
    made = []
    for seed in range(COUNT):
        result = check(Maker(seed).workflow())
        assert not result.errors, [each.message for each in result.errors]
        made.append(str(result.generated_code))
    return made


def test_they_are_harmless_and_in_order(modules: list[str]) -> None:
    for code in modules:
        assert_harmless(code)
        plan = run_module(code, "random")
        for steps in [*all_steps(plan.steps), *all_steps(plan.finally_)]:
            seen: set[str] = set()
            for step in steps:
                assert {*step.needs, *step.after} <= seen
                seen.add(step.id)


def test_every_construct_is_made(modules: list[str]) -> None:
    calls = {"LoopPlan": {"until", "while_"}, "ForEachPlan": {"when", "stop_when"}, "WorkflowPlan": {"concurrency"}}
    seen: set[str] = set()
    for node in (node for code in modules for node in ast.walk(ast.parse(code))):
        match node:
            case ast.Call(func=ast.Name(id=name), keywords=keywords):
                seen |= {name, *(f"{name}.{each.arg}" for each in keywords)}
            case ast.FunctionDef(name=name):
                seen.add(name.split("_")[0])
            case ast.Constant(value=str(text)):
                seen.add(text)
    fields = {f"{call}.{field}" for call, names in calls.items() for field in names}
    assert {*fields, "CasePlan", "BranchPlan", "CatchPlan", "default", "previous", "error", "matrix", "policy"} <= seen


def test_outline_matches_the_plan_and_code_is_the_same_again(tmp_path: Path, modules: list[str]) -> None:
    for seed in range(COUNT):
        text = text_of(Maker(seed).workflow())
        outline = compiler_of(tmp_path).outline("flow", text)
        loaded = compiler_of(tmp_path).load_text("flow", text)
        assert outline.steps == step_infos(loaded.plan)
        listed = listed_steps(text) or []
        assert {each.path for each in (*outline.steps, *outline.repeated)} == {each.path for each in listed}
        assert {each.path: each.parent for each in outline.repeated} == {
            each.path: each.parent for each in listed if each.path not in {step.path for step in outline.steps}
        }
        assert loaded.code == modules[seed]


@pytest.mark.parametrize("width", ["88", "120"])
def test_generated_code_is_ruff_formatted(width: str, modules: list[str], tmp_path: Path) -> None:
    assert RUFF is not None
    for number, code in enumerate(modules):
        (tmp_path / f"module_{number}.py").write_text(code, encoding="utf-8")
    command = [RUFF, "format", "--isolated", "--diff", "--no-cache", "--line-length", width, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0
