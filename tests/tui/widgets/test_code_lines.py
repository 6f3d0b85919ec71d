"""Highlights and heights of a code area: lazy, and equal to Textual's."""

import json
from collections import defaultdict
from collections.abc import Iterable

import pytest
from textual.app import App, ComposeResult
from textual.widgets import TextArea

from wftui.tui.widgets.source.code_area import CodeArea
from wftui.tui.widgets.source.code_lines import Highlight

SOURCES = {
    "json": json.dumps([{"é漢": n, "text": "a\\n" * n, "deep": [[None, True, 1.5]]} for n in range(60)], indent=1),
    "python": "\n".join(
        f'def f{n}(x: int) -> str:\n    """Line\n    of {n}."""\n    return "é" * x  # note' for n in range(60)
    ),
}


class _Code(App[None]):
    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def compose(self) -> ComposeResult:
        yield CodeArea(self.language)


def by_name(found: Iterable[Highlight]) -> dict[str, list[tuple[int, int]]]:
    """The stretches of a line by name, whose order decides the color."""
    named: dict[str, list[tuple[int, int]]] = {}
    for start, end, name in found:
        named.setdefault(name, []).append((start, -1 if end is None else end))
    return {name: sorted(stretches) for name, stretches in named.items()}


@pytest.mark.parametrize("language", SOURCES)
async def test_lines_are_highlighted_as_textual_does(language: str) -> None:
    async with _Code(language).run_test() as pilot:
        code = pilot.app.query_one(CodeArea)
        code.show(SOURCES[language])
        for edit in ("", "x", '"', "\n\n", "漢", "}\n"):
            code.insert(edit, (70, 1))
            lines = range(code.document.line_count)
            shown = [by_name(code._highlights[line]) for line in lines]
            code._highlights = defaultdict(list)
            TextArea._build_highlight_map(code)
            assert shown == [by_name(code._highlights[line]) for line in lines]
            code._build_highlight_map()
            assert code.wrapped_document.height == code.document.line_count
