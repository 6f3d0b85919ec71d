"""Ownership of runs: claims, orphans, and detection of dead processes."""

import asyncio
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest
from helpers import PATIENCE, patience, status_of, wait_until

from store.store_helpers import RUN, START, completed, created, interrupted, log, resumed, started, ticking
from wftui.model.run.events import Interrupted
from wftui.model.run.summary import ExecutionFilters
from wftui.store.execution_store import ExecutionStore
from wftui.store.ownership.owners import LivenessProbe, Owner, current_owner, is_alive, is_stopped
from wftui.store.sqlite.store_errors import StoreConflict
from wftui.store.stale_run_monitor import StaleRunMonitor

pytest_plugins = "store.store_fixtures"


def test_own_process_is_alive_at_any_clock() -> None:
    owner = current_owner(lambda: START)
    assert is_alive(owner, START + timedelta(days=400))
    assert is_alive(owner, START - timedelta(days=400))


def test_exited_process_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(current_owner(lambda: START), pid=child.pid)
    assert not is_alive(owner, START)  # same pid, another start: a reused number
    child.kill()
    wait_until(lambda: status_of(child.pid) == psutil.STATUS_ZOMBIE)
    assert not is_alive(owner, START)
    child.wait()
    child.stdin.close() if child.stdin else None
    assert not is_alive(owner, START)


@pytest.mark.skipif(not Path("/proc/sys/kernel/random/boot_id").exists(), reason="the system names no boots")
def test_a_mark_names_the_boot_of_the_machine() -> None:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert current_owner(lambda: START).boot_id == boot


def test_a_mark_from_before_a_restart_is_dead() -> None:
    assert not is_alive(replace(current_owner(lambda: START), boot_id="another"), START)


def test_another_host_is_believed_while_its_heart_beats() -> None:
    owner = replace(current_owner(lambda: START), host="elsewhere", boot_id="another")
    assert is_alive(owner, START + timedelta(seconds=60))
    assert not is_alive(owner, START + timedelta(hours=1))


def test_wake_up_or_clock_jump_kills_no_owner_of_another_container() -> None:
    now, awake = [START], [0.0]
    other = LivenessProbe(lambda: now[-1], lambda: awake[-1])
    owner = replace(current_owner(lambda: START), host="elsewhere", boot_id="another")
    assert other.is_alive(owner)
    now.append(START + timedelta(hours=8))
    awake.append(2.0)
    assert other.is_alive(owner)
    assert not is_alive(owner, now[-1]), "as far as the time of day tells"
    awake.append(100.0)
    again = replace(owner, heartbeat_at=now[-1])
    assert other.is_alive(again)
    awake.append(300.0)
    assert not other.is_alive(again)
    assert not LivenessProbe(lambda: now[-1]).is_alive(owner), "who never heard of it goes by the time of day"


