"""A run as the monitor shows it, without a screen: tree, bars, words, playback."""

from datetime import timedelta

import pytest

from tui.run_events import BEGIN, Story, completed, failed, running, state_of
from wftui.model.run.events import (
    Created,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
)
from wftui.model.run.paths import is_at_or_in
from wftui.model.run.reducer import fold_part, new_record
from wftui.model.run.steps import ExecutionError, Iterations, StepResult, Waiting
from wftui.tui.widgets.run.canvas_status import canvas_statuses, newest_of
from wftui.tui.widgets.run.gantt import run_seconds, step_seconds
from wftui.tui.widgets.run.labels import (
    elapsed,
    first_line,
    iteration_counts,
    local_timestamp,
    run_label,
    step_note,
    waiting_label,
)
from wftui.tui.widgets.run.rows import RunRows, StepRow
from wftui.tui.widgets.run.state import RunState
from wftui.tui.widgets.run.tree import StepTree, current_step, failed_step, title

NOW = BEGIN + timedelta(seconds=17)


# --- the tree


def test_iterations_are_closed_at_first_and_containers_are_open() -> None:
    before = Story("r")
    before.created()
    assert [row.step.path for row in state_of(before).tree.rows()] == [
        "clone", "commits", "files", "branches", "authors", "authors.stats", "report",
    ]  # fmt: skip
    under_way = state_of(running()).tree.rows()
    assert [row.step.path for row in under_way] == ["clone", "commits", "files", "branches", "authors", "report"]
    assert [row.opens for row in under_way] == [False, False, False, False, True, False]


def test_an_opened_iteration_shows_its_steps_and_not_the_declared_ones() -> None:
    tree = state_of(running()).tree
    tree.open("authors", is_open=True)
    tree.open("authors[1]", is_open=True)
    rows = tree.rows()
    assert [row.step.path for row in rows if row.depth] == [
        "authors[0]", "authors[1]", "authors[1].stats", "authors[2]", "authors[3]", "authors[4]", "authors[5]",
    ]  # fmt: skip
    assert next(row.depth for row in rows if row.step.path == "authors[1].stats") == 2
    tree.open_all(None)
    assert not any(row.depth for row in tree.rows())


def test_iterations_are_ordered_by_index() -> None:
    story = Story("r")
    story.created()
    story.add(IterationsPlanned, 1, step_id="authors", path="authors", total=12)
    for index in (3, 0, 11, 2, 10, 1):
        story.add(IterationStarted, 2, step_id="authors", path=f"authors[{index}]", index=index)
    tree = state_of(story).tree
    tree.open("authors", is_open=True)
    assert [row.step.path for row in tree.rows() if row.depth] == [f"authors[{n}]" for n in (0, 1, 2, 3, 10, 11)]


def test_failed_rows_are_shown_with_their_parents() -> None:
    rows = state_of(failed()).tree.rows(only="failures")
    assert [(row.step.path, row.depth) for row in rows] == [("branches", 0), ("authors", 0), ("authors[3]", 1)]


def test_revealing_opens_everything_above() -> None:
    tree = state_of(running()).tree
    tree.reveal("authors[4].stats")
    assert "authors[4].stats" in [row.step.path for row in tree.rows()]


def test_an_iteration_is_called_by_its_index_and_its_item() -> None:
    record = state_of(running()).record
    found = record.step("authors[1]")
    assert found is not None
    assert title(found) == "[1] grace"


def test_current_step_is_the_innermost_latest() -> None:
    found = current_step(state_of(running()).active.values())
    assert found is not None
    assert found.path == "authors[5].stats"


def test_the_failed_step_is_the_one_the_error_names() -> None:
    found = failed_step(state_of(failed()).record)
    assert found is not None
    assert found.path == "branches"


# --- iterations that the record leaves out


def long_story(count: int, *, inner: bool = True, fails: int | None = None) -> Story:
    """Return a run over many items, one of which may fail."""
    story = Story("r")
    story.created()
    story.add(IterationsPlanned, 1, step_id="authors", path="authors", total=count)
    for index in range(count):
        path = f"authors[{index}]"
        story.add(IterationStarted, 2, step_id="authors", path=path, index=index, label=f"author {index}")
        if inner:
            story.starts(f"{path}.stats", 2)
            story.ends(f"{path}.stats", 3, {"commits": index}, 1)
        if index == fails:
            error = ExecutionError(message="no such author")
            story.add(IterationFailed, 3, step_id="authors", path=path, index=index, error=error, duration=1)
        else:
            story.add(IterationCompleted, 3, step_id="authors", path=path, index=index, duration=1)
    return story


