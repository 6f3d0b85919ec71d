"""The list with a filter line, while its options are replaced."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App
from textual.widgets import Input, OptionList

from wftui.tui.widgets.picker import Options, Picker, PickerOption

Until = Callable[..., Awaitable[None]]

BEFORE = [("apple", "a fruit"), ("beet", "a root"), ("cress", "a herb")]
AFTER = [("almond", "a nut"), ("apple", "a fruit"), ("beet", "a root, ripe"), ("cress", "a herb")]


class _Asking(App[None]):
    """Asks for an option of a list that is replaced when the gate opens."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.answers: list[PickerOption | None] = []
        self.picker = Picker("Plants", BEFORE, read=self._read)

    async def _read(self) -> Options:
        await self.gate.wait()
        return AFTER

    def on_mount(self) -> None:
        def take(index: int | None) -> None:
            self.answers.append(None if index is None else self.picker.options[index])

        self.push_screen(self.picker, take)


async def test_option_at_the_cursor_stays_there_when_the_list_is_replaced(until: Until) -> None:
    app = _Asking()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.picker.query_one(OptionList).highlighted == 0 and app.picker.focused)
        await pilot.press("down")
        await until(pilot, lambda: app.picker.query_one(OptionList).highlighted == 1)
        app.gate.set()
        await until(pilot, lambda: app.picker.options is AFTER)
        await pilot.press("enter")
        await until(pilot, lambda: app.answers)
    assert app.answers == [("beet", "a root, ripe")]


async def test_option_of_the_list_before_is_not_taken_for_one_of_the_new_list(until: Until) -> None:
    app = _Asking()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.picker.query_one(OptionList).options and app.picker.focused)
        options = app.picker.query_one(OptionList)
        clicked = OptionList.OptionSelected(options, options.options[1], 1)
        app.gate.set()
        await until(pilot, lambda: app.picker.options is AFTER)
        options.post_message(clicked)
        await pilot.press("enter")
        await until(pilot, lambda: app.answers)
    assert app.answers == [("apple", "a fruit")]


async def test_enter_counts_in_the_moment_in_which_the_list_is_replaced(until: Until) -> None:
    app = _Asking()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.picker.query_one(OptionList).options and app.picker.focused)
        app.gate.set()
        app.picker.post_message(Input.Submitted(app.picker.query_one(Input), ""))
        app.picker.call_later(app.picker._replace, app._read)
        await until(pilot, lambda: app.answers)
    assert app.answers == [("apple", "a fruit")]
