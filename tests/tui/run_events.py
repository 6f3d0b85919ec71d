"""Events of runs as the engine emits them, for screens that show runs."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from wftui.model.base import Json
from wftui.model.run.events import (
    Completed,
    Created,
    EventBase,
    ExecutionEvent,
    Failed,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    Log,
    Started,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from wftui.model.run.steps import ExecutionError, LogLevel, StepInfo, Waiting
from wftui.tui.widgets.run.state import RunState

BEGIN = datetime(2026, 11, 2, 10, 29, 43, tzinfo=UTC)
EventT = TypeVar("EventT", bound=EventBase)

STEPS = (
    ("clone", "Clone the repository", "shell", (), None),
    ("commits", "Count commits", "shell", ("clone",), None),
    ("files", "Biggest files", "shell", ("clone",), None),
    ("branches", "Stale branches", "shell", ("clone",), None),
    ("authors", "For each author", "group", ("commits",), None),
    ("authors.stats", "Author statistics", "python", (), "authors"),
    ("report", "Write the report", "template", ("authors", "files", "branches"), None),
)
AUTHORS = ("ada", "grace", "linus", "barbara", "ken", "dennis")
NO_ACCESS = ExecutionError(
    type="exit_code",
    message="git ended with code 128: could not read from remote repository\nCheck your access rights.",
    path="branches",
    step_id="branches",
    line=41,
    column=7,
    pointer="/steps/3/input/script",
)


class Story:
    """Collects the events of a run; times are in seconds since its start."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.events: list[ExecutionEvent] = []

    def add(self, kind: type[EventT], at: float, **fields: Any) -> None:
        """Add an event."""
        event = kind(run_id=self.run_id, timestamp=BEGIN + timedelta(seconds=at), **fields)
        self.events.append(event)  # type: ignore[arg-type]  # all kinds used here are ExecutionEvents

    def created(self, steps: Iterable[tuple[str, str, str, tuple[str, ...], str | None]] = STEPS) -> None:
        """Create and start the run."""
        infos = [
            StepInfo(
                path=path,
                step_id=path.rpartition(".")[2],
                step_name=name,
                step_type=kind,
                needs=list(needs),
                parent=parent,
                line=10 * number,
            )
            for number, (path, name, kind, needs, parent) in enumerate(steps, 1)
        ]
        self.add(
            Created,
            0,
            workflow_id="repo_health",
            workflow_version="1.2.0",
            user_id="ada",
            inputs={"repo": ".", "since": "90d"},
            steps=infos,
        )
        self.add(Started, 0.05)

    def starts(self, path: str, at: float, given: Json = None, attempt: int = 1) -> None:
        """Start an attempt of a step."""
        step_id = path.rpartition(".")[2]
        name = next((row[1] for row in STEPS if row[0].rpartition(".")[2] == step_id), step_id)
        parent = path.rpartition(".")[0] or None
        self.add(
            StepStarted,
            at,
            step_id=step_id,
            path=path,
            step_name=name,
            step_type="shell",
            parent=parent,
            input=given,
            attempt=attempt,
        )

    def ends(self, path: str, at: float, output: Json = None, took: float = 1.0) -> None:
        """Complete a step."""
        self.add(StepCompleted, at, step_id=path.rpartition(".")[2], path=path, output=output, duration=1000 * took)

    def says(self, path: str, at: float, message: str, level: LogLevel = "info") -> None:
        """Add a log line of a step."""
        self.add(Log, at, path=path, step_id=path.rpartition(".")[2], message=message, level=level, stream="stdout")


