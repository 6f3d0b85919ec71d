"""Pasted text arrives as intended: line ends, secrets, single-line fields."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from helpers import PATIENCE
from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from wftui.model.forms.building import form_of
from wftui.model.forms.state import build_form
from wftui.model.json.equality import is_same
from wftui.tui.terminal.pasted_text import PasteApp, unified
from wftui.tui.widgets.schema_form.form import SchemaForm

Until = Callable[..., Awaitable[None]]


class Pasted(PasteApp[None]):
    """A line, an area, and a form with a secret and a list."""

    NOTIFICATION_TIMEOUT = PATIENCE  # they are looked at after steps that a busy machine needs seconds for

    def compose(self) -> ComposeResult:
        yield Input(id="line")
        yield TextArea(id="area")
        schema = {
            "properties": {
                "token": {"type": "string", "writeOnly": True},
                "names": {"type": "array", "items": {"type": "string"}},
                "text": {"type": "string"},
                "count": {"type": "integer"},
                "keys": {"type": "array", "items": {"type": "string", "format": "password"}},
                "note": {"type": "string", "format": "markdown"},
                "size": {"enum": ["1", 1, True, "big"]},
                "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["names", "keys", "headers"],
        }
        self.state = build_form(form_of(schema))
        yield SchemaForm(self.state)


async def form_is_there(pilot: Pilot[Any], until: Until) -> None:
    await until(pilot, lambda: len(pilot.app.query("SchemaForm TextEditor")) == 7)


async def paste(pilot: Pilot[Any], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_line_ends_are_unified_once(end: str, until: Until) -> None:
    app = Pasted()
    async with app.run_test() as pilot:
        await form_is_there(pilot, until)
        app.query_one(TextArea).focus()
        await paste(pilot, f"a{end}{end}b{end}")
        await until(pilot, lambda: app.query_one(TextArea).text == "a\n\nb\n")
        token, names, *_ = app.query("SchemaForm TextEditor")
        token.focus()
        await paste(pilot, f"hunter2{end}")
        await until(pilot, lambda: app.state.collect() == {"token": "hunter2"})
        names.focus()
        await paste(pilot, f"a{end}b{end}")
        await until(pilot, lambda: app.state.collect() == {"token": "hunter2", "names": ["a", "b"]})


async def test_field_for_one_line_says_what_it_drops(until: Until) -> None:
    app = Pasted()
    async with app.run_test() as pilot:
        await form_is_there(pilot, until)
        app.query_one("#line").focus()
        await paste(pilot, "one\r")
        await until(pilot, lambda: app.query_one("#line", Input).value == "one")
        assert not app._notifications
        await paste(pilot, "\r\ntwo\u2028three\r")
        await until(pilot, lambda: app.query_one("#line", Input).value == "onetwo")
        assert [each.message for each in app._notifications] == ["Pasted the first of 2 lines: this field takes one."]
        list(app.query("SchemaForm TextEditor"))[3].focus()
        await paste(pilot, "1\r\n2\r\n3")
        await until(pilot, lambda: app.state.collect() == {"count": 1})
        assert [each.message for each in app._notifications][1:] == [
            "Pasted the first of 3 lines: this field takes one."
        ]


async def test_what_was_copied_here_is_pasted_like_any_other_text(until: Until) -> None:
    app = Pasted()
    async with app.run_test(size=(80, 40)) as pilot:
        await form_is_there(pilot, until)
        line = app.query_one("#line", Input)
        line.focus()
        app.copy_to_clipboard("one\ntwo\x01")
        await pilot.press("ctrl+v", "x")
        await until(pilot, lambda: line.value == "onex")
        assert [each.message for each in app._notifications] == ["Pasted the first of 2 lines: this field takes one."]
        app.query("SchemaForm TextEditor")[1].focus()
        app.copy_to_clipboard("a\r\nb\ud800\n")
        await pilot.press("ctrl+v")
        await until(pilot, lambda: app.state.collect() == {"names": ["a", "b\ufffd"]})
        area = app.query_one("#area", TextArea)
        area.focus()
        await pilot.press("ctrl+v")
        await until(pilot, lambda: area.text == "a\nb\ufffd\n")


async def test_field_for_one_line_takes_no_control_characters(until: Until) -> None:
    app = Pasted()
    async with app.run_test() as pilot:
        await form_is_there(pilot, until)
        line = app.query_one("#line", Input)
        line.focus()
        await paste(pilot, "a\x1b[31mb\x00\tc\xa0\x9b")
        await until(pilot, lambda: line.value == "a[31mb\tc\xa0")
        assert [each.message for each in app._notifications] == ["Pasted without control characters (3)."]
        await paste(pilot, "\x1b\x9b")
        nothing = "Nothing was pasted: the text has only control characters."
        await until(pilot, lambda: nothing in [each.message for each in app._notifications])
        assert line.value == "a[31mb\tc\xa0"
        line.value, line.password = "", True
        await paste(pilot, "s3cret\x01")
        await until(pilot, lambda: line.value == "s3cret\x01")
        app.query("SchemaForm TextEditor")[2].focus()
        await paste(pilot, "a\x01b")
        await until(pilot, lambda: (app.state.collect() or {}).get("text") == "a\x01b")
        assert len(app._notifications) == 2


async def test_field_for_one_line_refuses_a_text_that_makes_it_slow(until: Until) -> None:
    app = Pasted()
    async with app.run_test() as pilot:
        await form_is_there(pilot, until)
        line = app.query_one("#line", Input)
        line.focus()
        await paste(pilot, "y" * 19_000)
        await until(pilot, lambda: len(line.value) == 19_000)
        await paste(pilot, "z" * 5_000_000)
        reason = "this field would have 5,019,000 characters, and takes 20,000."
        await until(pilot, lambda: [each.message for each in app._notifications] == [f"Nothing was pasted: {reason}"])
        await paste(pilot, "x")
        await until(pilot, lambda: len(line.value) == 19_001)
        line.action_select_all()
        await paste(pilot, "w" * 18_000)
        await until(pilot, lambda: line.value == "w" * 18_000)


async def test_lines_go_where_several_values_go(until: Until) -> None:
    app = Pasted()
    async with app.run_test(size=(80, 40)) as pilot:
        await form_is_there(pilot, until)
        _token, _names, text, _count, keys, name, _value = app.query("SchemaForm TextEditor")
        for field, pasted, path, value in [
            (keys, "k1\r\nk2\r\n", "keys", ["k1", "k2"]),
            (name, "a: 1\rb=2\r", "headers", {"a": "1", "b": "2"}),
            (app.query("SchemaForm MultilineEditor").first(), "x\r\ny\r\n", "note", "x\ny"),
            (text, "first", "text", "first"),
            (text, "\rsecond\rthird\r", "text", "first\nsecond\nthird"),
            (app.query("SchemaForm ChoiceEditor").first(), "1\r", "size", 1),
        ]:
            field.focus()
            await paste(pilot, pasted)
            await until(pilot, lambda path=path, value=value: is_same((app.state.collect() or {}).get(path), value))
        app.query("SchemaForm ChoiceEditor").first().focus()
        await paste(pilot, "huge")
        await until(pilot, lambda: "huge is none of the choices." in [each.message for each in app._notifications])


def test_a_unified_text_stays_as_it_is() -> None:
    assert unified(unified("a\r\r\nb\n\r")) == unified("a\r\r\nb\n\r") == "a\n\nb\n\n"
