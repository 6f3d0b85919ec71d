"""Random workflows of loops, catches and races: run, resumed anywhere, rerun."""

import random
from typing import Any

import pytest

from engine.control_flow.flow import broken, compiled, set_
from engine.engine_plans import Steps, Watch, run, statuses
from engine.resuming import rerun, resume
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.model.errors import ConflictError
from wftui.model.run.paths import is_at_or_in, iteration_index, owner_path
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import fold

SEEDS = 12
PREFIXES = 9
POINTS = 6
"""Inner points of a run from which it runs again."""


class Maker:
    """Makes steps whose outputs depend only on their expressions."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made = 0

    def steps(self, depth: int) -> list[dict[str, Any]]:
        return [self.step(depth) for _ in range(self.random.randint(1, 3))]

    def step(self, depth: int) -> dict[str, Any]:
        self.made += 1
        name = f"s{self.made}"
        kind = self.random.randrange(7 if depth else 2)
        made: dict[str, Any]
        if kind < 2:
            made = self.leaf(name)
        elif kind == 2:
            made = {"id": name, "type": "group", "steps": self.steps(depth - 1)}
        elif kind == 3:
            end = self.random.choice(["until", "while"])
            condition = "index >= 1" if end == "until" else "index < 2"
            made = {"id": name, "type": "loop", end: condition, "maxIterations": 3, "steps": self.loop_steps(depth - 1)}
        elif kind == 4:
            lost = {"name": "lost", "steps": [broken(f"{name}_lost")]}
            made = {"id": name, "type": "race", "branches": [lost, {"name": "won", "steps": self.steps(depth - 1)}]}
        elif kind == 5:
            each: dict[str, Any] = {"in": {"matrix": {"a": [1, 2], "b": [3]}}}
            if self.random.random() < 0.5:
                each["when"] = "item.a != 1"
            made = {"id": name, "type": "group", "forEach": each, "steps": self.steps(depth - 1)}
        else:
            stop = self.random.choice([2, 4, 99])
            made = set_(
                name,
                sum="{{ (previous.sum if previous else 0) + item }}",
                forEach_={"in": "[1, 2, 3]", "stopWhen": f"output.sum >= {stop}"},
            )
        if self.random.random() < 0.5 or kind == 4:
            made["catch"] = [
                {"on": ["http"], "steps": [set_(f"{name}_net", x=1)]},
                {"steps": [set_(f"{name}_own", type="{{ error.type }}")]},
            ]
        return made

    def loop_steps(self, depth: int) -> list[dict[str, Any]]:
        self.made += 1
        return [*self.steps(depth), set_(f"s{self.made}_n", n="{{ (previous.n if previous else 0) + 1 }}")]

    def leaf(self, name: str) -> dict[str, Any]:
        if self.random.random() < 0.3:
            return broken(name)
        return set_(name, n="{{ vars.base + 1 }}")


def workflow(seed: int) -> dict[str, Any]:
    steps = Maker(seed).steps(3)
    outputs = {f"o_{step['id']}": f"{{{{ steps.{step['id']}.output }}}}" for step in steps}
    return {"format": 1, "id": "flow", "vars": {"base": 1}, "steps": steps, "outputs": outputs}


def settled(record: ExecutionRecord) -> dict[str, str]:
    """The statuses that do not depend on time: a losing branch fails or is cancelled."""
    lost = {"failed", "cancelled", "skipped"}
    known = statuses(record)
    return {path: "lost" if path.endswith("_lost") and each in lost else each for path, each in known.items()}


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_random_flow_is_the_same_after_a_resume(seed: int) -> None:
    plan, watch = compiled(workflow(seed)), Watch()
    whole = await run(plan, watch=watch)
    assert fold(whole.id, watch.events) == whole
    count = len(watch.events)
    for length in sorted({1 + (count - 2) * n // PREFIXES for n in range(PREFIXES + 1)}):
        if watch.events[length].type == watch.events[length - 1].type == "step_skipped":
            continue  # a step and those inside it are skipped in one commit
        record, events = await resume(plan, watch.events[:length], Steps())
        assert (record.status, record.outputs, record.warnings) == (whole.status, whole.outputs, whole.warnings), length
        assert settled(record) == settled(whole), length
        assert fold(record.id, events) == record


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_rerun_of_a_random_flow_can_be_planned(seed: int) -> None:
    plan = compiled(workflow(seed))
    record = await run(plan)
    planned = plan_restart(plan, record, inputs={}, environment={}, before=plan)
    assert not [each.why for each in planned.decisions if "cannot be determined" in each.why]
    if (record.status, record.warnings) == ("completed", 0):
        assert {each.action for each in planned.decisions} <= {"keep"}


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_rerun_from_any_inner_point_gives_the_same_and_keeps_what_was_before(seed: int) -> None:
    plan = compiled(workflow(seed))
    record = await run(plan)
    inner = [step.path for step in record.step_results if "[" in step.path]
    for asked in random.Random(seed).sample(inner, min(len(inner), POINTS)):
        try:
            planned = plan_restart(plan, record, inputs={}, environment={}, before=plan, from_step=asked)
        except ConflictError as refused:
            assert asked in str(refused)
            continue
        new, events = await rerun(plan, record, planned, Steps())
        assert (new.status, new.outputs, new.warnings) == (record.status, record.outputs, record.warnings), asked
        assert settled(new) == settled(record), asked
        assert fold(new.id, events) == new
        kept = {step.path for step in new.step_results if step.kept_from == record.id}
        assert kept == {step.path for step in record.step_results if _is_kept(step.path, planned.reused)}, asked
        assert not any(is_at_or_in(path, asked) for path in kept)
        owner = asked[: asked.index("]") + 1]
        repeated = record.step(owner_path(owner))
        if repeated is not None and repeated.status == "completed":
            before = [f"{owner_path(owner)}[{index}]" for index in range(iteration_index(owner))]
            clean = {path for path in before if record.step(path) is not None and not _has_failures(record, path)}
            assert clean <= kept, asked


def _has_failures(record: ExecutionRecord, path: str) -> bool:
    """Return whether a step failed at or in an address, even if a catch handled it."""
    return any(step.status == "failed" for step in record.step_results if is_at_or_in(step.path, path))


def _is_kept(path: str, reused: list[str]) -> bool:
    return any(is_at_or_in(path, each) for each in reused)
