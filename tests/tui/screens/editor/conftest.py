"""Fixtures of the tests of the editor."""

from typing import Any

import pytest
from textual.pilot import Pilot

from tui.screens.editor.editor_views import Open, Until, result_of
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen


@pytest.fixture
def open_editor(until: Until) -> Open:
    """Return `open_editor(pilot, id)`, which waits for the first check."""

    async def open_it(pilot: Pilot[Any], workflow_id: str) -> EditorScreen:
        app = pilot.app
        assert isinstance(app, WftuiApp)
        app.open_editor(workflow_id)
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and result_of(app.screen))
        assert isinstance(app.screen, EditorScreen)
        return app.screen

    return open_it
