"""The icon of a plugin's step type appears like those of built-in types."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from wftui.steps.registry.step_registry import builtin_registry
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.drawing.icons import icon
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.workbench import Workbench

PLUGIN = """
from wftui.steps.plugin import step

@step("own.shine", icon="☼", ascii_icon="%")
def shine() -> str:
    return "shining"
"""


async def test_the_list_of_steps_shows_the_icon_of_a_plugin(
    workbench: Workbench,
    tables: Path,
    put_workflow: Callable[..., Path],
    until: Callable[..., Awaitable[None]],
    text_of: Callable[[Any], str],
) -> None:
    (tables / "steps").mkdir()
    (tables / "steps" / "own.py").write_text(PLUGIN)
    await workbench.steps.trust(tables / "steps" / "own.py")
    put_workflow("hello", steps=[{"id": "sun", "type": "own.shine"}])
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        app.open_editor("hello")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        await pilot.press("3")
        await until(pilot, lambda: "☼ sun" in text_of(app))


def test_icons_of_the_list_are_those_of_the_types() -> None:
    types = builtin_registry().types()
    assert {each.word: (each.icon, each.ascii_icon) for each in types} == {
        each.word: (icon(each.word), icon(each.word, ascii_only=True)) for each in types
    }
