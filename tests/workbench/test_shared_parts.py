"""Parts of the workbench that several threads ask for first."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pkgutil import resolve_name
from typing import Any

import pytest

from wftui.workbench import Workbench
from wftui.workbench.shared_property import shared_property


class Shared:
    """Has a part that takes a moment to make."""

    def __init__(self) -> None:
        self.made = 0

    @shared_property
    def part(self) -> object:
        self.made += 1
        time.sleep(0.05)  # the other threads ask meanwhile
        return object()


def all_found(ask: Callable[[], object]) -> set[int]:
    """Return the identities of what four threads find that ask at once."""
    start = threading.Barrier(4)

    def find(_number: int) -> object:
        start.wait()
        return ask()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(find, range(4)))
    return {id(part) for part in found}


def test_a_part_is_made_once() -> None:
    shared = Shared()
    assert len(all_found(lambda: shared.part)) == 1
    assert shared.made == 1


def test_a_part_that_fails_is_made_at_the_next_use(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Shared()
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(time, "sleep", lambda _seconds: 1 / 0)
        _ = shared.part
    assert shared.part is shared.part
    assert shared.made == 2


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        ("compiler", "wftui.workbench.setup.connection_service.stored_connections"),
        ("step_registry", "wftui.steps.registry.step_registry.workspace_registry"),
        ("workflows", "wftui.compiler.cache.unchanged.UnchangedWorkflows"),
    ],
)
async def test_threads_share_the_parts_of_a_workbench(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, name: str, maker: str
) -> None:
    make = resolve_name(maker)

    def slowly(*arguments: Any) -> Any:
        time.sleep(0.05)
        return make(*arguments)

    monkeypatch.setattr(maker, slowly)

    def ask() -> object:
        found = getattr(workbench, name)
        return found() if name in ("compiler", "step_registry") else found

    assert len(all_found(ask)) == 1
