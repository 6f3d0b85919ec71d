"""The garbage collector pauses during a compilation, and works again after it, whatever happens."""

import gc
import threading

import pytest

from compiler.compiler_helpers import check, step, workflow
from wftui.compiler.collection import collection_paused


def test_the_collector_works_after_a_compilation() -> None:
    assert check(workflow(step("a", input={"n": 1}))).success
    assert gc.isenabled()


def test_it_works_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), collection_paused():
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled()


def test_the_last_of_two_pauses_ends_it() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with collection_paused():
            inside.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with collection_paused():
        thread.start()
        inside.wait()
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
