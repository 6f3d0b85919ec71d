"""A text area for code, in the colors of the app's theme."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

from rich.style import Style
from textual.app import App
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.document._document import Document, DocumentBase, EditResult
from textual.document._edit import Edit
from textual.document._syntax_aware_document import SyntaxAwareDocument
from textual.theme import Theme
from textual.widgets import TextArea
from textual.widgets.text_area import Selection, TextAreaTheme

from wftui.model.run.search import finder
from wftui.runtime.patterns.searching import first_match, piece_of
from wftui.tui.background import in_background
from wftui.tui.terminal.pasted_text import unified
from wftui.tui.widgets.long_text import LongTextArea
from wftui.tui.widgets.source.code_lines import Captured, LineHighlights
from wftui.workbench.past_runs.search_service import check_search

HIGHLIGHT_UP_TO = 100_000
"""Maximum length of highlighted code, in characters; parsing longer code is slow."""

_SCREEN_KEYS = frozenset({"f6", "f7"})
"""Keys of a TextArea that mean something else on the screens and in forms."""


class CodeArea(LongTextArea, inherit_bindings=False):
    """A text area with line numbers, theme colors and a steady cursor."""

    DEFAULT_CSS = """
    CodeArea {
        border: none;
        padding: 0;
        background: $background;
        & .text-area--gutter { color: $foreground-muted; }
        & .text-area--cursor-gutter { color: $foreground-muted; background: $surface; text-style: none; }
        & .text-area--cursor-line { background: $surface; }
        &.-read-only .text-area--cursor { background: $panel; color: $foreground; }
    }
    """

    WRAPPED_UP_TO: ClassVar[int] = -1

    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in TextArea.BINDINGS if not isinstance(binding, Binding) or binding.key not in _SCREEN_KEYS
    ]

    def __init__(
        self,
        language: str,
        *,
        id: str | None = None,
        classes: str | None = None,
        read_only: bool = False,
    ) -> None:
        super().__init__(
            id=id,
            classes=classes,
            read_only=read_only,
            show_line_numbers=True,
            soft_wrap=False,
            tab_behavior="focus" if read_only else "indent",
            max_checkpoints=1000,
        )
        self._wanted_language = language
        self.cursor_blink = False
        self.indent_width = 4 if language == "python" else 2

    def _build_highlight_map(self) -> None:
        self._line_cache.clear()
        self._highlights = LineHighlights(self._captured) if self._highlight_query else {}

    def _captured(self, first: int, last: int) -> Captured:
        query = self._highlight_query
        if query is None:
            return {}
        found = self.document.query_syntax_tree(query, (first, 0), (last, 0))
        return {name: [(node.start_point, node.end_point) for node in nodes] for name, nodes in found.items()}

    def on_mount(self) -> None:
        """Apply the app's theme and follow it."""
        self._take_colors(self.app.current_theme)
        self.app.theme_changed_signal.subscribe(self, self._take_colors)

    def on_unmount(self) -> None:
        """Free the text, and unsubscribe: the app's signal would keep this widget."""
        self.app.theme_changed_signal.unsubscribe(self)
        _release(self.document)

    def _set_document(self, text: str, language: str | None) -> None:
        before = getattr(self, "document", None)
        super()._set_document(text, language)
        self._length = len(self.document.text)
        if before is not None:
            _release(before)

    def _take_colors(self, _theme: Theme) -> None:
        theme = TextAreaTheme("wftui", syntax_styles=_syntax_styles(self.app))
        self.register_theme(theme)
        self.theme = theme.name
        self.notify_style_update()
        self.refresh()

    def show(self, text: str) -> None:
        """Replace the text and reset the undo history."""
        self._highlight(len(text), at_most=True)
        self.load_text(text)
        self._highlight(len(text))

    def edit(self, edit: Edit) -> EditResult:
        """Perform an edit; long code is not highlighted."""
        with self._resized(self._growth(edit)):
            return super().edit(edit)

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        with self._resized(-sum(map(self._growth, edits))):
            super()._undo_batch(edits)

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        with self._resized(sum(map(self._growth, edits))):
            super()._redo_batch(edits)

    @contextmanager
    def _resized(self, growth: int) -> Iterator[None]:
        """Stop highlighting before code becomes long, resume when it is short."""
        length = self._length + growth
        self._highlight(length, at_most=True)
        yield
        self._length = length
        self._highlight(length)

    def _growth(self, edit: Edit) -> int:
        """Return by how many characters an edit changes the length, made or not."""
        made = edit._edit_result
        replaced = made.replaced_text if made is not None else self.document.get_text_range(edit.top, edit.bottom)
        inserted = unified(edit.text)
        longer = len(self.document.newline) - 1
        return len(inserted) + (longer * inserted.count("\n") if longer else 0) - len(replaced)

    def _highlight(self, length: int, *, at_most: bool = False) -> None:
        """Highlight code of this length unless it is too long.

        Args:
            length: characters of the code.
            at_most: only stop highlighting: code that becomes short again is still long.
        """
        language = self._wanted_language if length <= HIGHLIGHT_UP_TO else None
        if self.language != language and not (at_most and language is not None):
            selection = self.selection
            self.language = language  # which moves the cursor to the start
            self.selection = selection

    def find(self, text: str) -> bool:
        """Select the next match after the cursor, wrapping around.

        A search that would hold up keys, as of some patterns in long texts, continues in a thread, and tells its end.

        Returns:
            False if there is no match.

        Raises:
            UserError: it is an invalid regular expression.
        """
        check_search(text)
        pattern, whole = finder(text), self.text
        if len(whole) > piece_of(pattern):
            in_background(self, partial(self._find_in_thread, pattern, text), group="find", exclusive=True)
            return True
        return self._select(_next_match(pattern, whole, self._cursor_index))

    async def _find_in_thread(self, pattern: re.Pattern[str], text: str) -> None:
        whole: str | None = None
        while whole != self.text:  # it is searched again if it was edited meanwhile
            whole = self.text
            found = await asyncio.to_thread(_next_match, pattern, whole, self._cursor_index)
        if not self._select(found):
            self.notify(f"{text} was not found.", markup=False)

    @property
    def _indexed(self) -> Document:
        document = self.document
        assert isinstance(document, Document)  # the document type of every TextArea
        return document

    @property
    def _cursor_index(self) -> int:
        return self._indexed.get_index_from_location(max(self.selection))

    def _select(self, found: re.Match[str] | None) -> bool:
        if found is None:
            return False
        begin, end = (self._indexed.get_location_from_index(index) for index in found.span())
        self.selection = Selection(begin, end)
        self.scroll_cursor_visible(center=not self.in_view(begin[0]))
        return True

    def in_view(self, row: int) -> bool:
        """Return whether a row, counted from 0, is visible."""
        return self.scroll_offset.y <= row < self.scroll_offset.y + self.scrollable_content_region.height


