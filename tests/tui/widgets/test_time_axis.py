"""The time axis of the bars: ticks that read well, zoom and pan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.tui.widgets.run.gantt import Window
from wftui.tui.widgets.run.time_axis import Zoom, axis, distance, settled, short_time

totals = st.floats(0.05, 10_000_000, allow_nan=False)


@pytest.mark.parametrize(
    ("length", "line"),
    [
        (40, "╷0        ╷10s      ╷20s      ╷30s      "),
        (4, "╷0        ╷1s       ╷2s       ╷3s       "),
        (0.4, "╷0        ╷0.1s     ╷0.2s     ╷0.3s     "),
        (7200, "╷0        ╷30m      ╷1h       ╷1h30m    "),
        (4 * 86_400, "╷0        ╷1d       ╷2d       ╷3d       "),
    ],
)
def test_ticks_are_at_round_times(length: float, line: str) -> None:
    assert axis(Window(0, length), 40) == line


def test_an_axis_in_ascii_marks_interruptions() -> None:
    assert axis(Window(0, 40), 40, [5.0, 99.0], ascii_only=True) == "|0   !    |10s      |20s      |30s      "


@given(start=st.floats(0, 1e6), length=st.floats(0.01, 1e7), width=st.integers(0, 200))
def test_an_axis_has_its_width_and_no_two_ticks_touch(start: float, length: float, width: int) -> None:
    line = axis(Window(start, length), width)
    assert len(line) == width
    assert all(line[at - 1] == " " for at, sign in enumerate(line) if sign == "╷" and at)


@given(least=st.floats(0.0001, 1e8))
def test_a_distance_is_not_below_the_least_and_not_far_above(least: float) -> None:
    assert least * 0.999 <= distance(least) <= 10.1 * least


@given(total=totals)
def test_the_axis_of_a_live_run_is_a_little_longer_and_stays(total: float) -> None:
    length = settled(total)
    assert total * 0.999_999 <= length <= total * 1.2
    assert settled(length * 0.999) == pytest.approx(length)


def test_times_are_as_exact_as_the_distance() -> None:
    assert [short_time(90, 30), short_time(0.25, 0.05), short_time(3600, 600), short_time(90_000, 3600)] == [
        "1m30s",
        "0.25s",
        "1h",
        "1d1h",
    ]


@given(total=totals, changes=st.lists(st.sampled_from(["closer", "wider", "earlier", "later"]), max_size=30))
def test_the_window_stays_inside_the_run(total: float, changes: list[str]) -> None:
    zoom = Zoom()
    for change in changes:
        if change in ("closer", "wider"):
            zoom = zoom.changed(total, closer=change == "closer", around=total / 3)
        else:
            zoom = zoom.moved(total, 0.5 if change == "later" else -0.5)
        window = zoom.window(total)
        assert 0 <= window.start <= window.end <= total * 1.000_001
    while zoom.factor > 1:
        zoom = zoom.changed(total, closer=False, around=None)
    assert zoom.window(total) == Window(0, total)


def test_the_end_of_a_zoomed_run_is_followed_until_it_is_panned_away() -> None:
    zoom = Zoom().changed(100, closer=True, around=99).moved(100, 1)
    assert (zoom.window(100).end, zoom.window(200).end) == (100, 200)
    assert zoom.moved(200, -0.5).window(400) == zoom.moved(200, -0.5).window(800).__class__(50, 200)
