"""A value over the whole screen: folding, addresses, tables, copies."""

import asyncio
import json
import math
import random
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from tui.conftest import settle
from tui.notices import notices
from tui.start_app import StartApp
from wftui.model.run.steps import ValueRef
from wftui.tui.screens.runs.value_screen import ValueScreen
from wftui.tui.screens.runs.value_table_screen import ValueTableScreen
from wftui.tui.widgets.value import table_rows, view
from wftui.tui.widgets.value.paths import parse_path
from wftui.tui.widgets.value.table_rows import TableRows, sort_key
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
VALUE = {
    "rows": [{"name": f"n{number}", "size": number % 7, "tags": ["a", number]} for number in range(40)],
    "a key": {"text": "line one\nline two", "none": None},
    "last": "the end",
}


@pytest.fixture
def open_value(workbench: Workbench, until: Until) -> Callable[..., Any]:
    """Return `open_value(value)`, the screen of a value; `stored` in small pieces."""

    @asynccontextmanager
    async def opened(value: Any, stored: int = 0, size: tuple[int, int] = (80, 24)):  # type: ignore[no-untyped-def]
        text = json.dumps(value) if not isinstance(value, str) else value

        async def source(_reference: ValueRef, offset: int) -> tuple[str, int | None]:
            end = offset + stored
            return text[offset:end], end if end < len(text) else None

        shown = ValueRef(hash="sha256:0", bytes=len(text), preview=text[:200]).to_wire() if stored else value
        app = StartApp(workbench, start=lambda app: app.push_screen(ValueScreen("it", shown, source, name="it")))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, ValueScreen) and app.screen._view.rows > 1)
            yield pilot, app.screen

    return opened


async def go_to(pilot: Pilot[Any], path: str) -> None:
    await pilot.press("J")
    pilot.app.screen.query_one(Input).value = path
    await pilot.press("enter")


@pytest.mark.parametrize("stored", [0, 100])
async def test_an_address_is_gone_to_and_its_element_copied(open_value: Any, until: Until, stored: int) -> None:
    async with open_value(VALUE, stored) as (pilot, screen):
        for path, written in (
            ("rows[33].name", "rows[33].name"),
            ("/rows/7/tags", "rows[7].tags"),
            ('["a key"].text', '["a key"].text'),
            ("rows", "rows"),
            ("last", "last"),
        ):
            await go_to(pilot, path)
            await until(pilot, lambda written=written: screen._view.path == written)
            await pilot.press("A", "y")
            value: Any = VALUE
            for key in parse_path(written) or []:
                value = value[key]
            expected = value if isinstance(value, str) else json.dumps(value, indent=2)
            await until(pilot, lambda expected=expected: pilot.app.clipboard == expected)
        await go_to(pilot, "rows[40].name")
        await until(pilot, lambda: "There is no rows[40].name." in notices(pilot.app))
        await go_to(pilot, "rows[")
        await until(pilot, lambda: any("is not an address" in message for message in notices(pilot.app)))


async def test_parts_are_folded_and_found_again(open_value: Any, until: Until, text_of: TextOf) -> None:
    async with open_value(VALUE, 1000) as (pilot, screen):
        await pilot.press("O")
        await until(pilot, lambda: '"last": "the end"' in text_of(pilot.app))
        await until(pilot, lambda: '"rows": [ … ],  40' in text_of(pilot.app))
        await pilot.press("slash", *"re:n3[89]", "enter")
        await until(pilot, lambda: "re:n3[89] 1 of 2" in text_of(pilot.app))
        await until(pilot, lambda: screen._view.path == "rows[38].name")  # a match unfolds what hides it
        await pilot.press("left")
        await until(pilot, lambda: screen._view.path == "rows[38]" and "{ … },  3" in text_of(pilot.app))
        await pilot.press("left")
        await until(pilot, lambda: screen._view.path == "rows")
        await pilot.press("enter")
        await until(pilot, lambda: '"n0"' in text_of(pilot.app))
        rows = screen._view.rows
        await pilot.press("O")
        await until(pilot, lambda: screen._view.rows > rows)


async def test_frames_are_made_once_in_a_moment_while_all_is_read(
    open_value: Any, until: Until, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "_MOMENT", 3_600)
    async with open_value(list(range(60_000)), 20_000) as (pilot, screen):
        drawn: list[int] = []
        set_rows = screen._view.set_rows

        def counted(count: int) -> None:
            drawn.append(count)
            set_rows(count)

        monkeypatch.setattr(screen._view, "set_rows", counted)
        await pilot.press("slash", *"59998", "enter")
        await until(pilot, lambda: "59998 1 of 1" in text_of(pilot.app))
        assert screen._view.path == "[59998]"
        assert drawn[-1] > 60_000
        assert len(drawn) <= 4


