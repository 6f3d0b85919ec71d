"""Limits of the engine that a caller may set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Times in seconds, sizes in characters.

    Attributes:
        grace: how long a cancelled or timed-out step may take to clean up before it is stopped by force.
        force: how long it may take after that before it is left behind; longer than a process step needs to kill.
        finally_limit: how long `finally` may take once the run was cancelled or ran out of time.
        log_interval: logs and progress of a step are passed on at most this often.
        log_head: so much of a step's log is kept as it comes; of the rest only the end: at most `log_tail` lines,
            and of these the last `log_tail_size` characters.
        log_line: longer lines are cut.
        max_depth: how deep workflows may call each other.
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
