"""Local times across changes of the clock, in zones of several kinds."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import wftui
from wftui.model.text.local_times import TIME, is_repeated, local_text


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "first", "texts"),
    [
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ("02:30:00 CEST", "02:30:00 CET")),
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), ("01:30:00 EDT", "01:30:00 EST")),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, 45, tzinfo=UTC), ("01:45:00 +11", "01:45:00 +1030")),
    ],
    indirect=["zone"],
)
def test_times_of_a_repeated_hour_are_distinguished(zone: str, first: datetime, texts: tuple[str, str]) -> None:
    again = first + timedelta(minutes=30 if "Lord_Howe" in zone else 60)
    assert (local_text(first, TIME), local_text(again, TIME)) == texts


@pytest.mark.parametrize("zone", ["Europe/Berlin"], indirect=True)
def test_every_time_of_a_year_is_unambiguous(zone: str) -> None:
    times = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * number) for number in range(2 * 24 * 365)]
    assert len({local_text(each) for each in times}) == len(times)
    assert sum(is_repeated(each) for each in times) == 4


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"], indirect=True)
def test_zones_without_changes_show_no_zone(zone: str) -> None:
    assert not any(is_repeated(datetime(2026, month, 25, 0, 30, tzinfo=UTC)) for month in range(1, 13))
    assert local_text(datetime(2026, 10, 25, 20, 30, tzinfo=UTC))[:11] in ("2026-10-25 ", "2026-10-26 ")


_ELSEWHERE = {
    "model/exports/html_report.py": "a report names the zone, UTC, as its readers are elsewhere",
    "runtime/filters_numbers.py": "times of workflows, in a zone that they name",
    "runtime/language/times.py": "times of workflows, in a zone that they name",
    "store/sqlite/database.py": "names of files",
    "tui/widgets/schema_form/editors/text_editor.py": "the value of a field, in UTC",
    "workbench/past_runs/statistics_service.py": "the local day of each run, as a key",
}


def test_all_times_for_people_are_written_here() -> None:
    """A time that is formatted elsewhere is in UTC, or ambiguous in a repeated hour."""
    package = Path(wftui.__file__).parent
    others = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r":%[YmdH]|strftime\(.%", path.read_text(encoding="utf-8"))
    }
    assert others - _ELSEWHERE.keys() == {"model/text/local_times.py"}