def running(run_id: str = "01k9x2m4t-runs0") -> Story:
    """Return a run in progress: three steps done, one retried, a forEach at item six."""
    story = Story(run_id)
    story.created()
    story.starts("clone", 0.1, {"script": "git clone --mirror . work", "cwd": "/srv/app"})
    story.says("clone", 0.2, "Cloning into bare repository 'work'...")
    story.says("clone", 3.0, "\x1b[32mReceiving objects: 100%\x1b[0m (10234/10234), 4.1 MiB, done.")
    story.ends("clone", 4.2, {"exitCode": 0, "stdout": "ok\nline two\n"}, 4.1)
    for path in ("commits", "files", "branches"):
        story.starts(path, 4.3, {"script": "git log"})
    story.says("commits", 4.5, "10,234 commits since 2019-03-01")
    story.says("branches", 4.6, "fatal: could not read from remote repository", "error")
    story.add(
        StepRetrying,
        6.0,
        step_id="branches",
        path="branches",
        attempt=1,
        error=NO_ACCESS,
        next_at=BEGIN + timedelta(seconds=9),
    )
    story.ends("files", 7.2, [{"path": f"src/module_{n}.py", "bytes": 90_000 - n} for n in range(12)], 2.9)
    story.ends("commits", 9.2, {"total": 10234, "authors": ["ada", "grace", "linus"]}, 4.9)
    story.starts("branches", 9.1, {"script": "git branch"}, attempt=2)
    story.add(IterationsPlanned, 9.4, step_id="authors", path="authors", total=8)
    for index, author in enumerate(AUTHORS):
        path, at = f"authors[{index}]", 9.5 + index
        story.add(IterationStarted, at, step_id="authors", path=path, index=index, label=author)
        story.starts(f"{path}.stats", at, {"author": author})
        story.says(f"{path}.stats", at + 0.5, f"reading the history of {author}", "debug" if index % 2 else "info")
        if index == 5:
            break
        story.ends(f"{path}.stats", at + 0.8, {"commits": index}, 0.8)
        if index == 3:
            missing = ExecutionError(type="binding.missing", message="there is no field mail", path=path)
            story.add(IterationFailed, at + 0.9, step_id="authors", path=path, index=index, error=missing, duration=900)
        else:
            story.add(IterationCompleted, at + 0.9, step_id="authors", path=path, index=index, duration=900)
    return story


def asking(run_id: str = "01k9x2m4s-asks0") -> Story:
    """Return `running` with a step that waits for approval."""
    story = running(run_id)
    prompt = "Delete 14 branches that nobody has touched for a year?\nThey stay in the backup."
    story.add(
        StepWaiting,
        15.0,
        step_id="branches",
        path="branches",
        waiting=Waiting(reason="approval", prompt=prompt, on_reject="fail"),
    )
    return story


def failed(run_id: str = "01k9x2m4r-fa11d") -> Story:
    """Return `running`, failed after the retry."""
    story = running(run_id)
    story.add(StepFailed, 14.0, step_id="branches", path="branches", error=NO_ACCESS, duration=9700, attempt=2)
    story.add(StepCancelled, 15.6, step_id="authors", path="authors", duration=6200)
    story.add(
        StepSkipped,
        15.6,
        step_id="report",
        path="report",
        step_name="Write the report",
        reason="branches failed",
        because_failed=True,
    )
    story.add(Failed, 15.7, error=NO_ACCESS, duration=15700)
    return story


def completed(run_id: str = "01k9x2m4q-7hd3f", outputs: Json = None) -> Story:
    """Return `running`, completed."""
    story = running(run_id)
    story.ends("branches", 14.0, {"stale": ["old/ui", "wip"]}, 9.7)
    story.ends("authors", 15.6, [{"commits": n} for n in range(8)], 6.2)
    story.starts("report", 15.7)
    story.ends("report", 15.9, "# Repo health", 0.2)
    report = "# Repo health\n\n- **10,234** commits\n- 3 authors\n\n| file | size |\n|---|---|\n| a | 1 |\n"
    given = {"report": report, "commits": 10234, "stale": ["old/ui", "wip"], "ok": True, "none": None}
    story.add(Completed, 16.0, outputs=given if outputs is None else outputs, duration=15950, warnings=1)
    return story


def state_of(story: Story) -> RunState:
    """Return the state of a monitor after these events."""
    state = RunState(story.run_id)
    for number, event in enumerate(story.events, 1):
        event.seq = number
    state.apply(story.events)
    return state
