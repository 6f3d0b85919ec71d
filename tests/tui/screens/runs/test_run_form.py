"""The run form by keyboard: its results and errors."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual import events

from tui.conftest import screen_text
from tui.run_form_app import UNDECIDED, FormApp, write
from wftui.model.base import Json
from wftui.model.listing import RecentInputs
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.tui.widgets.source.json_editor import JsonEditor

Until = Callable[..., Awaitable[None]]

REPORT: Json = {
    "properties": {
        "repo": {"type": "string", "title": "Repository", "default": "."},
        "weeks": {"type": "integer", "title": "Weeks", "minimum": 1, "maximum": 52, "default": 12},
        "author": {"type": "string"},
        "deep": {"type": "boolean"},
    },
    "required": ["repo"],
}


async def test_ac_b_2_input_modal_collects_inputs_and_enter_runs_with_them(until: Until) -> None:
    app = FormApp(REPORT)
    async with app.run_test() as pilot:
        await write(pilot, "my repo")
        assert app.command == "wftui run flow -i repo='my repo'"
        await pilot.press("tab", "shift+up", "tab", "tab", "y")
        assert app.command == "wftui run flow -i repo='my repo' -i weeks=13 -i deep=true"
        await pilot.press("enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"repo": "my repo", "weeks": 13, "deep": True}


async def test_enter_runs_with_the_defaults(until: Until) -> None:
    app = FormApp(REPORT)
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"repo": ".", "weeks": 12}


async def test_escape_keeps_the_values_for_next_time(until: Until) -> None:
    app = FormApp(REPORT, workflow_id="left")
    async with app.run_test() as pilot:
        await write(pilot, "elsewhere")
        await pilot.press("escape")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result is None
    again = FormApp(REPORT, workflow_id="left")
    async with again.run_test() as pilot:
        await pilot.press("ctrl+r", "enter")
        await until(pilot, lambda: "elsewhere" in again.command)


async def test_problems_are_shown_at_fields_and_the_first_is_focused(until: Until) -> None:
    app = FormApp(REPORT)
    async with app.run_test() as pilot:
        await pilot.press("delete", "tab")
        await write(pilot, "99")
        await pilot.press("enter")
        await until(pilot, app.problems)
        assert app.result is UNDECIDED
        assert app.problems() == ["Must be at most 52."]
        assert "-i weeks=99" in app.command
        await pilot.press("home", "shift+end", "delete")
        await write(pilot, "many")
        await until(pilot, lambda: app.problems() == ["Enter a whole number."])
        await pilot.press("home", "shift+end", "delete")
        await write(pilot, "3")
        await until(pilot, lambda: not app.problems())
        await pilot.press("enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"weeks": 3}


async def test_problems_follow_form_order(until: Until) -> None:
    schema = {"properties": {"a": {"type": "string"}, "b": {"type": "integer", "default": "odd"}}, "required": ["a"]}
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("tab", "f5")
        await until(pilot, app.problems)
        assert app.problems() == ["A value is required.", "Expected a whole number, but this is text."]
        assert app.whole() == "✗ 2 values are invalid."
        await until(pilot, lambda: app.form.focused is next(iter(app.form.query("TextEditor"))))


async def test_form_and_json_keep_the_same_inputs(until: Until) -> None:
    app = FormApp(REPORT)
    async with app.run_test() as pilot:
        await write(pilot, "here")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: app.form.query_one(JsonEditor).text)
        editor = app.form.query_one(JsonEditor)
        assert json.loads(editor.text) == {"repo": "here", "weeks": 12}
        editor.text = '{"repo": "there", "author": "ann"}'
        await until(pilot, lambda: app.command == "wftui run flow -i repo=there -i author=ann")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: [each.value for each in app.form.query(TextEditor)] == ["there", "", "ann"])
        await pilot.press("ctrl+t", "f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"repo": "there", "author": "ann"}


async def test_invalid_json_is_located_without_leaving_the_view(until: Until) -> None:
    app = FormApp(REPORT)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+t")
        editor = app.form.query_one(JsonEditor)
        editor.text = '{\n  "repo": "x"\n  "weeks": 1\n}'
        await until(pilot, app.whole)
        assert app.whole() == "✗ Not JSON: expected a comma or the end of the list or object, at line 3, column 3."
        await pilot.press("ctrl+t")
        await until(pilot, lambda: app.form.focused is editor and editor.cursor_location == (2, 2))
        await pilot.press("f5")
        assert app.result is UNDECIDED
        editor.text = "[1]"
        await until(pilot, lambda: "one JSON object" in app.whole())
        editor.text = '{"weeks": 0}'
        await pilot.press("f5")
        await until(pilot, lambda: "/weeks" in app.whole())
        assert app.whole() == "✗ /weeks: Must be at least 1."


async def test_a_secret_is_never_shown(until: Until, text_of: Callable[[Any], str]) -> None:
    schema = {"properties": {"token": {"type": "string", "format": "password"}, "name": {"type": "string"}}}
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await write(pilot, "hunter2")
        assert app.command == "wftui run flow -i token=…"
        assert "hunter2" not in text_of(app)
        await pilot.press("ctrl+t")
        assert "hunter2" not in app.form.query_one(JsonEditor).text
        await pilot.press("ctrl+t", "f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"token": "hunter2"}


async def test_a_long_secret_with_line_breaks_is_pasted_whole(until: Until) -> None:
    app = FormApp({"properties": {"key": {"type": "string", "writeOnly": True}}})
    async with app.run_test() as pilot:
        app.field().post_message(events.Paste("-----BEGIN-----\nabc\n-----END-----\n"))
        await pilot.press("enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"key": "-----BEGIN-----\nabc\n-----END-----"}


async def test_inputs_of_an_earlier_run_are_taken_without_masks(until: Until) -> None:
    schema = {
        "properties": {"token": {"type": "string", "writeOnly": True}, "name": {"type": "string", "default": "z"}}
    }
    recent = [
        RecentInputs(label="today", inputs={"name": "a", "token": "***"}),
        RecentInputs(label="before", inputs={"name": "b"}),
    ]
    app = FormApp(schema, recent=recent)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await write(pilot, "bef")
        await pilot.press("enter")
        await until(pilot, lambda: app.command == "wftui run flow -i name=b")
        await pilot.press("ctrl+r", "enter", "f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"name": "a"}


async def test_form_starts_with_given_inputs_over_the_defaults(until: Until) -> None:
    app = FormApp(REPORT, inputs={"weeks": 4})
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"repo": ".", "weeks": 4}


async def test_null_absent_and_default_by_key(until: Until) -> None:
    schema = {
        "properties": {
            "a": {"type": ["string", "null"]},
            "b": {"type": ["boolean", "null"], "default": True},
            "c": {"enum": ["x", "y", None]},
            "d": {"type": "integer", "default": 5},
        }
    }
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+n", "tab", "delete", "tab", "right", "right", "right", "tab", "delete")
        assert app.command == "wftui run flow -i a=null -i c=null"
        await until(pilot, lambda: "no value: null" in screen_text(app))  # null looks like a typed text
        await pilot.press("f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"a": None, "c": None}


async def test_arrows_with_shift_change_numbers_by_step_within_limits(until: Until) -> None:
    schema = {
        "properties": {"ratio": {"type": "number", "multipleOf": 0.1, "minimum": 0, "maximum": 0.3, "default": 0.1}}
    }
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("shift+up")
        assert app.command.endswith("-i ratio=0.2")
        await pilot.press("shift+up", "shift+up", "shift+up")
        assert app.command.endswith("-i ratio=0.3")
        await pilot.press(*["shift+down"] * 5)
        assert app.command.endswith("-i ratio=0")


async def test_dates_go_from_day_to_day(until: Until) -> None:
    schema = {
        "properties": {"day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"}}
    }
    app = FormApp(schema, inputs={"day": "2026-02-28", "at": "2026-11-22T13:37:00Z"})
    async with app.run_test() as pilot:
        await pilot.press("shift+up", "tab", "shift+down", "enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"day": "2026-03-01", "at": "2026-11-21T13:37:00Z"}


async def test_a_date_starts_from_today(until: Until) -> None:
    app = FormApp(
        {"properties": {"day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"}}}
    )
    async with app.run_test() as pilot:
        await pilot.press("shift+up", "tab", "shift+up", "enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert set(app.result) == {"day", "at"}


async def test_burst_keys_reach_their_fields(until: Until) -> None:
    app = FormApp({"properties": {name: {"type": "string"} for name in "abc"}})
    async with app.run_test() as pilot:
        for key in "1\t2\t3":
            app.post_message(events.Key("tab" if key == "\t" else key, key))
        await until(pilot, lambda: app.command == "wftui run flow -i a=1 -i b=2 -i c=3")


async def test_a_big_value_is_kept_but_not_shown(until: Until, text_of: Callable[[Any], str]) -> None:
    big = "x" * 2_000_000
    schema = {"properties": {"text": {"type": "string"}, "rows": {"type": "array", "items": {"type": "integer"}}}}
    app = FormApp(schema, inputs={"text": big, "rows": list(range(200_000))})
    async with app.run_test() as pilot:
        await until(pilot, lambda: "2,000,000 characters: too large to show" in text_of(app))
        assert app.command == "wftui run flow -i text=… -i rows=…"
        await pilot.press("ctrl+t")
        assert len(app.form.query_one(JsonEditor).text) < 200
        await pilot.press("ctrl+t", "tab", "delete", "[", "1", "]", "f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"text": big, "rows": [1]}


async def test_one_of_many_is_picked_from_a_list(until: Until) -> None:
    app = FormApp({"properties": {"region": {"enum": [f"eu-{number}" for number in range(40)]}}})
    async with app.run_test() as pilot:
        await pilot.press("space")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await write(pilot, "37")
        await pilot.press("enter")
        await until(pilot, lambda: app.command.endswith("-i region=eu-37"))
        await pilot.press("space", "escape", "enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"region": "eu-37"}


async def test_boxes_are_ticked(until: Until) -> None:
    schema = {"properties": {"checks": {"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b", "c"]}}}}
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("right", "right", "space", "left", "left", "space")
        await pilot.press("enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"checks": ["a", "c"]}


async def test_multiline_text_takes_enter_and_f5_runs(until: Until) -> None:
    app = FormApp({"properties": {"notes": {"type": "string", "format": "markdown"}}})
    async with app.run_test() as pilot:
        await pilot.press("a", "enter", "b", "f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"notes": "a\nb"}


async def test_lines_pasted_into_a_text_are_all_kept(until: Until) -> None:
    app = FormApp({"properties": {"notes": {"type": "string"}}})
    async with app.run_test() as pilot:
        app.field().post_message(events.Paste("one\ntwo"))
        await until(pilot, lambda: "two" in app.command)
        await pilot.press("f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"notes": "one\ntwo"}


async def test_json_pasted_into_the_form_fills_it_in(until: Until) -> None:
    app = FormApp(REPORT)
    async with app.run_test() as pilot:
        app.field().post_message(events.Paste('{\n  "weeks": 3,\n  "author": "ann"\n}'))
        await until(pilot, lambda: app.command == "wftui run flow -i weeks=3 -i author=ann")


async def test_inputs_without_a_field_are_rows(until: Until) -> None:
    schema = {
        "properties": {"a": {"type": "string"}, "shape": {"oneOf": [{"type": "string"}, {"type": "object"}]}},
        "patternProperties": {"^x-": {}},
    }
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("tab")
        await pilot.press("o")
        await until(pilot, lambda: len(app.form.query(TextEditor)) == 3)
        await pilot.press("tab", "tab", "b", "tab", "1", "tab", "tab", "enter")
        await until(pilot, lambda: len(app.form.query(TextEditor)) == 5 and isinstance(app.form.focused, TextEditor))
        await write(pilot, "x-y")
        await pilot.press("tab")
        await write(pilot, "[2")
        message = ["Not JSON: expected a comma or the end of the list or object, at line 1, column 3."]
        await until(pilot, lambda: app.problems() == message)
        await pilot.press("]", "f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"shape": {"b": 1}, "x-y": [2]}


async def test_command_is_copied(until: Until) -> None:
    app = FormApp(REPORT)
    async with app.run_test() as pilot:
        await pilot.press("x", "ctrl+g")
        await until(pilot, lambda: app.clipboard == "wftui run flow -i repo=x")


async def test_broken_schema_is_a_clear_error(until: Until) -> None:
    app = FormApp({"properties": {"a": {"type": "strnig"}}})
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await until(pilot, app.whole)
        assert app.whole().startswith("✗ The schema itself is not valid, at /properties/a/type")


async def test_names_and_texts_are_never_read_as_markup(text_of: Callable[[Any], str]) -> None:
    schema = {
        "properties": {"[b]x[/b]": {"title": "[red]label[/]", "description": "[link=x]", "enum": ["[i]one[/i]", "[/]"]}}
    }
    app = FormApp(schema, description="[bold]about[/bold]")
    async with app.run_test() as pilot:
        await pilot.press("right", "right")
        for text in ("[red]label[/]", "[link=x]", "[i]one[/i]", "[/]", "[bold]about[/bold]"):
            assert text in text_of(app)


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (300, 100)])
async def test_any_size_of_terminal_will_do(size: tuple[int, int], until: Until) -> None:
    app = FormApp(REPORT)
    async with app.run_test(size=size) as pilot:
        await pilot.press("tab", "tab", "ctrl+t", "ctrl+t", "f5")
        await until(pilot, lambda: app.result is not UNDECIDED)


async def test_form_of_200_fields_loads_in_parts(until: Until) -> None:
    schema = {"properties": {f"field_{number}": {"type": "string"} for number in range(200)}, "required": ["field_199"]}
    app = FormApp(schema)
    async with app.run_test() as pilot:
        await pilot.press("x", "enter")
        await until(pilot, app.problems)
        assert app.problems() == ["A value is required."]
        await until(pilot, lambda: app.form.focused is [*app.form.query(TextEditor)][-1])
        await pilot.press("z", "enter")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"field_0": "x", "field_199": "z"}


async def test_description_is_shown_while_its_field_has_the_focus(until: Until, text_of: Callable[[Any], str]) -> None:
    fields = {name: {"type": "string", "description": f"About {name}."} for name in ("first", "second")}
    app = FormApp({"type": "object", "properties": fields})
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "About first." in text_of(app) and "About second." not in text_of(app))
        await pilot.press("tab")
        await until(pilot, lambda: "About second." in text_of(app) and "About first." not in text_of(app))
