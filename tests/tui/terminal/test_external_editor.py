"""Programs that take over the terminal."""

from pathlib import Path

import pytest

from wftui.model.errors import UserError
from wftui.tui.app import WftuiApp
from wftui.tui.terminal.external_editor import edit
from wftui.workbench import Workbench


async def test_terminal_that_cannot_suspend_is_reported(workbench: Workbench, tmp_path: Path) -> None:
    app = WftuiApp(workbench)
    async with app.run_test():
        with pytest.raises(UserError, match="cannot be handed over") as refused:
            await edit(app, tmp_path / "workflow.json")
    assert refused.value.code == "terminal.suspend"
