"""Pages of runs: a window over a history of any length."""

from wftui.model.run.record import ExecutionStatus
from wftui.model.run.summary import ExecutionPage, ExecutionSummary
from wftui.tui.widgets.history.pages import PAGE, PageStart, RunPages

LONG = 100 * PAGE + 7


def page(number: int, total: int = LONG, prefix: str = "run", status: ExecutionStatus = "completed") -> ExecutionPage:
    last = min(total, (number + 1) * PAGE)
    runs = [ExecutionSummary(id=f"{prefix}{row}", workflow_id="w", status=status) for row in range(number * PAGE, last)]
    return ExecutionPage(executions=runs, next=f"{prefix}-{number + 1}" if last < total else None)


def filled(pages: int) -> RunPages:
    runs = RunPages()
    for number in range(pages):
        runs.put(number, page(number))
    return runs


def test_unknown_rows_are_one_placeholder() -> None:
    assert len(RunPages()) == 1
    assert len(filled(2)) == 2 * PAGE + 1
    assert not filled(2).is_whole


def test_the_last_page_tells_how_many_there_are() -> None:
    runs = filled(101)
    assert runs.is_whole
    assert len(runs) == LONG
    assert len(_one(page(0, 0))) == 0


def _one(fetched: ExecutionPage) -> RunPages:
    runs = RunPages()
    runs.put(0, fetched)
    return runs


def test_pages_are_fetched_in_order_and_refetched_after_eviction() -> None:
    runs = filled(60)
    assert runs.run(0) is None
    assert runs.missing(0, 30) == [0]
    assert runs.start(0) == PageStart()
    assert runs.missing(59 * PAGE + 90, 60 * PAGE + 10) == [60]
    assert runs.start(60) == PageStart("run-60")
    runs.put(0, page(0))
    assert runs.run(5) is not None


def test_new_runs_shift_and_evict_the_rest() -> None:
    runs = filled(3)
    runs.put(0, page(0, prefix="new"))
    assert len(runs) == PAGE + 1
    assert runs.run(PAGE) is None
    assert runs.missing(PAGE, PAGE) == [1]
    assert runs.start(1) == PageStart("new-1")


def test_reloading_a_page_changes_nothing_else() -> None:
    runs = filled(3)
    runs.put(0, page(0, status="failed"))
    assert len(runs) == 3 * PAGE + 1
    first, later = runs.run(0), runs.run(PAGE)
    assert first is not None
    assert later is not None
    assert (first.status, later.status) == ("failed", "completed")


def test_pages_with_active_runs_are_known() -> None:
    runs = filled(2)
    assert runs.changing(0, 10) == []
    runs.put(1, page(1, status="running"))
    assert runs.changing(0, PAGE + 5) == [1]


def test_a_run_is_found_by_its_id() -> None:
    runs = filled(3)
    assert runs.row_of("run205") == 205
    assert runs.row_of("other") is None


def test_the_end_is_reached_at_once() -> None:
    runs = filled(1)
    assert runs.set_total(LONG)
    assert (len(runs), runs.is_whole) == (LONG, True)
    assert runs.missing(LONG - 20, LONG + 20) == [99, 100]
    assert runs.start(100) == PageStart(offset=-7)
    runs.put(100, page(100))
    last = runs.run(LONG - 1)
    assert last is not None
    assert last.id == f"run{LONG - 1}"
    assert runs.start(99) == PageStart(offset=-107)
    runs.put(99, page(99))
    assert len(runs) == LONG
    assert runs.start(100) == PageStart("run-100")


def test_new_runs_forget_pages_beyond_a_jump() -> None:
    runs = filled(1)
    runs.set_total(LONG)
    runs.put(100, page(100))
    assert runs.put(0, page(0, prefix="new"))
    assert runs.run(LONG - 1) is None
    runs.set_total(LONG + 1)
    assert len(runs) == LONG + 1
    assert runs.start(100) == PageStart(offset=-8)


def test_a_short_history_does_not_differ_from_itself() -> None:
    runs = _one(page(0, 5))
    assert not runs.put(0, page(0, 5))
    assert not runs.set_total(5)
    assert runs.set_total(6)
    assert runs.put(0, page(0, 6))
    assert len(runs) == 6
