"""Long texts in text areas: shown unwrapped, kept hidden, or refused with advice."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import ComposeResult
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from tui.notices import notices
from wftui.model.forms.building import form_of
from wftui.model.forms.state import build_form
from wftui.tui.screens.dialogs.paste import PasteScreen
from wftui.tui.terminal.pasted_text import PasteApp
from wftui.tui.widgets.long_text import LongTextArea
from wftui.tui.widgets.schema_form.editors.large_value_editor import LargeValueEditor
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.source.code_area import HIGHLIGHT_UP_TO
from wftui.tui.widgets.source.json_editor import JsonEditor
from wftui.tui.widgets.source.source_view import SourceView

Until = Callable[..., Awaitable[None]]
LONG = "\n".join(f"{number} of many lines" for number in range(60_000))
SCHEMA = {"properties": {"note": {"type": "string", "format": "markdown"}}, "required": ["note"]}


class Areas(PasteApp[None]):
    """A field of several lines, and editors of inputs and of a source."""

    def compose(self) -> ComposeResult:
        self.state = build_form(form_of(SCHEMA))
        yield SchemaForm(self.state)
        yield JsonEditor()
        yield SourceView()


async def paste(pilot: Pilot[Any], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


async def test_a_long_text_in_a_field_is_kept_without_being_shown(until: Until) -> None:
    app = Areas()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.query("MultilineEditor"))
        area = app.query_one("MultilineEditor", TextArea)
        area.focus()
        await pilot.press("a", "b", "left")
        await paste(pilot, f"{LONG}\n")
        await until(pilot, lambda: app.query(LargeValueEditor))
        assert app.state.collect() == {"note": f"a{LONG}b"}
        await until(pilot, lambda: isinstance(app.focused, LargeValueEditor))
        await pilot.press("delete")
        await until(pilot, lambda: app.query("MultilineEditor"))


async def test_a_text_of_some_length_is_shown_without_wrapping(until: Until) -> None:
    app = Areas()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.query("MultilineEditor"))
        area = app.query_one("MultilineEditor", LongTextArea)
        area.focus()
        await paste(pilot, "short " * 40)
        assert area.soft_wrap
        await paste(pilot, "long " * 8_000)
        await until(pilot, lambda: len(area.text) == 40_240)
        assert not area.soft_wrap


async def test_inputs_as_json_name_the_way_for_long_ones(until: Until) -> None:
    app = Areas()
    async with app.run_test(notifications=True) as pilot:
        editor = app.query_one(JsonEditor)
        editor.focus()
        await paste(pilot, LONG)
        await until(pilot, lambda: any("--input @FILE" in each for each in notices(app)))
        assert editor.text == ""
        await paste(pilot, '{"a": 1}')
        await until(pilot, lambda: editor.text == '{"a": 1}')


async def test_a_command_names_the_way_for_long_data(until: Until) -> None:
    app = Areas()
    async with app.run_test(notifications=True) as pilot:
        app.push_screen(PasteScreen("Command", "A hint."))
        await until(pilot, lambda: isinstance(app.focused, LongTextArea) and isinstance(app.screen, PasteScreen))
        await paste(pilot, f"curl https://example.org -d '{LONG}'")
        await until(pilot, lambda: any("without its data" in each for each in notices(app)))
        assert app.screen.query_one(LongTextArea).text == ""


async def test_a_source_takes_any_length(until: Until) -> None:
    app = Areas()
    async with app.run_test() as pilot:
        source = app.query_one(SourceView)
        source.focus()
        await paste(pilot, LONG)
        await until(pilot, lambda: source.text == LONG)
        assert source.language is None, "not highlighted"
        await pilot.press("ctrl+z")
        await until(pilot, lambda: source.text == "")


async def test_code_is_highlighted_again_when_it_is_short(until: Until) -> None:
    app = Areas()
    async with app.run_test() as pilot:
        source = app.query_one(SourceView)
        source.show('{\n  "id": "flow"\n}\n')
        source.focus()
        source.move_cursor((1, 2))
        await paste(pilot, LONG)
        await until(pilot, lambda: len(source.text) > len(LONG))
        await until(pilot, lambda: source.language is None)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: source.language == "json")
        assert source.cursor_location == (1, 2)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: source.language is None)
        source.select_all()
        await pilot.press("delete")
        await until(pilot, lambda: source.text == "" and source.language == "json")
        source.change_to(LONG)
        await until(pilot, lambda: source.language is None)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
async def test_highlighting_follows_the_length_with_each_kind_of_line_end(until: Until, line_end: str) -> None:
    app = Areas()
    async with app.run_test() as pilot:
        source = app.query_one(SourceView)
        source.show(f"[{line_end}]")
        source.insert("1\r\n2\n3\r", (1, 0))
        source.insert(" " * (HIGHLIGHT_UP_TO - len(source.text)), (1, 0))
        await until(pilot, lambda: len(source.text) == HIGHLIGHT_UP_TO and source.language == "json")
        source.history.checkpoint()
        source.insert("\n", (1, 0))
        await until(pilot, lambda: source.language is None)
        source.undo()
        await until(pilot, lambda: len(source.text) == HIGHLIGHT_UP_TO and source.language == "json")
        source.redo()
        await until(pilot, lambda: source.language is None)


async def test_long_code_replaces_what_is_selected(until: Until) -> None:
    app = Areas()
    async with app.run_test() as pilot:
        source = app.query_one(SourceView)
        source.show("first\nsecond\nthird")
        source.focus()
        source.selection = Selection((1, 0), (1, 6))
        await paste(pilot, LONG)
        await until(pilot, lambda: source.text == f"first\n{LONG}\nthird")
        assert source.cursor_location == (60_000, len(LONG.splitlines()[-1]))


@pytest.mark.parametrize("kind", ["MultilineEditor", "JsonEditor", "SourceView"])
async def test_many_pasted_lines_are_undone_and_redone(kind: str, until: Until) -> None:
    lines = "\n".join(map(str, range(100)))
    app = Areas()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.query(kind))
        area = app.query_one(kind, TextArea)
        area.focus()
        await paste(pilot, lines)
        await until(pilot, lambda: area.text == lines)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: area.text == "")
        await pilot.press("ctrl+y")
        await until(pilot, lambda: area.text == lines)


@pytest.mark.parametrize("soft_wrap", [True, False])
async def test_lines_are_wrapped_as_by_textual(soft_wrap: bool, until: Until) -> None:
    lines = st.lists(st.text("ab\t \u5b57\u0301", max_size=60), max_size=120).map("\n".join)
    app = Areas()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.query("MultilineEditor"))
        area = app.query_one("MultilineEditor", LongTextArea)

        @given(lines, lines)
        @settings(max_examples=40, deadline=None)
        def edited(before: str, pasted: str) -> None:
            area.load_text(before)
            area.soft_wrap = soft_wrap
            area.replace(pasted, (0, 0), area.document.end if len(pasted) % 2 else (0, 0))
            ours, theirs = area.wrapped_document, WrappedDocument(area.document, tab_width=area.indent_width)
            theirs.wrap(area.wrap_width, area.indent_width)
            assert ours.height == theirs.height
            for row in range(area.document.line_count):
                assert ours.get_offsets(row) == theirs.get_offsets(row)
                assert ours.get_tab_widths(row) == theirs.get_tab_widths(row)
                assert ours.get_sections(row) == theirs.get_sections(row)
                for column in range(len(area.document.get_line(row)) + 1):
                    offset = theirs.location_to_offset((row, column))
                    assert ours.location_to_offset((row, column)) == offset
                    assert ours.offset_to_location(offset) == theirs.offset_to_location(offset)
            for beyond in (Offset(-1, -1), Offset(200, area.document.line_count)):
                assert ours.offset_to_location(beyond) == theirs.offset_to_location(beyond)

        run: Any = edited
        run()
