"""The screen of step types: problems, and trust in a file after reviewing it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from tui.notices import notices
from wftui.tui.app import WftuiApp
from wftui.tui.screens.step_types_screen import StepTypesScreen, TrustScreen
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]

GREET = '''from wftui.steps.plugin import step


@step("mine.greet")
def greet(name: str) -> str:
    """Greets."""
    return f"hello {name}"
'''


@pytest.fixture
def steps_file(tables: Path) -> Path:
    file = tables / "steps" / "mine.py"
    file.parent.mkdir()
    file.write_text(GREET)
    return file


async def test_file_is_shown_before_trust_and_then_loaded(
    workbench: Workbench, steps_file: Path, until: Until, text_of: TextOf
) -> None:
    steps_file.unlink()
    assert await workbench.steps.problems() == []
    steps_file.write_text(GREET)  # while the program is open
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, StepTypesScreen) and "not trusted" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrustScreen) and "hello {name}" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, StepTypesScreen))
        assert [problem.word for problem in await workbench.steps.problems()] == [None]
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TrustScreen) and "hello {name}" in text_of(app))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, StepTypesScreen) and "mine.greet" in text_of(app))
    assert await workbench.steps.problems() == []
    assert "mine.greet" in [kind.type for kind in await workbench.steps.types()]


async def test_file_changed_during_review_is_not_trusted(
    workbench: Workbench, steps_file: Path, until: Until, text_of: TextOf
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, StepTypesScreen) and "not trusted" in text_of(app))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TrustScreen) and "hello {name}" in text_of(app))
        steps_file.write_text(GREET.replace("hello", "bye"))
        await pilot.press("t")
        await until(pilot, lambda: any("while you reviewed it" in message for message in notices(app)))
    assert len(await workbench.steps.problems()) == 1


async def test_builtin_type_needs_no_trust(workbench: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, StepTypesScreen) and "Asks a person" in text_of(app))
        screen = app.screen
        assert isinstance(screen, StepTypesScreen)
        assert screen.why_not("step_types.trust") is not None
        await pilot.press("end")
        await until(pilot, lambda: "Sub-workflow (workflow" in text_of(app))
