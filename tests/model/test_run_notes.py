"""Notes on runs in lists."""

from datetime import UTC, datetime, timedelta

import pytest

from wftui.model import run_notes
from wftui.model.run.summary import ExecutionSummary, RunOwner
from wftui.model.run_notes import OwnerWatch, shown_status, waiting_note
from wftui.model.workflow.durations import format_duration

NOW = datetime(2026, 11, 30, 17, tzinfo=UTC)


def owner(*, stopped: bool = False, heartbeat_at: datetime | None = NOW) -> RunOwner:
    return RunOwner(host="vm", pid=7, stopped=stopped, heartbeat_at=heartbeat_at)


def run(of: RunOwner | None, *, waiting: bool = False, pools: list[str] | None = None) -> ExecutionSummary:
    return ExecutionSummary(
        id="a", workflow_id="w", user_id="ada", status="running", waiting=waiting, waiting_pools=pools, owner=of
    )


def test_silence_is_measured_from_the_first_look_at_a_heartbeat() -> None:
    awake = 1000.0
    watch = OwnerWatch(lambda: awake)
    old = NOW - timedelta(hours=5)  # as after the clock was set forward
    assert watch.silence(owner(heartbeat_at=old)) == ""
    awake += 29
    assert watch.silence(owner(heartbeat_at=old)) == ""
    awake += 96
    assert watch.silence(owner(heartbeat_at=old)) == "silent for 2m05s"
    assert watch.unresponsive(owner(heartbeat_at=old)) == "process 7 on vm has been silent for 2m05s"
    assert watch.silence(owner(heartbeat_at=NOW)) == ""
    awake += 5
    assert watch.unresponsive(owner(heartbeat_at=NOW)) == ""


def test_silence_of_a_process_is_noticed_beside_a_later_one_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_notes, "_MOST_HEARD", 3)
    awake = 0.0
    watch = OwnerWatch(lambda: awake)
    for beat in range(20):
        assert watch.silence(owner(heartbeat_at=NOW + timedelta(seconds=10 * beat))) == ""
        silent = watch.silence(owner(heartbeat_at=NOW - timedelta(days=1)))
        assert silent == (f"silent for {format_duration(10 * beat)}" if beat >= 3 else "")
        awake += 10


def test_without_a_heartbeat_nothing_is_known() -> None:
    awake = 0.0
    watch = OwnerWatch(lambda: awake)
    assert watch.silence(owner(heartbeat_at=None)) == ""
    awake = 1000.0
    assert watch.silence(owner(heartbeat_at=None)) == ""
    assert watch.unresponsive(None) == ""


def test_the_way_to_continue_a_stopped_process_is_named() -> None:
    watch = OwnerWatch()
    assert watch.silence(owner(stopped=True)) == "stopped"
    assert watch.unresponsive(owner(stopped=True)) == "process 7 on vm is stopped; kill -CONT 7 continues it"


@pytest.mark.parametrize(
    ("summary", "is_here", "note"),
    [
        (run(owner()), False, "ada on vm, process 7"),
        (run(owner(), waiting=True), False, "waiting for you, ada on vm, process 7"),
        (run(owner()), True, "ada, this process"),
        (run(owner(), pools=["gpu", "big"]), False, "no worker in pool gpu, big"),
        (run(None, waiting=True), False, "waiting for you"),
        (run(None), False, ""),
    ],
)
def test_a_run_in_progress_names_what_it_waits_for_and_its_process(
    summary: ExecutionSummary, is_here: bool, note: str
) -> None:
    assert waiting_note(summary, is_here=is_here) == note
    assert shown_status(summary) == ("waiting" if summary.waiting or summary.waiting_pools else "running")


def test_a_process_that_does_not_react_is_named_first() -> None:
    noted = waiting_note(run(owner(), waiting=True), "stopped")
    assert noted == "process stopped, waiting for you, ada on vm, process 7"
