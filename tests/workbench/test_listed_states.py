"""States of workflows in one process, while what they depend on changes beside it."""

import os
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from compiler.compiler_helpers import step, workflow, write

from wftui.connections.connections import Connections, StoredConnection
from wftui.workbench import Settings, Workbench
from wftui.workbench.step_service import StepService

PLUGIN = '''
from wftui.steps.plugin import step


@step("acme.greet")
def greet(name: str) -> dict[str, str]:
    """Greet."""
    return {"text": name}
'''


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Workbench]:
    """A workbench that stays open, as those of a screen and of a server."""
    (tmp_path / "tables").mkdir()
    workbench = Workbench(Settings(tmp_path / "tables", tmp_path / "runs.db"))
    yield workbench
    await workbench.close()


async def counts(workbench: Workbench) -> dict[str, tuple[int, int]]:
    """Errors and warnings by workflow."""
    return {row.id: (row.errors, row.warnings) for row in await workbench.workflows.all()}


async def test_a_sub_workflow_that_changes(opened: Workbench) -> None:
    root = opened.settings.tables
    write(root, workflow(step("a")))
    call = {"id": "call", "type": "workflow", "input": {"workflow": "flow", "inputs": {}}}
    write(root, {**workflow(call), "id": "caller"}, "caller")
    assert (await counts(opened))["caller"] == (0, 0)
    write(root, workflow(step("a"), inputSchema={"type": "object", "required": ["n"]}))
    assert (await counts(opened))["caller"] == (1, 0)
    write(root, workflow(step("a")))
    assert (await counts(opened))["caller"] == (0, 0)


async def test_a_connection_that_another_process_adds_and_removes(opened: Workbench) -> None:
    fetch = {"id": "a", "type": "http", "connection": "api", "input": {"url": "/"}}
    write(opened.settings.tables, workflow(fetch, connections={"api": {"kind": "http"}}))
    assert await counts(opened) == {"flow": (0, 1)}
    Connections().save(StoredConnection(name="api", kind="http", values={"baseUrl": "https://example.com"}))
    assert await counts(opened) == {"flow": (0, 0)}
    Connections().remove("api")
    assert await counts(opened) == {"flow": (0, 1)}


async def test_a_step_type_that_is_trusted(opened: Workbench) -> None:
    file = opened.settings.tables / "steps" / "mine.py"
    file.parent.mkdir()
    file.write_text(PLUGIN)
    write(opened.settings.tables, workflow({"id": "a", "type": "acme.greet", "input": {"name": "x"}}))
    text = (await opened.workflows.read("flow")).text
    assert await counts(opened) == {"flow": (1, 0)}
    assert not (await opened.workflows.check("flow", text)).success
    assert await opened.steps.trust(file) == ["acme.greet"]
    assert await counts(opened) == {"flow": (0, 0)}
    assert (await opened.workflows.check("flow", text)).success
    assert (await opened.workflows.compile("flow")).success


async def test_the_event_loop_does_not_wait_until_a_compilation_ends(opened: Workbench) -> None:
    file = opened.settings.tables / "steps" / "mine.py"
    file.parent.mkdir()
    file.write_text(PLUGIN)
    told: list[int] = []
    steps = StepService(opened.step_registry, opened.compiler, changed=lambda: told.append(threading.get_ident()))
    await steps.refresh()
    await steps.trust(file)
    assert len(told) == 2
    assert threading.get_ident() not in told


def rewritten(path: Path) -> None:
    """Write other bytes of the same size at the same time, as `rsync --times`."""
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"old", b"new"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # the clock of a file system ticks every few milliseconds
        path.chmod(before.st_mode)


def replaced(path: Path) -> None:
    """Rename another file of the same size and time over it."""
    other = path.with_name("other")
    other.write_bytes(path.read_bytes().replace(b"old", b"new"))
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)


def linked(path: Path) -> None:
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other)
    rewritten(other)


@pytest.mark.parametrize("name", ["workflow.json", "workflow.py"])
@pytest.mark.parametrize("change", [rewritten, replaced, linked, Path.unlink])
async def test_files_that_change_without_another_time(
    opened: Workbench, name: str, change: Callable[[Path], Any]
) -> None:
    path = write(opened.settings.tables, workflow(step("a", input={"x": "old"}))).with_name(name)
    await opened.workflows.compile_all()
    before, [row] = await opened.workflows.signature(), await opened.workflows.all()
    assert row.state == "ready"
    change(path)
    assert await opened.workflows.signature() != before
    assert [each.state for each in await opened.workflows.all()] == (
        [] if not path.exists() and path.suffix == ".json" else ["stale"]
    )
