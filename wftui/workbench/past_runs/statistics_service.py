"""Statistics of runs: success, durations, slow and failing steps, frequent errors."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wftui.model.base import Json
from wftui.model.clock import Clock

if TYPE_CHECKING:
    from wftui.model.comparison.comparison import UsualTime
    from wftui.model.statistics import (
        DayStatistics,
        ErrorStatistics,
        PeriodStatistics,
        StepStatistics,
        WorkflowStatistics,
    )
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.history.run_times import RunTime, StepTime

_MOST_RUNS = 20_000
_STEPS_OF = 100
"""Runs of each week whose steps are read."""
_MOST_ERRORS = 20
_USUAL_RUNS = 100
_WEEK = timedelta(days=7)
_STATUSES = ("completed", "failed", "cancelled", "interrupted")


class StatisticsService:
    """`workbench.statistics`."""

    def __init__(self, store: Callable[[], Awaitable[ExecutionStore]], clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of(self, workflow_id: str | None, since: datetime) -> WorkflowStatistics:
        """Return the statistics of a workflow, or of all, over the runs since a time.

        Runs that steps of other runs started are left out.
        """
        store, now = await self._store(), self._clock()
        from wftui.model.statistics import WorkflowStatistics

        runs = await store.run_times(workflow_id, _STATUSES, min(since, now - 2 * _WEEK), _MOST_RUNS)
        begin, week, two_weeks = (_milliseconds(time) for time in (since, now - _WEEK, now - 2 * _WEEK))
        last = [run for run in runs if run.created_at >= week]
        before = [run for run in runs if two_weeks <= run.created_at < week]
        since_begin = [run for run in runs if run.created_at >= begin]
        steps: list[StepStatistics] = []
        if workflow_id is not None:
            times = [await _step_times(store, part) for part in (since_begin, before)]
            steps = await asyncio.to_thread(_steps, *times)
        return WorkflowStatistics(
            workflow_id=workflow_id,
            since=since,
            total=_period(since_begin),
            last_week=_period(last),
            week_before=_period(before),
            days=_days(since_begin),
            steps=steps,
            errors=_errors(since_begin),
            truncated=any(sum(run.status == status for run in runs) >= _MOST_RUNS for status in _STATUSES),
        )

    async def usual(self, workflow_id: str, *, before: str = "") -> PeriodStatistics | None:
        """Return how long the newest completed runs of a workflow took; None for too few.

        Args:
            before: a run that does not count.
        """
        from wftui.model.statistics import FEWEST_USUAL

        store = await self._store()
        runs = await store.run_times(workflow_id, ("completed",), datetime.fromtimestamp(0).astimezone(), _USUAL_RUNS)
        found = _period([run for run in runs if run.id != before])
        return found if found.completed >= FEWEST_USUAL else None

    async def usual_steps(self, workflow_id: str, *, before: str = "") -> dict[str, UsualTime]:
        """Return how long the steps of these runs took, by address without indices."""
        from wftui.workbench.past_runs.comparison_service import usual_times

        return await usual_times(await self._store(), workflow_id, before=before)


async def _step_times(store: ExecutionStore, runs: Sequence[RunTime]) -> list[StepTime]:
    newest = sorted(runs, key=lambda run: -run.created_at)[:_STEPS_OF]
    return [time for run in newest for time in await store.step_times(run)]


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _period(runs: Sequence[RunTime]) -> PeriodStatistics:
    from wftui.model.statistics import PeriodStatistics

    return PeriodStatistics(**_figures(runs))


def _figures(runs: Sequence[RunTime]) -> dict[str, Json]:
    from wftui.model.statistics import percentile

    completed = sum(run.status == "completed" for run in runs)
    failed = sum(run.status == "failed" for run in runs)
    durations = [run.duration for run in runs if run.status == "completed" and run.duration is not None]
    return {
        "runs": len(runs),
        "completed": completed,
        "failed": failed,
        "success_rate": completed / (completed + failed) if completed + failed else None,
        "p50": percentile(durations, 50) if durations else None,
        "p95": percentile(durations, 95) if durations else None,
    }


def _days(runs: Iterable[RunTime]) -> list[DayStatistics]:
    from wftui.model.statistics import DayStatistics

    by_day: dict[str, list[RunTime]] = defaultdict(list)
    for run in runs:
        by_day[f"{datetime.fromtimestamp(run.created_at / 1000):%Y-%m-%d}"].append(run)
    return [DayStatistics(day=day, **_figures(some)) for day, some in sorted(by_day.items())]


def _steps(times: Iterable[StepTime], before: Iterable[StepTime]) -> list[StepStatistics]:
    from wftui.model.statistics import StepStatistics, percentile

    found: list[StepStatistics] = []
    earlier = _durations(before)
    failed: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    times = list(times)
    for time in times:
        ends[time.path] += 1
        failed[time.path] += time.failed
    durations = _durations(times)
    for path, count in ends.items():
        some, was = durations.get(path), earlier.get(path)
        found.append(
            StepStatistics(
                path=path,
                times=count,
                failed=failed[path],
                p50=percentile(some, 50) if some else None,
                p95=percentile(some, 95) if some else None,
                p50_before=percentile(was, 50) if was else None,
            )
        )
    return sorted(found, key=lambda step: -(step.p50 or 0.0))


def _durations(times: Iterable[StepTime]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for time in times:
        if not time.failed:
            found[time.path].append(time.duration)
    return found


def _errors(runs: Iterable[RunTime]) -> list[ErrorStatistics]:
    """Return failed runs by error, ignoring numbers in messages."""
    from wftui.model.statistics import ErrorStatistics

    groups: dict[tuple[str, str], list[RunTime]] = defaultdict(list)
    for run in runs:
        if run.status == "failed":
            message = (run.error_message or "").partition("\n")[0]
            groups[run.error_type or "error", re.sub(r"\d+", "#", message)].append(run)
    found = [
        ErrorStatistics(
            type=kind,
            message=(newest := max(some, key=lambda run: run.created_at)).error_message or "",
            runs=len(some),
            last_run=newest.id,
        )
        for (kind, _), some in groups.items()
    ]
    return sorted(found, key=lambda error: -error.runs)[:_MOST_ERRORS]
