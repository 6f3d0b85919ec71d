"""Kill a process at random moments of random workflows, resume, check the result.

`python crash_rounds.py FOLDER ROUNDS SEED` prints one line per round and ends with 1 when a promise was broken.
All processes are forked from this one, which has imported everything: a round costs a tenth of a second.
"""

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crash_plans import LAST, TracingSteps, random_plan

import wftui.runtime.validation.rules  # noqa: F401  (imported once here, not in each process)
from wftui.compiler.module_run import LoadedWorkflow
from wftui.engine.host.executor import WorkflowExecutor
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.events import Created, ExecutionEvent, IterationCompleted, StepCompleted
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.model.run.reducer import fold
from wftui.model.workflow.compilation import CompilationResult
from wftui.store.execution_store import ExecutionStore

LONGEST = 0.12  # seconds; the latest moment of a kill
ENDS = ("completed", "failed")


@dataclass(frozen=True, slots=True)
class Round:
    """One run and its files."""

    folder: Path
    seed: int

    @property
    def database(self) -> Path:
        return self.folder / f"runs-{self.seed}.db"

    @property
    def traces(self) -> Path:
        return self.folder / f"traces-{self.seed}"

    @property
    def shown(self) -> Path:
        return self.folder / f"shown-{self.seed}"


def loaded(seed: int, workflow_id: str) -> LoadedWorkflow:
    result = CompilationResult(success=True, workflow_id=workflow_id, timestamp=utc_now())
    return LoadedWorkflow(random_plan(seed, workflow_id), str(seed), "", result)


def executor_over(store: ExecutionStore, traces: Path, seed: int) -> WorkflowExecutor:
    return WorkflowExecutor(
        store,
        TracingSteps(traces),
        lambda workflow_id: loaded(seed, workflow_id),
        load_stored=lambda workflow_id, source: loaded(int(source), workflow_id),
    )


async def live(round_: Round, run_id: str | None) -> None:
    """Start or resume the run, and print each event as a pipe would show it."""
    store = await ExecutionStore.open(round_.database)
    executor = executor_over(store, round_.traces, round_.seed)
    if run_id is None:
        run_id = await executor.start(ExecutionRequest(workflow_id="crash"))
    else:
        await executor.resume(run_id)
    descriptor = os.open(round_.shown, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    async for batch in executor.get_event_stream(run_id):
        os.write(descriptor, "".join(f"{event.seq} {event.type}\n" for event in batch).encode())
    await executor.close()
    await store.close()


async def outcome_of(store: ExecutionStore, record: ExecutionRecord) -> Json:
    """Return the end of a run: status, error type, outputs, and its last step's view."""
    last, error = record.step(LAST), record.error
    assert last is not None
    output: Any = await store.resolve(last.output)
    outputs = await store.resolve(record.outputs)
    return [record.status, error and [error.type, error.message], outputs, output and output["mark"]]


async def expected_outcome(round_: Round) -> Json:
    """The end of the same workflow without a kill."""
    store = await ExecutionStore.open(round_.folder / f"expected-{round_.seed}.db")
    executor = executor_over(store, round_.folder / "expected", round_.seed)
    try:
        record = await executor.execute(ExecutionRequest(workflow_id="crash"))
        assert record.status in ("completed", "failed"), record.status
        return await outcome_of(store, record)
    finally:
        await executor.close()
        await store.close()


def process(round_: Round, run_id: str | None, kill_after: float | None) -> bool:
    """Run a process; returns whether it came to its end."""
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(live(round_, run_id))
            os._exit(0)
        except BaseException as error:  # noqa: BLE001  (a forked process must not continue in the parent's code)
            print(f"seed {round_.seed}: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise AssertionError(f"seed {round_.seed}: the process failed")
    return os.WIFEXITED(status)


@dataclass(frozen=True, slots=True)
class Seen:
    """The stored state of a round: the run, its sub-workflows, and its end so far."""

    runs: dict[str, list[ExecutionEvent]]
    main: str | None
    outcome: Json

    @property
    def last(self) -> str:
        """Type of the run's newest event."""
        return self.runs[self.main][-1].type if self.main else ""


async def history(round_: Round) -> Seen:
    store = await ExecutionStore.open(round_.database)
    try:
        runs: dict[str, list[ExecutionEvent]] = {}
        main: str | None = None
        page = await store.list(limit=1000)
        for run in page.executions:
            events: list[ExecutionEvent] = []
            while more := await store.events(run.id, after=len(events)):
                events += more
            runs[run.id] = events
            main = run.id if run.workflow_id == "crash" else main
        has_ended = main is not None and runs[main][-1].type in ENDS
        return Seen(runs, main, await outcome_of(store, fold(main, runs[main])) if main and has_ended else None)
    finally:
        await store.close()


def traces(round_: Round) -> Counter[str]:
    return Counter(round_.traces.read_text().split()) if round_.traces.exists() else Counter()


def check_kept(round_: Round, seen: Seen) -> None:
    """Assert that nothing shown is lost, no event is missing, and the file is intact."""
    for events in seen.runs.values():
        assert [event.seq for event in events] == list(range(1, len(events) + 1)), "a gap in seq"
    stored = {f"{event.seq} {event.type}" for event in seen.runs.get(seen.main or "", [])}
    shown = round_.shown.read_text().splitlines() if round_.shown.exists() else []
    lost = [line for line in shown if line not in stored]
    assert not lost, f"shown, but not stored: {lost[:3]}"
    connection = sqlite3.connect(round_.database)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()


def check_children(seen: Seen) -> None:
    """No step was given a second sub-workflow once a step of the first had run."""
    begun = Counter(
        events[0].parent_path
        for events in seen.runs.values()
        if isinstance(events[0], Created) and events[0].parent_path and any("step_" in event.type for event in events)
    )
    assert not begun or max(begun.values()) == 1, f"two sub-workflows for one step: {begun}"


def play(round_: Round, source: random.Random) -> int:
    """One round; returns how often the process was killed."""
    kills = 0
    seen = Seen({}, None, None)
    done: dict[str, int] = {}
    while True:
        # The fourth process may live.
        ended = process(round_, seen.main, source.uniform(0, LONGEST) if kills < 3 else None)
        seen = asyncio.run(history(round_))
        counts = traces(round_)
        for path, count in done.items():
            assert counts[path] == count, f"{path} was done again"
        if not ended:
            kills += 1
        if seen.main is None:
            continue  # killed before the run was there
        check_kept(round_, seen)
        done = {
            f"{run_id}/{event.path}": counts[f"{run_id}/{event.path}"]
            for run_id, events in seen.runs.items()
            for event in events
            if isinstance(event, StepCompleted | IterationCompleted)
        }
        if ended or seen.last in ENDS:
            break
    assert seen.last in ENDS, seen.runs[seen.main][-1]
    expected = asyncio.run(expected_outcome(round_))
    assert seen.outcome == expected, f"it ends with {seen.outcome}, without a crash with {expected}"
    check_children(seen)
    return kills


def main() -> int:
    folder, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    source = random.Random(seed)
    kills = 0
    for number in range(rounds):
        round_ = Round(folder, seed * 100_000 + number)
        try:
            kills += play(round_, source)
        except AssertionError as broken:
            print(f"round {number} (seed {round_.seed}): {broken}", flush=True)
            return 1
    print(f"{rounds} rounds, {kills} kills", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
