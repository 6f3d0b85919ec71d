"""Memory that the C library holds: one arena for all threads, and given back."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not that of GNU")

PARTS = """
import threading
from pathlib import Path
from wftui.workbench import c_heap

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

def arenas():
    # One of a thread begins at a multiple of 64 MB, of which few are readable.
    starts = [line.split("-")[0] for line in Path("/proc/self/maps").read_text().splitlines() if " rw-p " in line]
    return sum(int(start, 16) % (64 << 20) == 0 for start in starts)

def allocated():
    return [bytes(2_000) for _ in range(20_000)]
"""


def program(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", PARTS + text], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_freed_memory_is_given_back() -> None:
    text = """
blocks = allocated()
pins, full = blocks[::1000], resident()
del blocks
before = resident()
c_heap.give_back()
print(full - before < 5, before - resident() > 30)
"""
    assert program(text) == "True True"


@pytest.mark.parametrize("one", [True, False])
def test_threads_share_an_arena(one: bool) -> None:
    text = f"""
if {one}:
    c_heap.use_one_arena()
kept = []
threads = [threading.Thread(target=lambda: kept.append(allocated())) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(arenas())
"""
    assert (program(text) == "0") is one
