"""Keys about steps right after the source has become no JSON object."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events

from tui.notices import notices
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

KEYS = ["c", "E", "a", "A", "e", "d", "D", "X", "J", "K", "w", "W", "r", "enter", "f3", "p", "t", "T", "P", "O", "i"]


@pytest.mark.first_cases(4)
@pytest.mark.parametrize("text", ["[]", '{"steps": [', "\ufeff{}"])
@pytest.mark.parametrize("key", KEYS)
async def test_a_key_on_a_broken_source(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Callable[..., Awaitable[None]], key: str, text: str
) -> None:
    put_workflow("flow", steps=[{"id": "a", "type": "set", "input": {}}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(notifications=True) as pilot:
        await until(
            pilot,
            lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result,
        )
        screen = app.screen
        source = screen.query_one(SourceView)
        source.change_to(text)
        app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: not app.keys_wait)
        await until(pilot, lambda: notices(app) or app.screen is not screen or source.text == text)
        assert app.is_running
