"""Workflows of random shape and with random expressions: compiled, formatted, ordered, and addressed consistently."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compiler.compiler_helpers import assert_harmless, check, compiler_of
from compiler.expressions.expression_forms import NAMES, random_expression
from wftui.compiler.module_run import run_module
from wftui.runtime.plan import StepPlan, step_infos

RUFF = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
COUNT = 40
SCHEMA = {"type": "object", "properties": {name: {} for name in (*NAMES, "no", "nope")}, "required": list(NAMES)}


class Maker:
    """Makes one workflow."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made = 0

    def workflow(self) -> dict[str, Any]:
        return {
            "format": 1,
            "id": "flow",
            "inputSchema": SCHEMA,
            "steps": self.steps(3),
            "outputs": {f"o{n}": self.value(2) for n in range(self.random.randrange(4))},
            "finally": self.steps(1),
        }

    def steps(self, depth: int) -> list[dict[str, Any]]:
        return [self.step(depth, []) for _ in range(self.random.randrange(4))]

    def step(self, depth: int, before: list[str]) -> dict[str, Any]:
        self.made += 1
        step: dict[str, Any] = {"id": f"{'long_' * self.random.randrange(11)}s{self.made}", "type": "set"}
        kind = self.random.randrange(8) if depth else 9
        if kind == 0:
            step |= {"type": "group", "steps": self.steps(depth - 1)}
        elif kind == 1:
            step |= {
                "type": "loop",
                "steps": self.steps(depth - 1),
                "until": self.expression("truth"),
                "maxIterations": 3,
            }
        elif kind == 2:
            cases = [{"when": self.expression("truth"), "steps": self.steps(depth - 1)} for _ in range(2)]
            step |= {"type": "switch", "cases": cases, "default": {"steps": self.steps(depth - 1)}}
        elif kind == 3:
            branches = [{"name": f"b{n}", "steps": self.steps(depth - 1)} for n in range(2)]
            step |= {"type": "race", "branches": branches}
        else:
            step["input"] = {self.key(): self.value(2) for _ in range(self.random.randrange(5))}
        if self.random.random() < 0.3:
            step["when"] = self.expression("truth")
        if self.random.random() < 0.2:
            step["forEach"] = {"in": self.expression("list"), "as": "each_one"}
        if depth and self.random.random() < 0.15:
            step["catch"] = [
                {"on": ["http"], "steps": self.steps(depth - 1), "output": self.value(2)},
                {"steps": self.steps(depth - 1)},
            ]
        if self.random.random() < 0.3:
            step["needs"] = []
        if self.random.random() < 0.2:
            step["retry"] = {"maxAttempts": 3, "delay": "1s", "on": ["http", "timeout", "some.longer.type.of.error"]}
        return step

    def key(self) -> str:
        return self.random.choice(["a", "key with spaces", "k" * 70, "'\"", "ключ", "漢字" * 20])

    def expression(self, kind: str) -> str:
        return random_expression(self.random, kind, self.random.randrange(5))

    def value(self, depth: int) -> Any:
        kind = self.random.randrange(7 if depth else 5)
        if kind < 2:
            return f"{{{{ {self.expression(self.random.choice(['number', 'text', 'truth', 'list']))} }}}}"
        if kind == 2:
            return f"text {{{{ {self.expression('text')} }}}} and {{{{ {self.expression('number')} }}}}"
        if kind == 3:
            return self.random.choice(["plain", "x" * 90, "\n\t\"'\\", 1, 2.5, 1e30, -0.0, None, True])
        if kind == 4:
            return [] if self.random.random() < 0.5 else {}
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


def test_outline_matches_the_plan(tmp_path: Path) -> None:
    for seed in range(COUNT):
        text = json.dumps(Maker(seed).workflow())
        outline = compiler_of(tmp_path).outline("flow", text)
        loaded = compiler_of(tmp_path).load_text("flow", text)
        assert outline.steps == step_infos(loaded.plan)


@pytest.mark.parametrize("width", ["88", "120"])
def test_generated_code_is_ruff_formatted(width: str, modules: list[str], tmp_path: Path) -> None:
    assert RUFF is not None
    for number, code in enumerate(modules):
        (tmp_path / f"module_{number}.py").write_text(code, encoding="utf-8")
    command = [RUFF, "format", "--isolated", "--diff", "--no-cache", "--line-length", width, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0
