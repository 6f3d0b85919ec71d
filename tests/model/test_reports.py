"""Statistics as lines: slower steps, and a trend with days without runs."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wftui.model.reports import statistics_lines
from wftui.model.statistics import DayStatistics, PeriodStatistics, StepStatistics, WorkflowStatistics

FIRST = date(2024, 2, 28)


def _figures(runs: int) -> PeriodStatistics:
    return PeriodStatistics(runs=runs, completed=runs, failed=0)


def _statistics(**fields: Any) -> WorkflowStatistics:
    return WorkflowStatistics(
        workflow_id=None,
        since=datetime(2024, 1, 1, tzinfo=UTC),
        total=_figures(1),
        last_week=_figures(0),
        week_before=_figures(0),
        **fields,
    )


def test_steps_that_became_slower_are_marked() -> None:
    times: dict[str, tuple[float | None, float | None]] = {
        "slower": (1_600.0, 1_000.0),
        "usual": (1_500.0, 1_000.0),
        "new": (1_600.0, None),
        "gone": (None, 1_000.0),
    }
    steps = [StepStatistics(path=path, times=9, p50=p50, p50_before=before) for path, (p50, before) in times.items()]
    lines = [line for line in statistics_lines(_statistics(steps=steps)) if line.text.strip().startswith(tuple(times))]
    assert [(line.text.split()[0], line.text.endswith("slower"), line.tone) for line in lines] == [
        ("slower", True, "changed"),
        ("usual", False, "plain"),
        ("new", False, "plain"),
        ("gone", False, "plain"),
    ]


@given(days=st.dictionaries(st.integers(0, 900), st.integers(1, 9), min_size=1, max_size=20))
def test_the_trend_has_a_bar_for_each_day_or_for_some(days: dict[int, int]) -> None:
    found = _statistics(
        days=[
            DayStatistics(day=f"{FIRST + timedelta(days=number)}", runs=runs, completed=runs, failed=0)
            for number, runs in sorted(days.items())
        ],
    )
    (line,) = [line.text for line in statistics_lines(found, ascii_only=True) if line.text.startswith("  runs")]
    assert not any(line.text.startswith("  p50") for line in statistics_lines(found))  # none is known
    bars = line.split()[1]
    length = max(days) - min(days) + 1
    assert len(bars) <= 60
    assert len(bars) == length or length > 60
    if length <= 60:
        filled = {number - min(days) for number, runs in days.items() if runs * 14 >= max(days.values())}
        assert all(bars[place] != "_" for place in filled)
        assert {place for place, bar in enumerate(bars) if bar != "_"} <= {number - min(days) for number in days}
