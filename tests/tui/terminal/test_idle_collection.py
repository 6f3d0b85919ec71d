"""Full collections of garbage wait until no key comes."""

import gc
import platform
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from wftui.model.json import big_values
from wftui.tui.terminal.idle_collection import IdleCollection


class Cycle:
    """An object that only a collection frees."""

    def __init__(self) -> None:
        self.itself = self


class Time:
    """A clock set by hand; `cpu` is the CPU time used, `granted` the share obtained."""

    def __init__(self) -> None:
        self.now = self.cpu = 0.0
        self.granted = 1.0

    def pass_(self, seconds: float, *, share: float = 0.0) -> None:
        self.now += seconds
        self.cpu += seconds * share


@pytest.fixture(autouse=True)
def _nothing_collects_by_itself() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def much(number: int) -> list[Cycle]:
    """Return objects that are garbage once the list is dropped."""
    return [Cycle() for _ in range(number)]


def old_garbage() -> weakref.ref[Cycle]:
    """Return a reference to garbage that only a full collection frees."""
    garbage = Cycle()
    for _ in range(3):
        gc.collect(1)
    return weakref.ref(garbage)


@pytest.fixture(autouse=True)
def nothing_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin and end as a process without an idle moment."""
    monkeypatch.setattr(big_values, "_aside", 0)


@pytest.mark.parametrize(
    ("key_ago", "share", "granted", "frees"),
    [
        pytest.param(2.0, 0.0, 1.0, True, id="idle", marks=pytest.mark.slow),
        pytest.param(0.1, 0.0, 1.0, False, id="key"),
        pytest.param(2.0, 0.9, 1.0, False, id="busy", marks=pytest.mark.slow),
        pytest.param(2.0, 0.2, 0.25, False, id="busy on a busy machine", marks=pytest.mark.slow),
    ],
)
def test_old_garbage_is_freed_in_idle_moments_only(key_ago: float, share: float, granted: float, frees: bool) -> None:
    time = Time()
    collection = IdleCollection(lambda: time.now, lambda: time.cpu, lambda: time.granted)
    time.pass_(2)
    assert collection.collect_if_idle()  # the first idle moment
    garbage = old_garbage()
    time.pass_(1, share=share)
    collection.key_came()
    time.granted = granted
    time.pass_(key_ago, share=share)
    assert collection.collect_if_idle() is frees
    assert (garbage() is None) is frees


def test_an_idle_process_is_left_alone() -> None:
    time = Time()
    collection = IdleCollection(lambda: time.now, lambda: time.cpu, lambda: time.granted)
    time.pass_(2)
    assert collection.collect_if_idle()
    time.pass_(60)
    assert not collection.collect_if_idle()


def test_closed_screens_that_leave_much_are_freed_without_an_idle_moment() -> None:
    time = Time()
    collection = IdleCollection(lambda: time.now, lambda: time.cpu, lambda: time.granted)
    time.pass_(2)
    assert collection.collect_if_idle()
    assert gc.get_freeze_count(), "what was there before is not visited again"
    little = weakref.ref(Cycle())
    collection.screen_closed()
    assert little() is not None
    collection.key_came()
    first = weakref.ref(much(50_000)[0])
    time.pass_(0.1)
    wait = collection.screen_closed()
    assert first() is not None, "a key would wait"
    time.pass_(wait - 0.01)
    assert 0 < collection.screen_closed() < wait
    collection.key_came()
    time.pass_(wait)
    assert collection.screen_closed(), "a key came meanwhile"
    time.pass_(wait)
    assert not collection.screen_closed()
    assert (first(), little()) == (None, None)
    assert not collection.screen_closed()


def test_very_much_is_freed_while_keys_come() -> None:
    time = Time()
    collection = IdleCollection(lambda: time.now, lambda: time.cpu, lambda: time.granted)
    time.pass_(2)
    assert collection.collect_if_idle()
    first = weakref.ref(much(300_000)[0])
    collection.key_came()
    assert not collection.screen_closed()
    assert first() is None


def test_small_collections_do_not_visit_what_was_made_before_the_first_key() -> None:
    collection = IdleCollection()
    start = [[number] for number in range(1_000)]
    collections: list[str] = []

    def note(phase: str, _facts: dict[str, int]) -> None:
        collections.append(phase)

    gc.callbacks.append(note)
    try:
        collection.key_came()
        young = {id(each) for generation in (0, 1) for each in gc.get_objects(generation)}
        assert young.isdisjoint(map(id, start))
        assert collections, "the first collection is over, which sets the thresholds of those that follow"
        collections.clear()
        collection.key_came()
        assert not collections, "a later key waits for none"
    finally:
        gc.callbacks.remove(note)


@pytest.mark.slow
def test_garbage_of_the_start_is_freed_in_the_first_idle_moment() -> None:
    time = Time()
    collection = IdleCollection(lambda: time.now, lambda: time.cpu, lambda: time.granted)
    garbage = weakref.ref(Cycle())
    collection.key_came()
    assert garbage() is not None
    time.pass_(2)
    assert collection.collect_if_idle()
    assert garbage() is None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not that of GNU")
def test_an_idle_process_gives_free_memory_back_after_work() -> None:
    """In a process of its own: the memory of this one is in pieces."""
    done = subprocess.run([sys.executable, "-c", IDLE], capture_output=True, text=True, check=True)
    first, after_work, after_none = done.stdout.splitlines()
    assert first == "collected, given back"
    assert after_work == "not collected, given back", "there is no garbage"
    assert after_none == "not collected, kept"


IDLE = """
from pathlib import Path
import wftui.workbench.c_heap
from wftui.tui.terminal.idle_collection import IdleCollection

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

now, cpu = 0.0, 2.0
collection = IdleCollection(lambda: now, lambda: cpu, lambda: 1.0)
kept = []
for worked in (0.0, 2.0, 0.1):
    blocks = [bytes(2_000) for _ in range(20_000)]
    kept += blocks[::1000]
    del blocks
    before = resident()
    now, cpu = now + 20, cpu + worked
    collected = "collected" if collection.collect_if_idle() else "not collected"
    print(collected, "given back" if before - resident() > 30 else "kept", sep=", ")
"""
