"""Locking the tools of MCP servers from the editor, as `wftui mcp lock` does."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from steps.mcp.mcp_helpers import RAW
from textual.app import App

from wftui.model.base import Json
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_list import StepList
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


def calling(tool: str, *command: str) -> dict[str, Json]:
    return {"id": "call", "type": "mcp", "input": {"server": {"command": list(command)}, "tool": tool}}


async def test_tools_are_locked_and_checked(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    path = put_workflow("tools", steps=[calling("ecko", *RAW)])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("tools"))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query(CompilationStatus))
        screen = app.screen
        assert isinstance(screen, EditorScreen)
        await until(pilot, lambda: "1 warning" in screen.query_one(CompilationStatus).status_text)
        screen.query_one(StepList).focus()
        await until(pilot, lambda: screen.query_one(StepList).has_focus)
        await pilot.press("L")
        await until(pilot, lambda: "Tools locked" in text_of(app))
        assert (path.parent / "mcp.lock.json").exists()
        await until(pilot, lambda: "1 error" in screen.query_one(CompilationStatus).status_text)
        await pilot.press("L")
        await until(pilot, lambda: ", unchanged" in text_of(app))


async def test_unreachable_server_is_reported(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("tools", steps=[calling("x", "no-such-server")])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("tools"))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query(CompilationStatus))
        screen = app.screen
        assert isinstance(screen, EditorScreen)
        await until(pilot, lambda: "2 warnings" in screen.query_one(CompilationStatus).status_text)
        await screen.action_act("editor.lock_tools")
        await until(pilot, lambda: "no-such-server" in text_of(app) and "Lock failed" in text_of(app))
