"""The CPU time that a busy machine gives to this process."""

import contextlib
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
            for task in self._tasks.iterdir():
                with contextlib.suppress(OSError):  # a thread that has just ended
                    counted = (task / "schedstat").read_bytes().split()
                    now[task.name] = int(counted[0]), int(counted[1])
        new = [
            (used - before[0], waited - before[1])
            for name, (used, waited) in now.items()
            if (before := self._before.get(name)) is not None
        ]
        self._before = now
        used, waited = (sum(each) for each in zip(*new, strict=True)) if new else (0, 0)
        return used / (used + waited) if waited else 1.0