def _next_match(pattern: re.Pattern[str], text: str, start: int) -> re.Match[str] | None:
    return first_match(pattern, text, start) or first_match(pattern, text)


def _release(document: DocumentBase) -> None:
    """Free the syntax tree of a document that is no longer shown.

    The tree holds the method that reads the document, which holds the tree: a cycle that the collector does not see.
    """
    if isinstance(document, SyntaxAwareDocument):
        document._syntax_tree = document._parser.parse(b"")


def _syntax_styles(app: App[object]) -> dict[str, Style]:
    if app.native_ansi_color:
        bold, italic, plain = Style(bold=True), Style(italic=True), Style()
        label = text = number = word = comment = mark = function = plain
        label, word, comment, function = bold, bold, italic, plain
    else:
        colors = app.theme_variables

        def color(name: str) -> Style:
            return Style(color=Color.parse(colors[name]).rich_color)

        label, text, number, word = color("primary"), color("success"), color("accent"), color("warning")
        comment, mark = color("secondary") + Style(italic=True), color("secondary")
        function = color("primary")
    return {
        "json.label": label,
        "json.null": word,
        "json.error": Style(underline=True),
        "string": text,
        "string.escape": number,
        "string.documentation": comment,
        "escape": number,
        "number": number,
        "float": number,
        "boolean": word,
        "comment": comment,
        "keyword": word,
        "keyword.function": word,
        "keyword.return": word,
        "keyword.operator": word,
        "keyword.import": word,
        "conditional": word,
        "repeat": word,
        "exception": word,
        "include": word,
        "operator": mark,
        "constant": number,
        "constant.builtin": word,
        "type": function,
        "type.builtin": function,
        "type.class": function,
        "class": function,
        "constructor": function,
        "function": function,
        "function.call": function,
        "function.builtin": function,
        "method": function,
        "method.call": function,
        "decorator": number,
        "punctuation.bracket": mark,
        "punctuation.delimiter": mark,
    }