def test_container_with_the_host_name_is_not_taken_for_dead() -> None:
    module = "wftui.store.ownership.owners"
    script = f"from {module} import *; o = current_owner(lambda: None); print(o.pid, o.started, o.host, sep='|')"
    inside = ["unshare", "--map-root-user", "--pid", "--fork", "--mount-proc", sys.executable, "-c", script]
    try:
        told = subprocess.run(inside, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if told.returncode:
        pytest.skip(f"no pids of its own here: {told.stderr}")
    pid, started, host = told.stdout.strip().split("|")
    assert int(pid) < 10, "counted anew"
    owner = replace(current_owner(lambda: START), pid=int(pid), started=float(started), host=host)
    assert is_alive(owner, START + timedelta(seconds=60))


async def test_the_monitor_looks_before_it_waits(store: ExecutionStore) -> None:
    await store.append([created("mine"), started("mine")], wait=True)
    await store.release("mine")
    monitor = StaleRunMonitor(store, seconds=3600)
    await monitor.begin()
    record = await store.get("mine")
    assert record is not None
    assert record.status == "interrupted"
    await monitor.end()


def test_a_process_is_stopped_until_it_is_continued() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        begun = psutil.Process(child.pid).create_time() - psutil.boot_time()
        owner = replace(current_owner(lambda: START), pid=child.pid, started=begun)
        assert not is_stopped(owner)
        child.send_signal(signal.SIGSTOP)
        wait_until(lambda: status_of(child.pid) == psutil.STATUS_STOPPED)
        assert is_alive(owner, START)
        assert is_stopped(owner)
        assert not is_stopped(replace(owner, started=begun - 60))  # a reused number
        assert not is_stopped(replace(owner, host="elsewhere"))
        child.send_signal(signal.SIGCONT)
        wait_until(lambda: status_of(child.pid) != psutil.STATUS_STOPPED)
        assert not is_stopped(owner)
        child.kill()


def test_a_process_that_is_not_visible_is_not_called_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """`/proc` mounted with `hidepid` refuses to read the processes of other users."""

    def hidden(_pid: int) -> None:
        raise PermissionError

    parent = replace(current_owner(lambda: START), pid=os.getppid())
    monkeypatch.setattr("wftui.store.ownership.owners._process", hidden)
    assert not is_stopped(parent)


async def test_monitor_checks_repeatedly(store: ExecutionStore) -> None:
    monitor = StaleRunMonitor(store, seconds=0.01)
    await monitor.begin()
    await store.append([created("mine"), started("mine")], wait=True)
    await store.release("mine")
    async with patience():
        while (record := await store.get("mine")) is None or record.status != "interrupted":
            await asyncio.sleep(0.01)
    await monitor.end()


async def test_nothing_of_a_monitor_is_left_after_its_end(store: ExecutionStore) -> None:
    before = asyncio.all_tasks()
    monitor = StaleRunMonitor(store, seconds=0.01)
    await monitor.begin()
    assert asyncio.all_tasks() > before
    await monitor.end()
    assert asyncio.all_tasks() == before
    await monitor.end()


async def test_runs_of_dead_processes_are_orphans(store: ExecutionStore) -> None:
    await store.append([created("mine"), started("mine")], wait=True)
    await store.append([created("over"), completed("over")], wait=True)
    await store.append([created("stopped"), interrupted("stopped")], wait=True)
    assert await store.orphans() == []
    assert await store.orphans(lambda owner: False) == ["mine"]
    assert await store.orphans(lambda owner: owner.pid == os.getpid()) == []
    await store.release("mine")
    assert await store.orphans() == ["mine"]
    await store.claim("mine")
    assert await store.orphans() == []


async def test_a_process_whose_mark_was_removed_leaves_another(store: ExecutionStore, database: Path) -> None:
    for run_id in ("01k9x2m4q-00001", "01k9x2m4q-00002"):
        await store.append([created(run_id), started(run_id)], wait=True)
        with closing(sqlite3.connect(database)) as connection:
            owners = connection.execute("SELECT pid FROM owners").fetchall()
            assert owners == [(os.getpid(),)]
            connection.execute("DELETE FROM owners")
            connection.commit()


async def test_heartbeats_are_kept(database: Path) -> None:
    store = await ExecutionStore.open(database, clock=ticking(timedelta(hours=1)))
    await store.append([created(), started()], wait=True)
    seen: list[datetime] = []

    def look(owner: Owner) -> bool:
        seen.append(owner.heartbeat_at)
        return True

    await store.orphans(look)
    await store.heartbeat()
    await store.orphans(look)
    assert seen[0] < seen[1]
    await store.close()


async def test_one_of_two_resumes_wins(store: ExecutionStore, database: Path) -> None:
    other = await ExecutionStore.open(database)
    other.owner = replace(other.owner, host="elsewhere")  # a process that lives, as far as its heartbeat tells
    await store.append([created(), started(), interrupted()], wait=True)
    await other.claim(RUN)
    with pytest.raises(StoreConflict, match="belongs to another process"):
        await store.claim(RUN)
    await other.append([resumed(), completed()], wait=True)
    with pytest.raises(StoreConflict):
        await store.claim(RUN)
    with pytest.raises(StoreConflict):
        await store.append([log()], wait=True)
    await other.close()


async def test_former_owner_cannot_write_the_run(store: ExecutionStore, database: Path) -> None:
    """A process presumed dead returns: the other's writes stay, and it notices."""
    await store.append([created(), started()], wait=True)
    await store.append([created("untouched")], wait=True)
    other = await ExecutionStore.open(database)
    await other.append([interrupted()], wait=True)
    await store.append([log()], wait=False)
    await store.append([log("untouched")], wait=True)
    with pytest.raises(StoreConflict, match=r"another process"):
        await store.append([log()], wait=True)
    await store.append([log("untouched")], wait=True)
    assert [event.type for event in await store.events(RUN)] == ["created", "started", "interrupted"]
    assert len(await store.events("untouched")) == 3
    await store.claim(RUN)
    (again,) = await store.append([resumed()], wait=True)
    assert again.seq == 4
    await other.close()


async def test_a_dead_process_is_noted_once_by_many_observers(store: ExecutionStore, database: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = replace(store.owner, pid=gone.pid, host="elsewhere", heartbeat_at=START)
    runs = [f"run-{number}" for number in range(5)]
    for run in runs:
        await store.append([created(run), started(run)], wait=True)
        await store.release(run)
        await store.claim(run, dead)
    others = [await ExecutionStore.open(database) for _ in range(3)]
    found = await asyncio.gather(*(each.recover() for each in (store, *others)))
    assert sorted(itertools.chain(*found)) == runs
    for run in runs:
        events = await store.events(run)
        assert [event.type for event in events] == ["created", "started", "interrupted"]
        assert [event.last_sign for event in events if isinstance(event, Interrupted)] == [START]
    await asyncio.gather(*(each.close() for each in others))


async def test_an_interrupted_run_says_why_it_could_not_be_recorded(store: ExecutionStore, database: Path) -> None:
    reasons = {"slow": "the disk was slow", "full": ""}
    for run, reason in reasons.items():
        await store.append([created(run), started(run)], wait=True)
        await store.note_unrecorded(run, OSError(reason))
        await store.release(run)
    assert sorted(await store.recover()) == sorted(reasons)
    for run, reason in reasons.items():
        (*_, last) = await store.events(run)
        assert isinstance(last, Interrupted)
        assert last.message == f"its events could not be stored: {reason or 'the disk was full'}"
    assert not list(database.parent.glob("*unrecorded*"))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system tells no age of processes")
async def test_lists_tell_the_age_of_owners_of_this_host(store: ExecutionStore) -> None:
    parent = replace(store.owner, pid=os.getppid())
    owners = {
        "here": parent,
        "mine": store.owner,
        "elsewhere": replace(parent, host="elsewhere"),
        "before": replace(parent, boot_id="another"),
    }
    for run, owner in owners.items():
        await store.append([created(run), started(run)], wait=True)
        await store.release(run)
        await store.claim(run, owner)
    listed = (await store.list(ExecutionFilters())).executions
    known = {run.id: run.owner.seconds is not None and run.owner.since is not None for run in listed if run.owner}
    assert known == {"here": True, "mine": False, "elsewhere": False, "before": False}


async def test_active_run_is_never_marked_interrupted(
    store: ExecutionStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marking dead processes and resuming their runs, concurrently and repeatedly."""
    monkeypatch.setattr("wftui.store.ownership.owners.FOREIGN_SILENCE_SECONDS", PATIENCE)
    other = await ExecutionStore.open(database)
    other.owner = replace(other.owner, host="elsewhere")  # another process, alive as far as its heartbeat tells
    for number in range(25):
        run = f"run-{number}"
        await store.append([created(run), started(run)], wait=True)
        await store.release(run)

        async def resume_again(run: str, turns: int) -> bool:
            for _ in range(turns):  # of the event loop, to meet the others at other moments
                await asyncio.sleep(0)
            try:
                await other.claim(run)
                await other.append([resumed(run)], wait=True)
            except StoreConflict:
                return False
            return True

        _, resumed_again, _ = await asyncio.gather(store.recover(), resume_again(run, number % 5), store.recover())
        types = [event.type for event in await store.events(run)]
        assert types.count("interrupted") <= 1
        assert types[-1] == ("resumed" if resumed_again else "interrupted")
        await other.append([completed(run)], wait=True) if resumed_again else None
    await other.close()


async def test_read_only_database_is_not_changed(
    store: ExecutionStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.append([created(), started()], wait=True)
    await store.release(RUN)
    monkeypatch.setattr("os.access", lambda *_: False)  # as for anyone but root
    reader = await ExecutionStore.open(database)
    assert reader.read_only
    assert await reader.orphans() == [RUN]
    assert await reader.recover() == []
    await reader.close()


async def test_runs_that_cannot_end_leave_the_queue_of_their_group(store: ExecutionStore) -> None:
    names = [f"{RUN}-{number}" for number in range(4)]
    for number, name in enumerate(names):
        await store.append([created(name), started(name)], wait=True)
        assert await store.runs_ahead(name, "group") == names[:number]
    await store.append([completed(names[0])], wait=True)
    await store.release(names[1])
    await store.claim(names[1], owner=replace(store.owner, boot_id="another"))
    assert await store.runs_ahead(names[3]) == names[2:3]
    await store.claim(names[1])
    assert await store.runs_ahead(names[3]) == names[2:3], "the one taken over has lost its place"