async def test_a_search_shows_matches_while_the_value_is_read(
    workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    text, gate = json.dumps(VALUE), asyncio.Event()

    async def source(_reference: ValueRef, offset: int) -> tuple[str, int | None]:
        if offset:
            await gate.wait()
        half = len(text) // 2
        return (text[half:], None) if offset else (text[:half], half)

    shown = ValueRef(hash="sha256:0", bytes=len(text), preview=text[:200]).to_wire()
    app = StartApp(workbench, start=lambda app: app.push_screen(ValueScreen("it", shown, source, name="it")))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ValueScreen) and app.screen._view.rows > 1)
        screen = app.screen
        assert isinstance(screen, ValueScreen)
        await pilot.press("slash", *"re:n3$|n39|n9", "enter")
        await until(pilot, lambda: screen._view.path == "rows[9].name")
        await until(pilot, lambda: "searching, 1 so far, 50% read" in text_of(app))
        gate.set()
        await until(pilot, lambda: "re:n3$|n39|n9 1 of 2" in text_of(app))
        assert screen._view.path == "rows[9].name"
        await pilot.press("n")
        await until(pilot, lambda: screen._view.path == "rows[39].name")


async def test_snapshot_of_folds(
    open_value: Any, size: tuple[int, int], until: Until, matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    async with open_value(VALUE, 1000, size) as (pilot, screen):
        await pilot.press("O")
        await until(pilot, lambda: screen._view.rows < 20)
        await pilot.press("slash", *"n38", "enter")
        await until(pilot, lambda: screen._view.path == "rows[38].name")
        await pilot.press("left")
        await until(pilot, lambda: screen._view.path == "rows[38]")
        assert await matches(pilot)


async def test_snapshot_of_a_table(
    open_value: Any, size: tuple[int, int], until: Until, matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    async with open_value(VALUE, 90, size) as (pilot, _screen):
        await go_to(pilot, "rows[5].size")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueTableScreen))
        table = pilot.app.screen.table
        await pilot.press("right", "s", "s", "slash", *"re:n3.", "enter")
        await until(pilot, lambda: table.rows == 10 and table.sorted_by == ("size", True))
        assert await matches(pilot)


async def test_an_invalid_expression_is_reported(open_value: Any, until: Until) -> None:
    async with open_value(VALUE) as (pilot, _screen):
        await pilot.press("slash", *"re:(", "enter")
        await until(pilot, lambda: notices(pilot.app))
        assert isinstance(pilot.app.screen, ValueScreen)


@pytest.mark.parametrize("stored", [0, 90])
async def test_a_list_is_sorted_and_filtered_as_a_table(
    open_value: Any, until: Until, text_of: TextOf, stored: int
) -> None:
    async with open_value(VALUE, stored) as (pilot, _screen):
        await go_to(pilot, "rows[5].size")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueTableScreen))
        table = pilot.app.screen.table
        assert table.columns == ["name", "size", "tags"]
        await pilot.press("right", "s", "s")
        await until(pilot, lambda: table.sorted_by == ("size", True) and table.selected["size"] == 6)
        await until(pilot, lambda: "size▼" in text_of(pilot.app))
        await pilot.press("slash", *"re:n3.", "enter")
        await until(pilot, lambda: table.rows == 11 - 1)
        await until(pilot, lambda: "10 of 40 rows" in text_of(pilot.app))
        await pilot.press("left", "y")
        await until(pilot, lambda: pilot.app.clipboard == "n34")
        await pilot.press("slash", *"(", "enter", "slash", "ctrl+u", *"re:(", "enter")
        await until(pilot, lambda: notices(pilot.app)[-1:] and "Copied" not in notices(pilot.app)[-1])
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueScreen))


async def test_a_long_row_is_shown_searched_and_copied(open_value: Any, until: Until, text_of: TextOf) -> None:
    row = {"name": "long", "numbers": list(range(60_000)), "end": "here"}
    async with open_value([row], 100_000) as (pilot, _screen):
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueTableScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueScreen) and pilot.app.screen._view.rows > 1)
        assert '"name": "long"' in text_of(pilot.app)
        await pilot.press("slash", *"here", "enter")
        await until(pilot, lambda: pilot.app.screen._view.path == "end")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == "here")
        await go_to(pilot, "numbers")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == json.dumps(row["numbers"], indent=2))


