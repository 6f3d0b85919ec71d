"""Comparisons, statistics, workers and exports as pages: read the snapshot."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from model.comparison.test_compare import run, step
from wftui.model.base import Json
from wftui.model.comparison.compare import ComparisonSide, compare
from wftui.model.comparison.comparison import UsualTime
from wftui.model.comparison.value_changes import stored_value
from wftui.model.errors import UserError
from wftui.model.exports.csv_rows import csv_lines
from wftui.model.exports.html_report import html_report
from wftui.model.exports.opentelemetry import otlp_trace
from wftui.model.reports import comparison_lines, sparkline, statistics_lines, worker_lines
from wftui.model.run.actions import run_actions
from wftui.model.run.bulk import BulkAction, plan_bulk
from wftui.model.run.events import Log
from wftui.model.run.record import ExecutionRecord, QueuePlace
from wftui.model.run.steps import ExecutionError, StepResult, Waiting
from wftui.model.run.summary import ExecutionSummary
from wftui.model.statistics import (
    DayStatistics,
    ErrorStatistics,
    PeriodStatistics,
    StepStatistics,
    WorkflowStatistics,
)
from wftui.model.workers import WorkerInfo, WorkerJob

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TIMEOUT = ExecutionError(type="timeout", message="too late\nby 3 s")
OTHER = ExecutionError(type="http.404", message="not found")


def more(**fields: Json) -> ComparisonSide:
    return ComparisonSide(run(step("a"), **fields))


SHELL: Json = {"steps": [{"id": "a", "type": "shell", "input": {"script": "one two three four five six"}}]}
CHANGED: Json = {"steps": [{"id": "a", "type": "shell", "input": {"script": "one two three four five"}}]}
MANY: Json = {"steps": [{"id": each, "type": "set"} for each in "abcde"]}
FAILED = step("b", "failed", error=TIMEOUT, tries=3, second=2)
COMPARISONS: dict[str, tuple[ComparisonSide, ComparisonSide]] = {
    "one run": (more(), more()),
    "runs without a difference": (more(), more(id="s", started_at=START, duration=1500.0)),
    "two workflows": (more(), more(workflow_id="v")),
    "inputs": (more(inputs={"a": 1, "b": [1, 2]}), more(inputs={"a": 2, "b": [2]})),
    "outputs": (more(outputs={"a": 1}), more(outputs={"a": "x" * 300})),
    "status of the run": (more(), more(status="failed", error=TIMEOUT)),
    "status of a run without an error": (more(), more(status="cancelled")),
    "error of the run": (more(error=OTHER), more(error=TIMEOUT)),
    "a new error of the run": (more(), more(error=TIMEOUT)),
    "a definition": (
        ComparisonSide(run(step("a")), '{\n  "a": 1\n}', SHELL),
        ComparisonSide(run(step("a")), '{\n  "a": 2\n}', CHANGED),
    ),
    "many definitions": (ComparisonSide(run(), "", MANY), ComparisonSide(run(), "x", {})),
    "outside of the steps": (ComparisonSide(run(), "a", SHELL), ComparisonSide(run(), "b", SHELL)),
    "a failed step": (ComparisonSide(run(step("a"), step("b"))), ComparisonSide(run(step("a"), FAILED))),
    "a mended step": (ComparisonSide(run(FAILED)), ComparisonSide(run(step("b")))),
    "an error": (
        ComparisonSide(run(step("b", "failed", error=OTHER))),
        ComparisonSide(run(step("b", "failed", error=TIMEOUT))),
    ),
    "attempts": (ComparisonSide(run(step("a", tries=2))), ComparisonSide(run(step("a", tries=1)))),
    "more attempts": (ComparisonSide(run(step("a"))), ComparisonSide(run(step("a", tries=4)))),
    "input of a step": (
        ComparisonSide(run(step("a", input={"x": 1}, output=1))),
        ComparisonSide(run(step("a", input={"x": 2}, output=2))),
    ),
    "output of a step": (ComparisonSide(run(step("a", output=[1]))), ComparisonSide(run(step("a", output=[1, 2])))),
    "many changes": (
        ComparisonSide(run(step("a", output=list(range(12))))),
        ComparisonSide(run(step("a", output=[-each for each in range(12)]))),
    ),
    "input of a skipped step": (
        ComparisonSide(run(step("a", "skipped", input={"x": 1}))),
        ComparisonSide(run(step("a", input={"x": 2}))),
    ),
    "new and missing steps": (
        ComparisonSide(run(step("a"), step("b", step_type="http"))),
        ComparisonSide(run(step("a"), step("c", "failed", error=OTHER))),
    ),
    "a moved step": (
        ComparisonSide(run(step("g", step_type="group"), step("g.x"))),
        ComparisonSide(run(step("g", step_type="group"), step("x"))),
    ),
    "an inner step": (
        ComparisonSide(run(step("g", second=1), step("g.x"), step("g2"))),
        ComparisonSide(run(step("g", "failed"), step("g.x", "failed", error=OTHER), step("g2", "failed"))),
    ),
    "an interrupted run": (
        ComparisonSide(run(step("a"))),
        ComparisonSide(run(step("a", "running", completed_at=None), status="interrupted")),
    ),
    "slower than usual": (
        ComparisonSide(run(step("s", duration=900.0), step("t", duration=1000.0))),
        ComparisonSide(run(step("s", duration=3000.0), step("t", duration=2600.0))),
    ),
    "slower than before": (
        ComparisonSide(run(step("t", duration=1000.0))),
        ComparisonSide(run(step("t", duration=1501.0))),
    ),
    "hardly slower": (ComparisonSide(run(step("t", duration=1000.0))), ComparisonSide(run(step("t", duration=1500.0)))),
    "much slower, but short": (
        ComparisonSide(run(step("t", duration=100.0))),
        ComparisonSide(run(step("t", duration=600.0))),
    ),
    "a log": (
        ComparisonSide(run(step("a")), logs={"a": ["x", "y", "z"]}, left_out=["The log is long."]),
        ComparisonSide(run(step("a")), logs={"a": ["x", "q", "z"]}, left_out=["The log is long.", "So is this."]),
    ),
    "a long log": (
        ComparisonSide(run(step("a")), logs={"a": [f"{each}" for each in range(300)]}),
        ComparisonSide(run(step("a")), logs={"a": [f"-{each}" for each in range(300)]}),
    ),
    "iterations": (
        ComparisonSide(run(step("f"), *(step(f"f[{each}]", message=f"item {each}") for each in range(6)))),
        ComparisonSide(run(step("f"), *(step(f"f[{each}]", message=f"item {5 - each}") for each in range(6)))),
    ),
    "few iterations": (
        ComparisonSide(run(step("f"), *(step(f"f[{each}]") for each in range(3)))),
        ComparisonSide(run(step("f"), *(step(f"f[{each}]") for each in range(3)))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("ascii_only", [False, True])
def test_comparisons(ascii_only: bool, snapshot: SnapshotAssertion) -> None:
    usual = {"s": UsualTime(p50=1000.0, p95=1900.0, runs=5), "t": UsualTime(p50=1000.0, p95=1900.0, runs=5)}
    lines = []
    for name, (before, after) in COMPARISONS.items():
        found = compare(before, after, usual if name == "slower than usual" else {})
        lines.append(f"--- {name}: same={found.same} changed={found.changed_steps}")
        lines += [f"{each.tone:<8}|{each.text}" for each in comparison_lines(found, ascii_only=ascii_only)][:60]
    assert "\n".join(lines) == snapshot


def test_statistics(snapshot: SnapshotAssertion) -> None:
    total = PeriodStatistics(runs=1234, completed=1200, failed=34, success_rate=0.9724, p50=1500.0, p95=90_000.0)
    days = [
        DayStatistics(day=f"2026-11-{day:02}", runs=day, completed=day - 1, failed=day % 3, p50=day * 100.0)
        for day in (1, 2, 5, 22)
    ]
    steps = [
        StepStatistics(path=f"s{number}", times=10, failed=number % 4, p50=number * 100.0, p95=None, p50_before=900.0)
        for number in range(16)
    ]
    errors = [ErrorStatistics(type="timeout", message="too late\nby 3 s", runs=1000, last_run="r")]
    known = WorkflowStatistics(
        workflow_id="w",
        since=START,
        total=total,
        last_week=total,
        week_before=PeriodStatistics(),
        days=days,
        steps=steps,
        errors=errors,
        truncated=True,
    )
    unknown = WorkflowStatistics(
        since=START, total=PeriodStatistics(), last_week=PeriodStatistics(), week_before=PeriodStatistics()
    )
    few = WorkflowStatistics(since=START, total=total, last_week=total, week_before=total, steps=steps[:15])
    lines = [line for each in (known, unknown, few) for line in statistics_lines(each, ascii_only=each is known)]
    lines += list(statistics_lines(known))[6:12]
    bars = [sparkline([0, 1, 2.4, 2.5, 7]), sparkline([0, 0]), sparkline([]), sparkline([3, 1], ascii_only=True)]
    assert "\n".join([*(f"{each.tone:<8}|{each.run_id or ''}|{each.text}" for each in lines), *bars]) == snapshot


def worker(name: str, **fields: Json) -> WorkerInfo:
    known: dict[str, Json] = {"host": "h", "pid": 7, "pools": ["gpu"], "places": 2, "version": "0.2", "key": "k"}
    return WorkerInfo(**{**known, "draining": False, "lost": False, "since": START, "name": name, **fields})


@pytest.mark.parametrize("ascii_only", [False, True])
def test_workers(ascii_only: bool, snapshot: SnapshotAssertion) -> None:
    jobs = [
        WorkerJob(run="r", path="a.b", type="shell", started=START),
        WorkerJob(run="s", path="c", type="python", started=START + timedelta(hours=2)),
    ]
    workers = [
        worker("idle"),
        worker("a worker with a long name", pools=["gpu", "some more"], jobs=jobs),
        worker("w", draining=True, jobs=jobs[:1]),
        worker("x", lost=True, draining=True),
    ]
    lines = [*worker_lines(workers, START + timedelta(seconds=75), ascii_only=ascii_only), *worker_lines([], START)]
    lines += worker_lines([worker("w", pools=["p"])], START)
    assert "\n".join(f"{each.tone:<8}|{each.run_id or ''}|{each.text}" for each in lines) == snapshot


def record() -> ExecutionRecord:
    """A run with steps of each kind."""
    steps: list[StepResult] = [
        step("a", input={"x": "<é>"}, output=[1, None], started_at=START),
        step("b", "failed", error=TIMEOUT, tries=2, started_at=START, completed_at=None),
        step("c", "skipped", skip_reason="when is false", duration=None),
        step("d", "cancelled", pool="gpu", parent="b", started_at=START),
        step("e", "running", output={}, started_at=START, completed_at=None, duration=None),
    ]
    times: dict[str, Json] = {"started_at": START, "completed_at": START + timedelta(seconds=3), "duration": 3000.0}
    names: dict[str, Json] = {"workflow_version": "2", "user_id": "ann", "parent_id": "p", "imported_from": "f.json"}
    return run(
        *steps, status="failed", inputs={"n": 1}, outputs={"o": "x"}, error=TIMEOUT, warnings=1, **times, **names
    )  # fmt: skip


def test_exports(snapshot: SnapshotAssertion) -> None:
    logs = [
        Log(run_id="r", timestamp=START, message="one\ntwo\n", path="a"),
        Log(run_id="r", timestamp=START, message="", level="warn"),
    ]
    pages = [
        "".join(html_report(record(), logs, "{}", ["Too long."])),
        "".join(html_report(run(), [], "")),
        json.dumps(otlp_trace(record(), "1.0", ["Too long."]), indent=1),
        json.dumps(otlp_trace(run(status="interrupted"), "1.0"), indent=1),
    ]
    known = ExecutionSummary(
        id="r",
        workflow_id="w",
        status="failed",
        error=TIMEOUT,
        started_at=START,
        completed_at=START,
        duration=1e7,
        parent_id="p",
        workflow_version="1",
        user_id="-ann",
    )
    runs = [known, ExecutionSummary(id="s", workflow_id="=w", status="running", duration=0.0)]
    pages += [csv_lines(runs, header=header) for header in (True, False)]
    assert "\n---\n".join(pages) == snapshot


def test_actions(snapshot: SnapshotAssertion) -> None:
    waiting = step("a", "waiting", waiting=Waiting(reason="approval"))
    unresolved = ExecutionError(type="connection.unresolved", message="")
    records = [
        *(run(status=status) for status in ("pending", "running", "completed", "failed", "cancelled", "interrupted")),
        run(status="interrupted", imported_from="f"),
        run(waiting, status="running"),
        run(step("a", "waiting", waiting=Waiting(reason="delay")), status="running"),
        run(status="failed", error=unresolved),
    ]
    lines = []
    for each in records:
        lines.append(f"{each.status} {each.imported_from} {[found.status for found in each.step_results]}")
        lines += [f"  {action.id} {action.label}: {action.enabled} {action.reason}" for action in run_actions(each)]
    places = [QueuePlace(group="g", place=place, behind="r").why for place in (1, 2, 5)]
    assert "\n".join([*lines, *places]) == snapshot


@pytest.mark.parametrize("action", ["rerun", "cancel", "export", "delete"])
def test_actions_on_many_runs(action: BulkAction, snapshot: SnapshotAssertion) -> None:
    statuses = ["pending", "running", "completed", "failed", "cancelled", "interrupted"] * 2
    runs = [ExecutionSummary(id=f"r{place}", workflow_id="w", status=each) for place, each in enumerate(statuses)]
    runs.append(ExecutionSummary(id="child", workflow_id="w", status="completed", parent_path="a"))
    plans = [plan_bulk(action, each) for each in (runs, runs[2:3], runs[:2], [])]
    assert "\n---\n".join(plan.preview() for plan in plans) == snapshot


def test_values_that_are_too_big_for_a_record(snapshot: SnapshotAssertion) -> None:
    texts = {"one": '{"a": 1}', "two": '{"a": 2}'}

    def read(digest: str) -> Iterator[str]:
        if digest not in texts:
            raise UserError("lost")
        return iter([texts[digest]])

    def side(digest: str) -> ComparisonSide:
        return ComparisonSide(run(step("a", output=stored_value(digest, 8)), inputs=stored_value(digest, 8)))

    small = ComparisonSide(run(step("a", output={"a": 1}), inputs={"a": 2}))
    lines = []
    pairs = [(side("one"), side(other)) for other in ("two", "one", "lost")]
    for before, after in [*pairs, (small, side("one"))]:
        found = compare(before, after, {}, read)
        lines += [f"--- {found.same}", *(line.text for line in comparison_lines(found))]
    assert "\n".join(lines) == snapshot
