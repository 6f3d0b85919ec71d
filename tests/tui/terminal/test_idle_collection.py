"""Full collections of garbage wait until no key comes."""

import gc
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
    much = [Cycle() for _ in range(50_000)]
    first = weakref.ref(much[0])
    del much
    collection.screen_closed()
    assert (first(), little()) == (None, None)
