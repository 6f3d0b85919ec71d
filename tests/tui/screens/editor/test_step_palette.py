"""Palette of steps to add: found by the words that people have for them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App
from textual.widgets import OptionList

from wftui.model.workflow.containers import CONTAINERS
from wftui.tui.app import WftuiApp
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@pytest.fixture
async def options(workbench: Workbench) -> list[tuple[str, str, str]]:
    kinds = await workbench.local.steps.types()
    found = [(each.title, f"{each.type}: {each.description}", " ".join(each.search_words)) for each in kinds]
    return [
        *found,
        *((each.title, f"{each.word}: {each.description}", " ".join(each.search_words)) for each in CONTAINERS),
    ]


async def test_each_step_type_has_other_words(options: list[tuple[str, str, str]], workbench: Workbench) -> None:
    for _title, about, words in options:
        assert len(words.split()) >= 3, about
    kinds = await workbench.local.steps.types()
    assert all(word == word.casefold() for each in kinds for word in each.search_words)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("filter", "Set values"),
        ("csv", "File"),
        ("if", "Switch"),
        ("else", "Switch"),
        ("sleep", "Delay"),
        ("mail", "E-mail"),
        ("code", "Python"),
        ("bash", "Shell"),
        ("database", "SQL"),
        ("iterate", "For each"),
        ("foreach", "For each"),
        ("subwork", "Sub-workflow"),
        ("set", "Set values"),
        ("fetch url", "HTTP request"),
    ],
)
async def test_step_is_found_by_another_word(
    typed: str, first: str, workbench: Workbench, options: list[tuple[str, str, str]], until: Until
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        app.push_screen(Picker("Add a step", options))
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*("space" if letter == " " else letter for letter in typed))
        listed = app.screen.query_one(OptionList)
        await until(pilot, lambda: listed.option_count < len(options))
        assert str(listed.get_option_at_index(0).prompt).startswith(first)
