"""Lists and groups of a run form, by keyboard and by mouse."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from tui.conftest import screen_text
from tui.run_form_app import UNDECIDED, FormApp, write
from wftui.model.base import Json
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.editors.choice_editor import ChoiceEditor
from wftui.tui.widgets.schema_form.editors.multiline_editor import MultilineEditor
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.tui.widgets.schema_form.field_row import FieldRow
from wftui.tui.widgets.schema_form.group_box import GroupHeader
from wftui.tui.widgets.schema_form.items_box import AddLine
from wftui.tui.widgets.schema_form.layout.item_buttons import ItemButtons

Until = Callable[..., Awaitable[None]]

URLS: Json = {"properties": {"urls": {"type": "array", "items": {"type": "string"}}}, "required": ["urls"]}


async def returned(app: FormApp, pilot: Pilot[Any], until: Until) -> Any:
    await until(pilot, lambda: app.result is not UNDECIDED)
    return app.result


async def test_items_are_added_put_in_order_and_removed_by_keys(until: Until) -> None:
    app = FormApp(URLS)
    async with app.run_test() as pilot:
        await write(pilot, "one")
        await pilot.press("f9")
        await write(pilot, "two")
        await pilot.press("f9")
        await write(pilot, "three")
        assert app.command.endswith("""-i urls='["one","two","three"]'""")
        await pilot.press("alt+up", "alt+up", "alt+up")
        assert app.command.endswith("""-i urls='["three","one","two"]'""")
        await pilot.press("alt+down")
        assert app.command.endswith("""-i urls='["one","three","two"]'""")
        await pilot.press("shift+f9", "enter")
        assert await returned(app, pilot, until) == {"urls": ["one", "two"]}


async def test_the_line_under_a_list_adds_an_item(until: Until) -> None:
    app = FormApp(URLS)
    async with app.run_test() as pilot:
        await pilot.press("a", "tab", "enter", "b", "tab", "space", "c", "f5")
        assert await returned(app, pilot, until) == {"urls": ["a", "b", "c"]}


async def test_empty_list_has_one_line_and_restores_its_last_item(until: Until) -> None:
    app = FormApp({"properties": {"urls": {"type": "array", "items": {"type": "string"}}}})
    async with app.run_test() as pilot:
        assert isinstance(app.field(), AddLine)
        await pilot.press("enter", "a", "shift+f9")
        assert isinstance(app.field(), AddLine)
        await pilot.press("f5")
        assert await returned(app, pilot, until) == {}


@pytest.mark.parametrize(
    ("item", "typed", "given"),
    [
        ({"type": "string"}, "x", ["x"]),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "x", [{"a": "x"}]),
        ({"enum": ["red", "green"]}, "x", None),
        ({"enum": ["red", "green"]}, "g", ["green"]),
        ({"type": "boolean"}, "x", None),
        ({"type": "array", "items": {"type": "string"}}, "x", None),
        ({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}, "x", None),
        ({"oneOf": [{"type": "object", "title": "A"}, {"type": "object", "title": "B"}]}, "x", None),
        ({"type": "object", "properties": {}}, "x", None),
    ],
    ids=["text", "object", "other than a choice", "choice", "yes or no", "list", "list in an object", "union", "empty"],
)
async def test_a_letter_adds_an_item_only_if_that_takes_it(until: Until, item: Json, typed: str, given: Json) -> None:
    app = FormApp({"properties": {"all": {"type": "array", "items": item}}})
    async with app.run_test() as pilot:
        assert isinstance(app.field(), AddLine)
        await pilot.press(typed)
        assert isinstance(app.field(), AddLine) == (given is None)
        await pilot.press("f5")
        assert await returned(app, pilot, until) == ({} if given is None else {"all": given})


async def test_lines_pasted_into_an_item_become_items(until: Until) -> None:
    app = FormApp(URLS)
    async with app.run_test() as pilot:
        app.field().post_message(events.Paste("a\n b \n\nc\n"))
        await until(pilot, lambda: app.command.endswith("""-i urls='["a","b","c"]'"""))
        await pilot.press("enter")
        assert await returned(app, pilot, until) == {"urls": ["a", "b", "c"]}


async def test_long_number_pasted_into_a_text_is_text(until: Until) -> None:
    app = FormApp({"properties": {"name": {"type": "string"}}})
    async with app.run_test() as pilot:
        app.field().post_message(events.Paste("9" * 5000))
        await until(pilot, lambda: f"name={'9' * 5000}" in app.command)


async def test_markup_in_a_default_is_shown_as_text(until: Until) -> None:
    app = FormApp({"properties": {"note": {"type": "string", "format": "markdown", "default": "a[/b] [i]c"}}})
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.field(), MultilineEditor))
        await pilot.press("ctrl+a", "delete")
        await until(pilot, lambda: "default a[/b] [i]c" in screen_text(app))


async def test_item_problem_is_shown_at_the_item(until: Until) -> None:
    schema = {"properties": {"days": {"type": "array", "items": {"type": "string", "format": "date"}}}}
    app = FormApp(schema, inputs={"days": ["2026-11-22", "soon"]})
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await until(pilot, app.problems)
        assert app.problems() == ["Not a valid date; write it like 2026-11-22."]
        await until(pilot, lambda: app.form.focused is list(app.form.query("TextEditor"))[1])


STEPS: Json = {
    "properties": {
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "wait": {"type": "integer", "default": 5}},
                "required": ["name"],
            },
        }
    }
}


async def test_list_of_objects(until: Until) -> None:
    app = FormApp(STEPS)
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await write(pilot, "first")
        await pilot.press("f9")
        await pilot.press("enter")
        await until(pilot, app.problems)
        assert app.problems() == ["A value is required."]
        await write(pilot, "second")
        await pilot.press("alt+up", "enter")
        assert await returned(app, pilot, until) == {
            "steps": [{"name": "second", "wait": 5}, {"name": "first", "wait": 5}]
        }


async def test_problem_in_a_folded_item_unfolds_it(until: Until) -> None:
    app = FormApp(STEPS, inputs={"steps": [{"name": "a"}, {"wait": 1}]})
    async with app.run_test() as pilot:
        assert not list(app.form.query(FieldRow))
        await pilot.press("enter")
        await until(pilot, app.problems)
        assert app.problems() == ["A value is required."]
        await until(pilot, lambda: isinstance(app.form.focused, TextEditor))
        await pilot.press("b", "enter")
        assert await returned(app, pilot, until) == {"steps": [{"name": "a"}, {"name": "b", "wait": 1}]}


async def test_optional_group_starts_folded_and_can_be_cleared(until: Until) -> None:
    schema = {
        "properties": {
            "name": {"type": "string"},
            "db": {
                "properties": {"host": {"type": "string"}, "port": {"type": "integer", "default": 80}},
                "required": ["host"],
            },
        }
    }
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("tab")
        assert isinstance(app.field(), GroupHeader)
        await pilot.press("space", "tab", "x")
        assert app.command.endswith("""-i db='{"host":"x","port":80}'""")
        await pilot.press("shift+tab", "shift+f9")
        assert app.command == "wftui run flow"
        await pilot.press("enter")
        assert await returned(app, pilot, until) == {}


async def test_nullable_group(until: Until) -> None:
    schema = {"properties": {"db": {"type": ["object", "null"], "properties": {"host": {"type": "string"}}}}}
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+n", "enter")
        assert await returned(app, pilot, until) == {"db": None}


async def test_recursive_fields_are_given_level_by_level_or_as_json(until: Until) -> None:
    schema = {
        "$ref": "#/$defs/node",
        "$defs": {"node": {"properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}},
    }
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("a", "tab", "space", "tab", "b", "tab", "f7")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await write(pilot, "json")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.field(), MultilineEditor))
        editor = app.field()
        assert isinstance(editor, MultilineEditor)
        editor.select_all()
        await pilot.press("delete")
        await write(pilot, '{"name": "c"}')
        await pilot.press("f5")
        assert await returned(app, pilot, until) == {"name": "a", "next": {"name": "b", "next": {"name": "c"}}}


async def click(pilot: Pilot[Any], widget: Widget, text: str) -> None:
    """Click on a text inside a widget."""
    lines = str(widget.render()).split("\n")
    row = next(number for number, line in enumerate(lines) if text in line)
    gutter = widget.gutter
    await pilot.click(widget, offset=(lines[row].index(text) + gutter.left, row + gutter.top))


async def test_everything_can_be_done_with_the_mouse(until: Until) -> None:
    schema = {
        "properties": {
            "env": {"enum": ["prod", "dev"]},
            "region": {"enum": [f"eu-{number}" for number in range(20)]},
            "boxes": {"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}},
            "urls": {"type": "array", "items": {"type": "string"}},
            "db": {"properties": {"on": {"type": "boolean"}}},
        }
    }
    app = FormApp(schema, inputs={"urls": ["one", "two", "three"]})
    async with app.run_test(size=(100, 40)) as pilot:
        form = app.form
        env, region = form.query(ChoiceEditor)
        await click(pilot, env, "dev")
        await click(pilot, region, "choose")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.click("OptionList", offset=(2, 1))
        await until(pilot, lambda: app.screen is form)
        await click(pilot, form.query_one("MultiChoiceEditor"), "b")
        await click(pilot, next(iter(form.query(ItemButtons))), "↓")
        await until(pilot, lambda: '["two","one","three"]' in app.command)
        await click(pilot, list(form.query(ItemButtons))[2], "✕")
        await click(pilot, form.query_one(GroupHeader), "db")
        await until(pilot, lambda: len(form.query(ChoiceEditor)) == 3)
        await click(pilot, list(form.query(ChoiceEditor))[2], "yes")
        await click(pilot, form.query_one(KeyLine), "Run")
        assert await returned(app, pilot, until) == {
            "env": "dev",
            "region": "eu-1",
            "boxes": ["b"],
            "urls": ["two", "one"],
            "db": {"on": True},
        }


TARGETS: Json = {
    "properties": {
        "to": {
            "oneOf": [
                {
                    "title": "Mail",
                    "properties": {
                        "kind": {"const": "mail"},
                        "address": {"type": "string"},
                        "tries": {"type": "integer", "default": 3},
                    },
                    "required": ["kind", "address"],
                },
                {
                    "title": "Chat",
                    "properties": {"kind": {"const": "chat"}, "room": {"type": "string"}},
                    "required": ["kind", "room"],
                },
            ]
        },
        "urgent": {"type": "boolean"},
    },
    "required": ["to"],
    "if": {"properties": {"urgent": {"const": True}}, "required": ["urgent"]},
    "then": {"properties": {"phone": {"type": "string"}}, "required": ["phone"]},
}


async def test_form_of_a_value_is_picked_and_fields_appear(until: Until) -> None:
    app = FormApp(TARGETS)
    async with app.run_test() as pilot:
        await pilot.press("f5")
        await until(pilot, app.problems)
        assert app.problems() == ["A value is required."]
        await pilot.press("m")
        await until(pilot, lambda: len(app.form.query("TextEditor")) == 2)
        assert app.command.endswith("""-i to='{"kind":"mail","tries":3}'""")
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.form.focused, TextEditor))
        assert app.problems() == ["A value is required."]
        await write(pilot, "ann")
        await pilot.press("tab", "tab", "y")
        await until(pilot, lambda: len(app.form.query("TextEditor")) == 3)
        assert isinstance(app.field(), ChoiceEditor), "the cursor stays where it was"
        await pilot.press("tab")
        await write(pilot, "112")
        await pilot.press("f5")
        assert await returned(app, pilot, until) == {
            "to": {"kind": "mail", "address": "ann", "tries": 3},
            "urgent": True,
            "phone": "112",
        }


async def test_error_of_a_nested_value_has_the_rest_of_its_address(until: Until) -> None:
    schema = {"properties": {"to": {"type": "object", "properties": {"mail": {"properties": {"cc": {}}}}}}}
    app = FormApp({**schema, "properties": {**schema["properties"]}}, inputs={"to": {"mail": 5}})
    async with app.run_test() as pilot:
        await pilot.press("f5")
        assert await returned(app, pilot, until) == {"to": {"mail": 5}}
    typed = {"properties": {"to": {"properties": {"mail": {"type": "object", "required": ["cc"], "properties": {}}}}}}
    app = FormApp(typed, inputs={"to": {"mail": {}}})
    async with app.run_test() as pilot:
        await pilot.press("tab", "f7")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await write(pilot, "json")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.field(), MultilineEditor))
        await pilot.press("f5")
        await until(pilot, app.problems)
        assert app.problems() == ["cc: A value is required."]


async def test_list_to_choose_from_says_when_nothing_matches(until: Until) -> None:
    app = FormApp({"properties": {"size": {"enum": [f"size {number}" for number in range(20)]}}, "required": ["size"]})
    async with app.run_test() as pilot:
        await pilot.press("space")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await write(pilot, "vast")
        await until(pilot, lambda: "Nothing matches." in screen_text(app))
        await pilot.press("down", "enter", "ctrl+u")
        await write(pilot, "19")
        await until(pilot, lambda: "size 19" in screen_text(app))
        await pilot.press("enter", "f5")
        assert await returned(app, pilot, until) == {"size": "size 19"}
