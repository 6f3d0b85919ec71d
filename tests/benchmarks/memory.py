"""The peak memory of a process; imports little that would add to it."""

import resource
import sys
from pathlib import Path


def peak_of_this_process() -> float:
    """MB of memory it has held at most."""
    status = Path("/proc/self/status")
    if status.exists():  # `getrusage` counts the memory of the process it was forked from as well
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)
