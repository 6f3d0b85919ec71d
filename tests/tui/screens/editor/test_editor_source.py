from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from wftui.model.workflow.compilation import CompilationError
from wftui.tui.widgets.source.source_view import SourceView

Until = Callable[..., Awaitable[None]]


class Probe(App[None]):
    def compose(self) -> ComposeResult:
        yield SourceView()


async def press(text: str, at: tuple[int, int], *keys: str) -> tuple[str, tuple[int, int]]:
    app = Probe()
    async with app.run_test() as pilot:
        view = app.query_one(SourceView)
        view.show(text)
        view.focus()
        view.move_cursor(at)
        await pilot.press(*keys)
        return view.text, view.cursor_location


async def test_a_new_line_is_as_deep_as_the_one_before() -> None:
    assert await press('  "a": 1,', (0, 9), "enter") == ('  "a": 1,\n  ', (1, 2))


async def test_a_new_line_between_brackets_is_a_level_deeper() -> None:
    assert await press('  "a": {}', (0, 8), "enter") == ('  "a": {\n    \n  }', (1, 4))


async def test_newline_after_a_bracket_indents() -> None:
    assert await press("  [", (0, 3), "enter") == ("  [\n    ", (1, 4))


async def test_tab_indents_with_spaces() -> None:
    assert await press("x", (0, 0), "tab") == ("  x", (0, 2))


async def test_text_unsafe_to_edit_is_read_only() -> None:
    app = Probe()
    async with app.run_test():
        view = app.query_one(SourceView)
        view.show('{"a": "line\u2028separator"}\n')
        assert view.read_only
        view.show("{\r\n}\r\n")
        assert not view.read_only


async def test_jump_goes_to_the_nearest_position() -> None:
    app = Probe()
    async with app.run_test():
        view = app.query_one(SourceView)
        view.show("{\n  1\n}")
        for asked, reached in [((2, 3), (2, 3)), ((99, 1), (3, 1)), ((2, 99), (2, 4)), ((0, 0), (1, 1))]:
            view.jump(*asked)
            assert (view.line, view.column) == reached


async def test_problems_are_underlined_where_they_are() -> None:
    app = Probe()
    async with app.run_test() as pilot:
        view = app.query_one(SourceView)
        view.show('{\n  "id": "Bad"\n}')
        view.mark([CompilationError(code="x", message="m", line=2, column=9, length=5)])
        await pilot.pause()
        marked = [span for span in view.get_line(1).spans if getattr(span.style, "underline", False)]
        assert [(span.start, span.end) for span in marked] == [(8, 13)]
        view.mark([])
        assert view.get_line(1).spans == []


async def test_replacing_the_text_is_one_undo() -> None:
    texts = st.text(alphabet="ab{}\n ", max_size=12)
    app = Probe()
    async with app.run_test():
        view = app.query_one(SourceView)

        @given(texts, texts)
        @settings(max_examples=60, deadline=None)
        def changes(old: str, new: str) -> None:
            view.show(old)
            view.change_to(new)
            assert view.text == new
            view.undo()
            assert view.text == old

        run: Any = changes
        run()


async def test_search_starts_at_the_cursor_and_wraps() -> None:
    app = Probe()
    async with app.run_test():
        view = app.query_one(SourceView)
        view.show('{"Ä": "needle",\n "b": "Needle needle"}')
        places = []
        for _ in range(4):
            assert view.find("needle")
            assert view.selected_text.lower() == "needle"
            places.append(view.selection.start)
        assert places == [(0, 7), (1, 7), (1, 14), (0, 7)]
        assert view.find("Needle")
        assert view.selection.start == (1, 7), "a capital counts"
        assert not view.find("hay")


async def test_a_slow_pattern_is_searched_beside_the_screen(until: Until) -> None:
    app = Probe()
    async with app.run_test() as pilot:
        view = app.query_one(SourceView)
        view.show("\n".join(["x" * 50] * 100 + ["the end"]))
        assert view.find("re:x.*x.*y|the end")
        await until(pilot, lambda: view.selected_text == "the end")
