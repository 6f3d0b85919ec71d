"""Pages of runs: a window over a history of any length."""

from wftui.model.run.record import ExecutionStatus
from wftui.model.run.summary import ExecutionPage, ExecutionSummary
from wftui.tui.widgets.history.pages import PAGE, RunPages

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
    assert runs.cursor(0) is None
    assert runs.missing(59 * PAGE + 90, 60 * PAGE + 10) == [60]
    assert runs.cursor(60) == "run-60"
    runs.put(0, page(0))
    assert runs.run(5) is not None


def test_new_runs_shift_and_evict_the_rest() -> None:
    runs = filled(3)
    runs.put(0, page(0, prefix="new"))
    assert len(runs) == PAGE + 1
    assert runs.run(PAGE) is None
    assert runs.missing(PAGE, PAGE) == [1]
    assert runs.cursor(1) == "new-1"


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