async def test_a_table_takes_mixed_rows(open_value: Any, until: Until, text_of: TextOf) -> None:
    mixed = [
        3,
        {"v": 1.5},
        None,
        {"v": 10**400},
        "x\x1b[31m\n",
        {"v": "t"},
        {"w": []},
        [1],
        {"v": True},
        {"日本": "語" * 90},
    ]
    async with open_value(mixed) as (pilot, _screen):
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueTableScreen))
        table = pilot.app.screen.table
        assert table.columns == ["value", "v", "w", "日本"]
        for _ in range(4):
            await pilot.press("s", "s", "s", "right")
        await pilot.resize_terminal(30, 8)
        await pilot.press("left", "left", "left", "s", "end", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueScreen))
        assert "\x1b" not in text_of(pilot.app)


async def test_deep_values_have_an_address_and_a_copy(open_value: Any, until: Until) -> None:
    deep = "[" * 10_000 + "7" + "]" * 10_000
    async with open_value(deep, 5_000) as (pilot, screen):
        await pilot.press("end")
        await until(pilot, lambda: screen._view.cursor > 19_000)
        await settle(pilot.app)
        await pilot.press("home", *["down"] * 3)
        await until(pilot, lambda: screen._view.cursor == 3)
        await pilot.press("t", "left", "right", "y")
        await until(pilot, lambda: pilot.app.clipboard.startswith("[[["))
        await go_to(pilot, "[0]" * 9_999)
        await until(pilot, lambda: screen._view.cursor_line == 9_999)
        await pilot.press("A")
        await until(pilot, lambda: pilot.app.clipboard == "[0]" * 9_999)


def test_any_rows_have_an_order() -> None:
    values: list[Any] = [math.nan, 1, -math.inf, 10**400, True, None, "x", [], {}, ""]
    rows = [{"v": each} for each in values]
    order: list[Any] = sorted([*rows, 1, None, {}], key=lambda row: sort_key(row, "v"))
    assert [row["v"] for row in order[:2]] == [-math.inf, 1]
    assert order[2]["v"] == 10**400
    assert [row["v"] for row in order[4:7]] == ["", "x", True]


@pytest.mark.parametrize("descending", [False, True])
def test_many_rows_are_sorted_in_parts_as_at_once(descending: bool) -> None:
    choose = random.Random(7)
    kinds: list[Callable[[], Any]] = [lambda: choose.randrange(5), choose.random, lambda: "x" * choose.randrange(9)]
    kinds += [lambda: choose.choice([1, "x"]), lambda: choose.choice([None, True, [], {}])]
    for kind in kinds:
        items: list[Any] = [{"v": kind(), "at": at} for at in range(20_000)]
        order = TableRows(items).arranged("", ("v", descending))
        expected = sorted(range(len(items)), key=lambda at: sort_key(items[at], "v"), reverse=descending)
        assert list(order) == expected


def test_a_sort_compares_only_some_thousand_rows_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of a sort holds the interpreter, and with it all keys."""
    sizes: list[int] = []

    def counted(values: Any, **how: Any) -> list[Any]:
        listed = list(values)
        sizes.append(len(listed))
        return sorted(listed, **how)

    monkeypatch.setattr(table_rows, "sorted", counted, raising=False)
    items: list[Any] = [{"v": f"{at * 7919 % 100_003}"} for at in range(100_000)]
    TableRows(items).arranged("", ("v", False))
    assert sum(sizes) >= len(items)
    assert max(sizes) < 20_000


def test_an_order_that_is_no_longer_wanted_ends() -> None:
    asked = 0

    def is_stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 100

    assert len(TableRows([{"v": at} for at in range(50_000)]).arranged("", ("v", True), is_stopped)) < 100
    assert asked < 200


async def test_a_cell_is_copied_if_the_clipboard_takes_it(open_value: Any, until: Until) -> None:
    deep: Any = 1
    for _ in range(600):
        deep = [deep]
    rows = [{"v": {"k": [1]}}, {"v": ["x" * 100] * 20_000}, {"v": deep}, {"w": 0}]
    async with open_value(rows) as (pilot, _screen):
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueTableScreen))
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == json.dumps({"k": [1]}, indent=2))
        await pilot.press("down", "y")
        await until(pilot, lambda: "The cell exceeds the clipboard limit." in notices(pilot.app))
        await pilot.press("down", "y")
        await until(pilot, lambda: json.loads(pilot.app.clipboard) == deep)
        await pilot.press("down", "y")
        await until(pilot, lambda: "Nothing to copy here." in notices(pilot.app))
