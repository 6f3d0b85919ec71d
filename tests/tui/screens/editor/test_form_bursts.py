"""Keys that leave a form act on the editor when they come with it in one burst."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tui.screens.editor.bursts import burst
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
Put = Callable[..., Path]
STEP = {
    "id": "get",
    "type": "http",
    "retry": {"maxAttempts": 2},
    "input": {
        "url": "https://example.org",
        "method": "POST",
        "headers": {"Accept": "text/plain"},
        "json": {"a": [1, {"b": 2}]},
    },
}


async def opened(app: WftuiApp, pilot: Pilot[Any], until: Until) -> EditorScreen:
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    assert isinstance(app.screen, EditorScreen)
    return app.screen


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(
    ("field", "opens"),
    [
        ("/input/url", ""),
        ("/input/method", ""),
        ("/input/headers/Accept", ""),
        ("/input/json", ""),
        ("/retry/maxAttempts", ""),
        ("/input/url", "f7"),
        ("/input/method", "ctrl+l"),
    ],
)
async def test_keys_after_a_form(workbench: Workbench, put_workflow: Put, until: Until, field: str, opens: str) -> None:
    path = put_workflow("flow", steps=[STEP], inputSchema={"properties": {"who": {"type": "string"}}})
    before = path.read_text()
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(110, 40)) as pilot:
        editor = await opened(app, pilot, until)

        async def enter_field() -> None:
            await pilot.press("f3")
            await until(pilot, lambda: isinstance(app.screen, StepForm) and app.screen.focused)
            await app.screen.query_one(SchemaForm).focus_on(field)
            if opens:
                await pilot.press(opens)
                await until(pilot, lambda: isinstance(app.screen, Picker))
                await pilot.press("escape")

        await enter_field()
        burst(app, "escape", "e")
        await until(pilot, lambda: app.screen is editor and '"disabled": true' in editor.source.text)
        await pilot.press("u")
        await until(pilot, lambda: editor.source.text == before)
        await enter_field()
        burst(app, "f2", "f5")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))
        assert path.read_text() == before


async def test_a_step_is_added_in_one_burst(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    path = put_workflow("flow", steps=[STEP])
    before = path.read_text()
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(110, 40)) as pilot:
        editor = await opened(app, pilot, until)
        burst(app, "ctrl+n", *"assert", "enter")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and app.screen.focused)
        assert path.read_text() == before
        burst(app, "f2", "K")
        await until(pilot, lambda: app.screen is editor and [each.type for each in editor.steps] == ["assert", "http"])
