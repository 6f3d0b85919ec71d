"""Pools of steps: assignment, restrictions, and paths of another machine."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compiler.compiler_helpers import check, compiler_of, found, step, text_of, workflow
from wftui.engine.host.pools import in_pool
from wftui.engine.restart.resume import every_step
from wftui.model.base import Json
from wftui.runtime.plan import StepPlan
from wftui.steps.registry.step_registry import builtin_registry


def shell(id: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": "shell", "input": {"script": "true"}, **fields}


def pools(source: dict[str, Any]) -> dict[str, str | None]:
    """The pool of every step in the plan and, where it is listed, in the outline."""
    compiler = compiler_of(Path("nowhere"))
    plan = compiler.load_text("flow", text_of(source)).plan

    def walk(steps: tuple[StepPlan, ...]) -> Iterator[StepPlan]:
        for each in steps:
            yield each
            yield from walk(each.inside)

    planned = {each.id: each.pool for each in walk((*plan.steps, *plan.finally_))}
    outline = {each.step_id: each.pool for each in compiler.outline("flow", text_of(source)).steps}
    assert outline == {id: planned[id] for id in outline}
    return planned


def test_a_step_is_in_its_own_pool_or_the_nearest_around_it() -> None:
    source = workflow(
        shell("plain"),
        shell("own", pool="gpu"),
        shell("home", pool="here"),
        {
            "id": "group",
            "type": "group",
            "pool": "inner",
            "steps": [
                shell("in_group"),
                shell("out", pool="here"),
                {
                    "id": "choose",
                    "type": "switch",
                    "pool": "deep",
                    "cases": [{"when": "true", "steps": [shell("in_case")]}],
                    "default": {"steps": [shell("in_default", pool="gpu")]},
                },
            ],
            "catch": [{"steps": [shell("handler")]}],
        },
        {"id": "loop", "type": "loop", "pool": "here", "until": "true", "maxIterations": 2, "steps": [shell("turn")]},
        {"id": "race", "type": "race", "branches": [{"name": "one", "steps": [shell("fast", pool="gpu")]}]},
        shell("each", forEach={"in": "[1, 2]"}, pool="gpu", catch=[{"steps": [shell("caught")]}]),
        pool="outer",
        **{"finally": [shell("last")]},
    )
    assert pools(source) == {
        "plain": "outer",
        "own": "gpu",
        "home": None,
        "group": None,
        "in_group": "inner",
        "out": None,
        "choose": None,
        "in_case": "deep",
        "in_default": "gpu",
        "handler": "inner",
        "loop": None,
        "turn": None,
        "race": None,
        "fast": "gpu",
        "each": "gpu",
        "caught": "gpu",
        "last": "outer",
    }


PARTS_OF_THE_RUN: list[tuple[str, dict[str, Json]]] = [
    ("set", {}),
    ("assert", {"that": "{{ true }}"}),
    ("fail", {"type": "acme.no", "message": "No."}),
    ("approval", {"prompt": "Go?"}),
    ("delay", {"for": "1s"}),
    ("workflow", {"workflow": "child"}),
]


@pytest.mark.parametrize(("word", "given"), PARTS_OF_THE_RUN)
def test_a_part_of_the_run_inherits_no_pool_and_takes_none(word: str, given: dict[str, Json]) -> None:
    part = {"id": "part", "type": word, "input": given}
    inside = {"id": "group", "type": "group", "pool": "inner", "steps": [part]}
    codes = {each.code for each in found(workflow(inside, pool="outer"))}
    assert not {code for code in codes if code.startswith("pool.")}
    if word != "workflow":  # there is no workflow `child`
        assert pools(workflow(inside, pool="outer"))["part"] is None
    (error,) = (each for each in check(workflow({**part, "pool": "build"})).errors if each.code == "pool.type")
    assert f"type {word} runs in the process of the run" in error.message
    assert [each.title for each in error.fixes] == ["remove pool"]
    assert not [each for each in found(workflow({**part, "pool": "here"})) if each.code == "pool.type"]


@pytest.mark.parametrize("name", ["Build", "two words", "1st", "", "a-b", "x" * 64, 3, ["build"]])
def test_a_pool_is_named_as_a_step(name: Json) -> None:
    for source in (workflow(shell("a", pool=name)), workflow(shell("a"), pool=name)):
        errors = [each for each in check(source).errors if each.location.field == "pool"]
        assert [each.code for each in errors] == ["value.pattern" if isinstance(name, str) else "value.type"]


def test_nothing_changes_in_the_python_of_a_workflow_without_pools() -> None:
    code = check(workflow(shell("a"), step("b"))).generated_code
    assert code is not None
    assert "pool" not in code
    assert check(workflow(shell("a", pool="here"), step("b"))).generated_code is not None


def test_a_pool_around_a_step_is_seen_by_an_incremental_compilation() -> None:
    compiler = compiler_of(Path("nowhere"))
    for pool in ("one", "two", "here", "one"):
        plan = compiler.load_text("flow", text_of(workflow(shell("a"), pool=pool))).plan
        assert plan.steps[0].pool == (None if pool == "here" else pool)


PATHS: list[tuple[str, dict[str, Json], list[str]]] = [
    ("file", {"action": "copy", "path": "/srv/a", "to": "out/{{ inputs.n }}", "root": "~/x"}, ["input.to"]),
    ("file", {"action": "read", "path": "{{ inputs.n }}/x"}, []),
    ("shell", {"argv": ["./build.sh", "a/b"], "cwd": "/srv"}, ["input.argv.0", "input.cwd"]),
    ("shell", {"argv": ["make", "a/b"]}, []),
    ("sql", {"database": ":memory:", "query": "SELECT 1"}, []),
    ("sql", {"database": "{{ inputs.n }}", "query": "SELECT 1"}, ["input.database"]),
    ("python", {"code": "def main(): pass", "python": "venv/bin/python"}, ["input.python"]),
    ("python", {"code": "def main(): pass", "python": "python3.13"}, []),
    (
        "http",
        {"url": "http://x.org", "files": {"a.b": "x/y", "c": "/z"}, "saveTo": "o"},
        ["input.files.a.b", "input.saveTo"],
    ),
    ("email", {"to": "a@x.org", "subject": "s", "text": "t", "attachments": ["/a", "b"]}, ["input.attachments.1"]),
    ("template", {"file": "page.html"}, ["input.file"]),
    ("template", {"file": "nowhere/workflows/flow/page.html", "to": "nowhere/workflows/flow/../x"}, ["input.to"]),
    (
        "mcp",
        {"server": {"command": ["./server"], "cwd": "."}, "tool": "t"},
        ["input.server.command.0", "input.server.cwd"],
    ),
    (
        "llm",
        {"baseUrl": "http://x.org", "prompt": "p", "tools": [{"type": "sql", "input": {"database": "shop.db"}}]},
        ["input.tools.0.input.database"],
    ),
]


@pytest.mark.parametrize(("word", "given", "fields"), PATHS)
def test_paths_of_another_machine_are_warnings(word: str, given: dict[str, Json], fields: list[str]) -> None:
    one = {"id": "a", "type": word, "input": given}
    inputs = {"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"]}

    def told(source: dict[str, Any]) -> list[str | None]:
        return [each.location.field for each in found(source) if each.code == "pool.path"]

    assert told(workflow(one, pool="build", inputSchema=inputs)) == fields
    assert told(workflow({**one, "pool": "here"}, pool="build", inputSchema=inputs)) == []
    assert told(workflow(one, inputSchema=inputs)) == []


class Maker:
    """Random workflows with pools, and what each step of theirs should be in."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.expected: dict[str, str | None] = {}

    def steps(self, depth: int, around: str | None) -> list[dict[str, Any]]:
        return [self.step(depth, around) for _ in range(self.random.randrange(1, 4))]

    def step(self, depth: int, around: str | None) -> dict[str, Any]:
        id = f"s{len(self.expected)}"
        kind = self.random.choice(
            ["shell", "shell", "set", "group", "loop", "switch", "race"] if depth else ["shell", "set"]
        )
        own = self.random.choice([None, None, "a", "b", "here"]) if kind != "set" else None
        pool = around if own is None else None if own == "here" else own
        self.expected[id] = pool if kind == "shell" else None
        made: dict[str, Any] = {"id": id, "type": kind} | ({} if own is None else {"pool": own})
        if kind == "shell":
            made["input"] = {"script": "true"}
        elif kind == "group":
            made["steps"] = self.steps(depth - 1, pool)
        elif kind == "loop":
            made |= {"steps": self.steps(depth - 1, pool), "until": "true", "maxIterations": 1}
        elif kind == "switch":
            made["cases"] = [{"when": "true", "steps": self.steps(depth - 1, pool)}]
            made["default"] = {"steps": self.steps(depth - 1, pool)}
        elif kind == "race":
            made["branches"] = [{"name": name, "steps": self.steps(depth - 1, pool)} for name in ("one", "two")]
        if depth and self.random.random() < 0.3:
            made["catch"] = [{"steps": self.steps(depth - 1, pool)}]
        if self.random.random() < 0.3:
            made["forEach"] = {"in": "[1]"}
        return made


@pytest.mark.parametrize("seed", range(25))
def test_pools_are_inherited_at_any_depth_and_moved_by_one_word(seed: int) -> None:
    maker = Maker(seed)
    outer = maker.random.choice([None, "outer", "here"])
    steps = maker.steps(3, None if outer == "here" else outer)
    source = workflow(*steps, **({} if outer is None else {"pool": outer}))
    assert pools(source) == maker.expected
    plan = compiler_of(Path("nowhere")).load_text("flow", text_of(source)).plan
    for name in ("gpu", "here"):
        moved = in_pool(plan, name, builtin_registry())
        wanted = {each.id: None if each.type != "shell" or name == "here" else name for each in every_step(plan)}
        assert {each.id: each.pool for each in every_step(moved)} == wanted
    assert in_pool(plan, None, builtin_registry()) is plan
