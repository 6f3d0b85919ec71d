"""The garbage collector pauses during a compilation, and always resumes."""

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


def test_many_objects_count_as_old_afterwards() -> None:
    with collection_paused():
        made = [[each] for each in range(200_000)]
    old = {id(each) for each in gc.get_objects(generation=2)}
    assert all(id(each) in old for each in made)


def test_a_few_objects_are_collected_as_usual() -> None:
    with collection_paused():
        made: list[object] = []
    assert all(each is not made for each in gc.get_objects(generation=2))


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
