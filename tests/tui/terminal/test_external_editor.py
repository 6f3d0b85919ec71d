"""Programs that take over the terminal."""

from pathlib import Path

import pytest

from wftui.model.errors import UserError
from wftui.tui.app import WftuiApp
from wftui.tui.terminal.external_editor import edit, editor_command
from wftui.workbench import Workbench


async def test_terminal_that_cannot_suspend_is_reported(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    app = WftuiApp(workbench)
    async with app.run_test():
        with pytest.raises(UserError, match="cannot be handed over") as refused:
            await edit(app, tmp_path / "workflow.json")
    assert refused.value.code == "terminal.suspend"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"EDITOR": "vi 'half"}, "No closing quotation in EDITOR"),
        ({"EDITOR": "no-such-editor"}, "there is no such program; EDITOR names it"),
        ({"VISUAL": "no-such", "EDITOR": "true"}, "VISUAL names it"),
        ({"EDITOR": "''"}, "there is no such program"),
        (
            {"EDITOR": " ", "PATH": "/nowhere"},
            "the editor 'vi' cannot be started: there is no such program; set EDITOR",
        ),
    ],
)
def test_missing_editor_is_reported(environment: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message) as refused:
        editor_command(environment)
    assert refused.value.code == "terminal.editor"


def test_an_editor_may_have_arguments(tmp_path: Path) -> None:
    program = tmp_path / "my editor"
    program.touch(mode=0o755)
    command = editor_command({"EDITOR": f"'{program}' --wait", "VISUAL": "  "})
    assert command == [str(program), "--wait"]
