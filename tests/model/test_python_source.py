"""Python source is parsed from several threads at a time."""

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from wftui.model.python_source import parse_python

SOURCE = "x = [" + ", ".join(f"f({number}, a=[{number}])" for number in range(200)) + "]"


@pytest.fixture
def switching() -> Iterator[None]:
    """Let another thread run at each garbage collection, and collect often."""

    def switch(_phase: str, _info: dict[str, int]) -> None:
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(switch)
    gc.set_threshold(20)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(switch)


@pytest.mark.usefixtures("switching")
def test_threads_parse_at_a_time() -> None:
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(parse_python, [SOURCE] * 40))
    assert {len(tree.body) for tree in trees} == {1}
