"""Keys of a form: from field to field, and names of choices that are typed."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tui.run_form_app import UNDECIDED, FormApp, write
from wftui.model.base import Json

Until = Callable[..., Awaitable[None]]

EVERY_KIND: Json = {
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "date-time"},
    "lines": {"type": "string", "format": "multiline"},
    "value": {},
    "word": {"type": "string"},
    "flag": {"type": "boolean"},
    "size": {"enum": [f"size {number}" for number in range(20)]},
    "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
    "list": {"type": "array", "items": {"type": "string"}},
    "map": {"type": "object", "additionalProperties": {"type": "string"}},
    "either": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "object": {"type": "object", "properties": {"a": {"type": "integer"}}},
}


@pytest.mark.parametrize(("forth", "back"), [("down", "up"), ("tab", "shift+tab")])
async def test_keys_move_through_fields_of_every_kind_without_changing_any(forth: str, back: str, until: Until) -> None:
    app = FormApp({"properties": {**EVERY_KIND, "last": {"type": "string"}}})
    async with app.run_test(size=(100, 60)) as pilot:
        start = app.field()
        for key in (forth, back):
            for _ in range(40):
                await pilot.press(key)
            await pilot.pause()
        for _ in range(40):
            if app.field() is start:
                break
            await pilot.press(back)
        assert app.field() is start
        await pilot.press("f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {}


async def test_arrows_move_in_a_text_of_several_lines_and_leave_it_at_its_ends(until: Until) -> None:
    schema: Json = {"properties": {"text": {"type": "string", "format": "multiline"}, "word": {"type": "string"}}}
    app = FormApp(schema)
    async with app.run_test() as pilot:
        for key in ("a", "enter", "b", "up", "c", "down", "d", "down", "x", "up", "e", "f5"):
            await pilot.press(key)
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"text": "ac\nbde", "word": "x"}


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("write", "write"),
        ("w", "wait"),
        ("ww", "write"),
        ("www", "wait"),
        ("new fo", "new folder"),
        ("New File", "new file"),
        ("rename", "rename"),
        ("xwrite", "write"),
        ("zzz", None),
    ],
)
async def test_choice_takes_the_beginning_of_a_name(typed: str, value: Json, until: Until) -> None:
    names = ["read", "wait", "write", "extract", "rename", "new file", "new folder", "list", "copy"]
    app = FormApp({"properties": {"action": {"enum": names}}})
    async with app.run_test() as pilot:
        await write(pilot, typed)
        await pilot.press("f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == ({} if value is None else {"action": value})


async def test_choice_forgets_what_was_typed_when_left(until: Until) -> None:
    app = FormApp({"properties": {"a": {"enum": ["wait", "write", "read"]}, "b": {"type": "string"}}})
    async with app.run_test() as pilot:
        for key in ("w", "down", "up", "r", "f5"):
            await pilot.press(key)
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"a": "read"}


@pytest.mark.parametrize(("keys", "value"), [(["w"], "write"), (["w", "w"], "read"), (["q"], "read")])
async def test_a_space_after_typed_letters_is_a_key_like_others(keys: list[str], value: str, until: Until) -> None:
    app = FormApp({"properties": {"action": {"enum": ["read", "wait", "write"]}}})
    async with app.run_test() as pilot:
        await pilot.press(*keys, "space", "f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"action": value}


ONE_OR_MORE: Any = [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]


@pytest.mark.parametrize(
    ("variants", "typed", "value"),
    [
        (ONE_OR_MORE, "ann@test.org", "ann@test.org"),
        (ONE_OR_MORE, "tom and lee", "tom and lee"),
        (ONE_OR_MORE, "text", MISSING := object()),
        ([{"type": "boolean"}, {"type": "integer"}], "12", 12),
        ([*ONE_OR_MORE, {"type": "integer"}], "12", MISSING),
    ],
)
async def test_text_typed_at_a_union_goes_to_its_only_form_that_is_typed(
    variants: Any, typed: str, value: Any, until: Until
) -> None:
    app = FormApp({"properties": {"to": {"anyOf": variants}}})
    async with app.run_test() as pilot:
        await write(pilot, typed)
        await pilot.press("f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == ({} if value is MISSING else {"to": value})


@pytest.mark.parametrize(
    ("schema", "keys", "value"),
    [
        ({"items": {"type": "string"}}, ["first 1", "enter"], ["first 1"]),
        ({"items": {"type": "string"}}, ["a", "down", "b c", "enter"], ["a", "b c"]),
        ({"items": {"type": "integer"}}, ["12", "enter"], [12]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, ["key", "tab", "q", "enter"], {"key": "q"}),
        ({"items": {"type": "object", "properties": {"n": {"type": "string"}}}}, ["ab", "enter"], [{"n": "ab"}]),
        ({"items": {"enum": ["one", "two"]}}, ["t", "two", "enter"], ["two"]),
        ({"items": {"enum": ["blue", "lilac"]}}, ["blue", "enter"], ["blue"]),
        ({"items": {"type": "boolean"}}, ["n", "enter"], [False]),
        ({"items": {"anyOf": ONE_OR_MORE}}, ["ann lee", "enter"], ["ann lee"]),
    ],
)
async def test_text_typed_where_an_item_is_added_is_that_of_the_item(
    schema: Any, keys: list[str], value: Json, until: Until
) -> None:
    app = FormApp({"properties": {"list": {"type": "array", **schema}}})
    async with app.run_test() as pilot:
        for key in keys:
            await (pilot.press(key) if key in ("enter", "down", "tab") else write(pilot, key))
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"list": value}
