"""Bars of the times of steps."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tui.run_events import BEGIN, running, state_of
from wftui.tui.widgets.run.gantt import Span, Usual, Window, bar, beside_usual, spans

NOW = BEGIN + timedelta(seconds=17)


spans_in = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 100), st.sampled_from(["run", "wait"])).map(
        lambda parts: Span(min(parts[0], parts[1]), max(parts[0], parts[1]), parts[2])  # type: ignore[arg-type]
    ),
    max_size=6,
)


@given(parts=spans_in, width=st.integers(1, 80), length=st.floats(0, 100), ascii_only=st.booleans())
def test_bar_has_the_exact_width(parts: list[Span], width: int, length: float, ascii_only: bool) -> None:
    line = bar(parts, Window(0, length), width, ascii_only=ascii_only)
    text = "".join(piece for piece, _ in line)
    assert len(text) == width
    assert bool(text.strip()) == bool(parts)
    assert text.isascii() or not ascii_only
    assert any(kind == "run" for _, kind in line) == any(part.kind == "run" for part in parts)


@given(start=st.floats(0, 50), later=st.floats(0, 50), width=st.integers(1, 60))
def test_later_starts_are_never_further_left(start: float, later: float, width: int) -> None:
    def first_cell(at: float) -> int:
        text = "".join(piece for piece, _ in bar([Span(at, 100)], Window(0, 100), width))
        return len(text) - len(text.lstrip())

    assert first_cell(start) <= first_cell(start + later)


def test_bars_use_half_cells_and_thin_waits() -> None:
    assert bar([Span(0, 5), Span(5, 7.5, "wait"), Span(7.5, 10)], Window(0, 10), 4) == [
        ("━━", "run"), ("╌", "wait"), ("━", "run"),
    ]  # fmt: skip
    assert bar([Span(2.5, 6.25)], Window(0, 10), 4) == [(" ", "gap"), ("━╸", "run"), (" ", "gap")]
    assert bar([Span(0, 5)], Window(0, 10), 4, ascii_only=True) == [("==", "run"), ("  ", "gap")]


def test_a_window_shows_its_part_of_the_time() -> None:
    assert bar([Span(0, 5), Span(8, 10)], Window(4, 4), 4) == [("━", "run"), ("   ", "gap")]
    assert bar([Span(0, 5)], Window(6, 2), 4) == [("    ", "gap")]
    assert bar([Span(3, 9)], Window(4, 4), 4) == [("━━━━", "run")]


def test_the_usual_time_is_a_ghost_after_the_end_and_what_is_over_it_is_marked() -> None:
    usual = Usual(p50=4, p95=6)
    assert beside_usual([Span(0, 2)], usual) == [Span(2, 4, "usual"), Span(4, 6, "late"), Span(0, 2)]
    assert beside_usual([Span(0, 5)], usual) == [Span(5, 6, "late"), Span(0, 5)]
    assert beside_usual([Span(0, 8)], usual) == [Span(0, 6), Span(6, 8, "over")]
    assert beside_usual([Span(0, 2)], None) == [Span(0, 2)]
    line = bar(beside_usual([Span(0, 2)], usual), Window(0, 8), 8)
    assert line == [("━━", "run"), ("░░", "usual"), ("··", "late"), ("  ", "gap")]
    assert bar(beside_usual([Span(0, 8)], usual), Window(0, 8), 8, ascii_only=True) == [
        ("======", "run"),
        ("##", "over"),
    ]
    assert bar(beside_usual([Span(0, 2)], usual), Window(0, 8), 8, ascii_only=True)[1:3] == [
        ("::", "usual"),
        ("..", "late"),
    ]


def test_retried_step_has_spans_for_attempts_and_waits() -> None:
    state_ = state_of(running())
    branches = state_.record.step("branches")
    assert branches is not None
    assert [(round(span.start), round(span.end), span.kind) for span in spans(branches, state_.record, NOW)] == [
        (4, 6, "run"), (6, 9, "wait"), (9, 17, "run"),
    ]  # fmt: skip