def read_back(story: Story, tree: StepTree, *paths: str) -> None:
    """Read the events of visible iterations, and of no others, as the screen does."""
    after, until = tree.events_of(paths)
    events = [event for event in story.events if after < event.seq <= until]
    assert len(events) <= 4 * len(paths)
    steps = fold_part(new_record("r"), events).step_results
    tree.take(paths, [step for step in steps if any(is_at_or_in(step.path, path) for path in paths)])


def test_evicted_iterations_have_placeholder_rows() -> None:
    story = long_story(3000, fails=5)
    tree = state_of(story).tree
    tree.open("authors", is_open=True)
    rows = tree.rows()
    below = [row for row in rows if row.depth == 1]
    assert [row.step.path for row in below] == [f"authors[{index}]" for index in range(3000)]
    assert len(tree.record.step_results) < 2700
    assert all(row.opens for row in below)
    assert (below[5].step.status, below[5].step.message) == ("failed", "author 5")
    assert (below[4].step.status, below[4].step.message) == ("completed", None)
    assert [tree.is_missing(below[index].step) for index in (4, 5, 2999)] == [True, False, False]
    start = rows.place("authors[0]")
    assert start is not None
    assert [rows.place(f"authors[{index}]") for index in (5, 6, 2999)] == [start + 5, start + 6, start + 2999]
    assert (rows.place("authors[3000]"), rows.place("authors[7].stats")) == (None, None)


def test_reloaded_iteration_is_shown_and_opens() -> None:
    story = long_story(3000)
    tree = state_of(story).tree
    tree.open("authors", is_open=True)
    read_back(story, tree, "authors[7]", "authors[8]")
    row = next(row for row in tree.rows() if row.step.path == "authors[7]")
    assert (row.step.message, row.opens, tree.is_missing(row.step)) == ("author 7", True, False)
    tree.open("authors[7]", is_open=True)
    rows = tree.rows()
    place = rows.place("authors[7]")
    assert place is not None
    assert [rows[place + by].step.path for by in range(3)] == ["authors[7]", "authors[7].stats", "authors[8]"]
    inner = tree.step("authors[7].stats")
    assert inner is not None
    assert inner.output == {"commits": 7}


def test_evicted_failures_are_listed_with_failures() -> None:
    story = long_story(0)
    for index in range(6000):
        path = f"authors[{index}]"
        story.add(IterationStarted, 2, step_id="authors", path=path, index=index)
        if index % 2:
            error = ExecutionError(message="no")
            story.add(IterationFailed, 3, step_id="authors", path=path, index=index, error=error, duration=1)
        else:
            story.add(IterationCompleted, 3, step_id="authors", path=path, index=index, duration=1)
    tree = state_of(story).tree
    paths = [row.step.path for row in tree.rows(only="failures") if row.depth == 1]
    assert paths == [f"authors[{index}]" for index in range(1, 6000, 2)]


def test_table_of_100000_iterations_has_few_parts() -> None:
    tree = StepTree(new_record("r"))
    rows = RunRows()
    made: list[int] = []

    def row_of(index: int) -> StepRow:
        made.append(index)
        step = StepResult(path=f"a[{index}]", step_id="a", step_name="a", step_type="set")
        return StepRow(step, 1, opens=False, is_open=False)

    rows.add_range("a", range(100_000), row_of)
    assert (len(rows), rows.place("a[99999]"), len(tree.rows())) == (100_000, 99_999, 0)
    assert made == []
    assert rows[70_000].step.path == "a[70000]"
    assert made == [70_000]


# --- bars


def test_run_clock_stops_at_the_end() -> None:
    ended = state_of(completed()).record
    assert run_seconds(ended, NOW) == run_seconds(ended, NOW + timedelta(days=1)) == pytest.approx(15.95)
    live = state_of(running()).record
    assert run_seconds(live, NOW + timedelta(seconds=10)) == pytest.approx(26.95)


def test_pending_step_has_no_duration() -> None:
    record = state_of(running()).record
    report, clone = record.step("report"), record.step("clone")
    assert report is not None
    assert clone is not None
    assert step_seconds(report, record, NOW) is None
    assert step_seconds(clone, record, NOW) == 4.1


# --- words


