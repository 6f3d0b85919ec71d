"""Statistics as lines: a trend whose bars are days, those without runs included."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wftui.model.reports import statistics_lines
from wftui.model.statistics import DayStatistics, PeriodStatistics, WorkflowStatistics

FIRST = date(2024, 2, 28)


@given(days=st.dictionaries(st.integers(0, 900), st.integers(1, 9), min_size=1, max_size=20))
def test_the_trend_has_a_bar_for_each_day_or_for_some(days: dict[int, int]) -> None:
    def figures(runs: int) -> PeriodStatistics:
        return PeriodStatistics(runs=runs, completed=runs, failed=0)

    found = WorkflowStatistics(
        workflow_id=None,
        since=datetime(2024, 1, 1, tzinfo=UTC),
        total=figures(1),
        last_week=figures(0),
        week_before=figures(0),
        days=[
            DayStatistics(day=f"{FIRST + timedelta(days=number)}", runs=runs, completed=runs, failed=0)
            for number, runs in sorted(days.items())
        ],
    )
    (line,) = [line.text for line in statistics_lines(found, ascii_only=True) if line.text.startswith("  runs")]
    bars = line.split()[1]
    length = max(days) - min(days) + 1
    assert len(bars) <= 60
    assert len(bars) == length or length > 60
    if length <= 60:
        filled = {number - min(days) for number, runs in days.items() if runs * 14 >= max(days.values())}
        assert all(bars[place] != "_" for place in filled)
        assert {place for place, bar in enumerate(bars) if bar != "_"} <= {number - min(days) for number in days}
