import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.workflow.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30.0),
        ("15m", 900.0),
        ("4h", 14400.0),
        ("7d", 604800.0),
        ("1.5s", 1.5),
        (2, 2.0),
        (0, 0.0),
    ],
)
def test_every_written_form_is_read(written: object, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["", "5", "5 s", "-1s", "s", "1w", -1, float("inf"), float("nan"), True, None, []])
def test_invalid_durations_are_refused(written: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (0.004, "4ms"),
        (0.9996, "1.0s"),
        (1.24, "1.2s"),
        (59.96, "1m00s"),
        (185, "3m05s"),
        (3599, "59m59s"),
        (3600, "1h00m"),
        (7620, "2h07m"),
        (86399, "23h59m"),
        (86400, "1d00h"),
        (273600, "3d04h"),
    ],
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(min_value=0, max_value=86400 * 99))
def test_a_shown_duration_never_needs_more_than_seven_cells(seconds: float) -> None:
    assert len(format_duration(seconds)) <= 7
