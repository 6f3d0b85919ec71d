"""Kill a process at random moments of random workflows, let others go on with the run, and check what became of it.

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

from crash_plans import TracingSteps, random_plan

import wftui.runtime.validation_rules  # noqa: F401  (imported once here, not in each process)
from wftui.compiler.compiler import LoadedWorkflow
from wftui.engine.executor import WorkflowExecutor
from wftui.engine.standalone import run_plan
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.compilation import CompilationResult
from wftui.model.events import ExecutionEvent, IterationCompleted, StepCompleted
from wftui.model.execution import ExecutionRequest
from wftui.model.reducer import fold
from wftui.store.execution_store import ExecutionStore

LONGEST = 0.12  # seconds; the latest moment of a kill


@dataclass(frozen=True, slots=True)
class Round:
    """One run and its files."""

    folder: Path
    seed: int

    @property
    def database(self) -> Path:
        return self.folder / "runs.db"

    @property
    def traces(self) -> Path:
        return self.folder / f"traces-{self.seed}"

    @property
    def shown(self) -> Path:
        return self.folder / f"shown-{self.seed}"


def loaded(seed: int) -> LoadedWorkflow:
    result = CompilationResult(success=True, workflow_id="crash", timestamp=utc_now())
    return LoadedWorkflow(random_plan(seed), str(seed), "", result)


async def live(round_: Round, run_id: str | None) -> None:
    """What a process does: start the run, or go on with it, and show each event as a pipe would."""
    store = await ExecutionStore.open(round_.database)
    executor = WorkflowExecutor(
        store,
        TracingSteps(round_.traces),
        lambda _workflow: loaded(round_.seed),
        load_stored=lambda _workflow, source, _code: loaded(int(source)),
    )
    await store.recover()
    if run_id is None:
        run_id = await executor.start(ExecutionRequest(workflow_id="crash", user_id=str(round_.seed)))
    else:
        await executor.resume(run_id)
    descriptor = os.open(round_.shown, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    async for batch in executor.get_event_stream(run_id):
        os.write(descriptor, "".join(f"{event.seq} {event.type}\n" for event in batch).encode())
    await executor.close()
    await store.close()


def process(round_: Round, run_id: str | None, kill_after: float | None) -> bool:
    """Run a process; returns whether it came to its end."""
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(live(round_, run_id))
            os._exit(0)
        except BaseException as error:  # noqa: BLE001  (a forked process must not go on in the parent's code)
            print(f"seed {round_.seed}: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise AssertionError(f"seed {round_.seed}: the process failed")
    return os.WIFEXITED(status)


async def history(round_: Round) -> tuple[str | None, list[ExecutionEvent], Json]:
    """The run's id, its events, and its outputs whole."""
    store = await ExecutionStore.open(round_.database)
    try:
        page = await store.list(limit=1)
        runs = [run for run in page.executions if run.user_id == str(round_.seed)]
        if not runs:
            return None, [], None
        events: list[ExecutionEvent] = []
        while more := await store.events(runs[0].id, after=len(events)):
            events += more
        return runs[0].id, events, await store.resolve(fold(runs[0].id, events).outputs)
    finally:
        await store.close()


def traces(round_: Round) -> Counter[str]:
    return Counter(round_.traces.read_text().split()) if round_.traces.exists() else Counter()


def check_kept(round_: Round, events: list[ExecutionEvent]) -> None:
    """Nothing that was shown is lost, nothing is missing in between, and the file is whole."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1)), "a gap in seq"
    stored = {f"{event.seq} {event.type}" for event in events}
    shown = round_.shown.read_text().splitlines() if round_.shown.exists() else []
    lost = [line for line in shown if line not in stored]
    assert not lost, f"shown, but not stored: {lost[:3]}"
    connection = sqlite3.connect(round_.database)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()


def play(round_: Round, source: random.Random) -> int:
    """One round; returns how often the process was killed."""
    kills = 0
    run_id: str | None = None
    done: dict[str, int] = {}
    while True:
        # The fourth process may live.
        ended = process(round_, run_id, source.uniform(0, LONGEST) if kills < 3 else None)
        run_id, events, outputs = asyncio.run(history(round_))
        counts = traces(round_)
        for path, count in done.items():
            assert counts[path] == count, f"{path} was done again"
        if not ended:
            kills += 1
        if run_id is None:
            continue  # killed before the run was there
        check_kept(round_, events)
        done = {
            event.path: counts[event.path] for event in events if isinstance(event, StepCompleted | IterationCompleted)
        }
        if ended or events[-1].type == "completed":
            break
    expected = asyncio.run(
        run_plan(random_plan(round_.seed), {}, lambda _event: None, catalogue=TracingSteps(round_.folder / "expected"))
    )
    assert events[-1].type == "completed", events[-1]
    assert outputs == expected.outputs, "other outputs than without a crash"
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
