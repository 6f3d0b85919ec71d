"""The settings of a user, as plain data: pydantic would slow down every start."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal, get_args

from wftui.model.data_class import dataclass

Durability = Literal["normal", "full"]
"""`normal`: commits survive a crash of the program. `full`: also a power failure, at the cost of waiting for the disk
at each commit."""
HistoryColumn = Literal["status", "workflow", "started", "ended", "duration", "user", "run", "version", "error"]
HISTORY_COLUMNS: tuple[HistoryColumn, ...] = get_args(HistoryColumn)
NotifyEvent = Literal["failure", "approval", "end"]
NOTIFY_EVENTS: tuple[NotifyEvent, ...] = get_args(NotifyEvent)


@dataclass(frozen=True, slots=True)
class KeepRule:
    """Rule for the finished runs to keep: those within either bound; no bound: all.

    Attributes:
        days: runs that ended within this many days.
        runs: this many of the newest.
    """

    days: int | None = None
    runs: int | None = None

    @property
    def keeps_all(self) -> bool:
        """Return whether no run is ever removed."""
        return self.days is None and self.runs is None


@dataclass(frozen=True, slots=True)
class LogRule:
    """Limits in MB of the logs kept in files beside the history; None: no limit.

    Attributes:
        run_mb: of each run.
        history_mb: of all runs.
    """

    run_mb: int | None = 256
    history_mb: int | None = 1024


@dataclass(frozen=True, slots=True)
class NotifyRule:
    """Rule for notifications about runs.

    Attributes:
        command: the program and its arguments; empty: none.
        on: events that start it.
        after_minutes: `end` means runs that took at least this long.
        seconds: its time limit.
    """

    command: tuple[str, ...] = ()
    on: frozenset[NotifyEvent] = frozenset({"failure", "approval"})
    after_minutes: int = 0
    seconds: int = 10


@dataclass(frozen=True, slots=True)
class UserSettings:
    """The validated settings file.

    Attributes:
        tables, database: absolute paths; None where the file names none.
        columns: those of the history; none: the usual ones.
        filters: saved filters of the history, by name.
        theme: colors of the screens; None: those that fit the terminal.
        keys: keys of actions that differ from their defaults, by action id.
        workers: address of the PostgreSQL server for steps in pools.
        keep: for workflows without a rule in `workflows`.
        workflows: rules that replace `keep`, by workflow id.
        notify: for workflows without a rule in `notify_workflows`.
        notify_workflows: rules that replace `notify`, by workflow id.
    """

    tables: Path | None = None
    database: Path | None = None
    durability: Durability = "normal"
    columns: tuple[HistoryColumn, ...] = ()
    filters: Mapping[str, str] = field(default_factory=dict)
    theme: str | None = None
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    workers: str | None = None
    keep: KeepRule = KeepRule()
    logs: LogRule = LogRule()
    workflows: Mapping[str, KeepRule] = field(default_factory=dict)
    notify: NotifyRule = NotifyRule()
    notify_workflows: Mapping[str, NotifyRule] = field(default_factory=dict)
