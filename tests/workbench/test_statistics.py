"""Statistics of stored runs, also over the hours in which clocks are changed."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from store.store_helpers import completed, created

from wftui.workbench import Workbench


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "day", "runs"),
    [
        ("UTC", "2026-10-25", 48),
        ("Europe/Berlin", "2026-10-25", 50),
        ("Europe/Berlin", "2026-03-29", 46),
        ("America/New_York", "2026-11-01", 50),
        ("Australia/Lord_Howe", "2026-04-05", 49),
    ],
    indirect=["zone"],
)
@pytest.mark.usefixtures("zone")
async def test_a_day_with_a_change_of_clocks_has_all_of_its_runs(workbench: Workbench, day: str, runs: int) -> None:
    begin = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC) - timedelta(days=1.5)
    store = await workbench.store()
    for number in range(144):  # every half an hour for three days
        name, at = f"run-{number}", begin + timedelta(minutes=30 * number)
        await store.append([created(name, at=at), completed(name, at=at, duration=1_000.0)], wait=number == 143)
    found = await workbench.statistics.of("demo", begin)
    days = {each.day: each.runs for each in found.days}
    assert days[day] == runs
    assert sum(days.values()) == found.total.runs == 144
    assert {each.p50 for each in found.days} == {1_000.0}, "durations do not know of clocks"
