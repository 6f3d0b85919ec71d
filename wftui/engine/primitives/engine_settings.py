"""Settings of the engine: time limits and sizes."""

from dataclasses import field

from wftui.model.data_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Limits of the engine; times in seconds, sizes in characters.

    Attributes:
        grace: time for a cancelled or timed-out step to clean up before it is stopped by force.
        force: time after that until it is abandoned; longer than a process step needs to kill its processes.
        finally_limit: time for `finally` after the run was cancelled or timed out.
        log_interval: minimum interval between two flushes of a step's logs and progress.
        log_head: size of the beginning of a step's log that is stored; of the rest only the end is: at most `log_tail`
            lines, and of these the last `log_tail_size` characters.
        log_line: longer lines are truncated.
        workers: address of the PostgreSQL server through which steps in pools reach workers; None: there is none.
        max_depth: maximum nesting of sub-workflows.
        place: the options that lead a command to the history, for commands in messages.
    """

    grace: float = 5.0
    force: float = 1.5
    finally_limit: float = 60.0
    log_interval: float = 0.05
    log_head: int = 8_000_000
    log_tail: int = 1_000
    log_tail_size: int = 1_000_000
    log_line: int = 64_000
    max_depth: int = 10
    workers: str | None = field(default=None, repr=False)
    place: tuple[str, ...] = ()
