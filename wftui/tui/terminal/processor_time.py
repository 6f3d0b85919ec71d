"""The CPU time that a busy machine gives to this process."""

import contextlib
import os
from pathlib import Path


class ProcessorTime:
    """The share of the CPU time that the threads of this process ask for, and get.

    On a busy machine a share of the time that passes would be most of what the run gets. Always 1 where the system does
    not count how long threads wait (Linux does).
    """

    def __init__(self, tasks: Path = Path("/proc/self/task")) -> None:
        self._tasks = tasks
        self._before: dict[str, tuple[int, int]] = {}

    def share(self) -> float:
        """Return the share since the last call."""
        now: dict[str, tuple[int, int]] = {}
        with contextlib.suppress(OSError):
            for task in os.listdir(self._tasks):  # noqa: PTH208  (a path for each thread costs more than the reading)
                with contextlib.suppress(OSError):  # a thread that has just ended
                    now[task] = _counted(f"{self._tasks}/{task}/schedstat")
        new = [
            (used - before[0], waited - before[1])
            for name, (used, waited) in now.items()
            if (before := self._before.get(name)) is not None
        ]
        self._before = now
        used, waited = (sum(each) for each in zip(*new, strict=True)) if new else (0, 0)
        return used / (used + waited) if waited else 1.0


def _counted(path: str) -> tuple[int, int]:
    """Return the time that a thread used, and the time that it waited for a CPU."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        used, waited, *_ = os.read(handle, 100).split()
    finally:
        os.close(handle)
    return int(used), int(waited)