def test_running_clock_shows_whole_seconds() -> None:
    assert [elapsed(7.4, live=True), elapsed(62, live=True), elapsed(3723, live=True)] == ["0:07", "1:02", "1:02:03"]
    assert elapsed(7.4, live=False) == "7.4s"


def test_counters_show_failures_only_if_any() -> None:
    assert iteration_counts(Iterations(total=8, completed=5), live=True) == "5 of 8"
    assert iteration_counts(Iterations(total=8, completed=4, failed=1), live=False) == "5 of 8, 1 failed"
    assert iteration_counts(Iterations(completed=4), live=True) == "4 so far"
    assert iteration_counts(Iterations(completed=4), live=False) == "4 rounds"


def test_waiting_reasons_are_worded() -> None:
    soon = NOW + timedelta(seconds=3)
    assert waiting_label(Waiting(reason="approval", prompt="Go on?\nReally?"), NOW) == "approval: Go on?"
    assert waiting_label(Waiting(reason="retry", until=soon), NOW) == "retrying in 3.0s"
    assert waiting_label(Waiting(reason="delay", until=soon), NOW) == "waiting 3.0s"
    assert waiting_label(Waiting(reason="child", child_id="r2"), NOW) == "waiting for run r2"
    assert waiting_label(Waiting(reason="worker", pool="build"), NOW) == "waiting: no worker in pool build"
    assert waiting_label(Waiting(reason="tide"), NOW) == "waiting: tide"


def test_a_remark_is_one_line_without_terminal_sequences() -> None:
    record = state_of(failed()).record
    branches, report, authors = record.step("branches"), record.step("report"), record.step("authors")
    assert branches is not None
    assert report is not None
    assert authors is not None
    assert step_note(branches, NOW) == "git ended with code 128: could not read from remote repository"
    assert step_note(report, NOW) == "branches failed"
    assert step_note(authors, NOW) == "5 of 8, 1 failed"
    branches.kept_from = report.kept_from = authors.kept_from = "01before"
    assert (
        step_note(branches, NOW) == "kept from 01before: git ended with code 128: could not read from remote repository"
    )
    assert step_note(report, NOW) == "kept from 01before: branches failed"
    assert step_note(authors, NOW) == "5 of 8, 1 failed"
    assert first_line("\n\n  \x1b]0;evil\x07\x1b[31mred\x1b[0m\r\nmore") == "red"


def test_times_are_as_short_as_possible() -> None:
    assert local_timestamp(BEGIN, NOW) == "10:29:43"
    assert local_timestamp(BEGIN - timedelta(days=3), NOW) == "10-30 10:29"
    assert local_timestamp(BEGIN - timedelta(days=400), NOW) == "2025-09-28 10:29"


def test_run_status_word_covers_waiting_and_cancelling() -> None:
    record = state_of(running()).record
    assert run_label(record, asks=False) == "running"
    assert run_label(record, asks=True) == "waiting for you"
    record.cancel_requested = True
    assert run_label(record, asks=True) == "cancelling"
    assert run_label(state_of(completed()).record, asks=False) == "completed"


def test_the_steps_at_work_are_known_at_every_moment() -> None:
    story = completed()
    record_state = RunState(story.run_id)
    for number, event in enumerate(story.events, 1):
        event.seq = number
        record_state.apply([event])
        at_work = {step.path for step in record_state.record.step_results if step.status in {"running", "waiting"}}
        assert set(record_state.active) == at_work
    assert record_state.retried


# --- canvas


def test_canvas_statuses_show_iteration_progress() -> None:
    statuses, details = canvas_statuses(state_of(running()))
    assert statuses == {
        "clone": "completed", "commits": "completed", "files": "completed", "branches": "running",
        "authors": "running", "authors.stats": "running", "report": "pending",
    }  # fmt: skip
    assert details == {"authors": "5/8", "authors.stats": "5/6"}


def test_a_canvas_counts_the_steps_inside_iterations() -> None:
    story = running()
    first = story.events[0]
    assert isinstance(first, Created)
    first.repeated = [info for info in first.steps if info.path == "authors.stats"]
    first.steps = [info for info in first.steps if info.path != "authors.stats"]
    state = state_of(story)
    assert state.record.step("authors.stats") is None
    statuses, details = canvas_statuses(state)
    assert (statuses["authors.stats"], details["authors.stats"]) == ("running", "5/6")
    assert newest_of(state, "authors.stats") == "authors[5].stats"
    assert [newest_of(state, path) for path in ("authors", "nowhere")] == ["authors", "nowhere"]


# --- playback
