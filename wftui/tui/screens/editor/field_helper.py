"""Help while an expression is typed into a form: value, problem, completion."""

from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.suggester import Suggester
from textual.timer import Timer

from wftui.model.forms.addresses import pointer_of
from wftui.model.forms.nodes import FormNode
from wftui.model.json.pointers import pointer_parts
from wftui.tui.background import in_background, once
from wftui.tui.editing.live_check import QUIET
from wftui.tui.widgets.schema_form.editors.multiline_editor import MultilineEditor
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.tui.widgets.schema_form.field_row import FieldRow
from wftui.tui.widgets.schema_form.layout.expression_note import ExpressionNote, NoteText

if TYPE_CHECKING:
    from wftui.compiler.editing.reach import Reach
    from wftui.tui.screens.editor.binding_help import ExpressionHelp


def is_bare(node: FormNode) -> bool:
    """Return whether the text of a field is an expression without braces."""
    from wftui.compiler.editing.names import BARE_KEYS

    return node.field.name in BARE_KEYS and "input" not in pointer_parts(pointer_of(node))[:-1]


class FieldHelper:
    """Shows notes under the focused field of a form, and completes names in it."""

    def __init__(self, screen: Screen[Any], state: FormNode, expressions: "ExpressionHelp") -> None:
        self._screen = screen
        self._state = state
        self._expressions = expressions
        self._note = ExpressionNote()
        self._timer: Timer | None = None

    def field_entered(self) -> None:
        """Show the note under the focused field."""
        in_background(self._screen, self._enter, group="field", exclusive=True)

    def text_changed(self) -> None:
        """Look at the expression after a pause in typing."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = once(self._screen, QUIET, self._look_now)

    def _look_now(self) -> None:
        in_background(self._screen, self._look, group="expression", exclusive=True)

    @property
    def _editor(self) -> TextEditor | MultilineEditor | None:
        editor = self._screen.focused
        if not isinstance(editor, TextEditor | MultilineEditor):
            return None
        is_read = not editor.leaf.field.secret and self._expressions.is_read_at(editor.leaf)
        return editor if is_read else None

    async def _enter(self) -> None:
        if self._note.is_attached:
            await self._note.remove()
        editor = self._editor
        if editor is None:
            return
        row = next((part for part in editor.ancestors if isinstance(part, FieldRow)), None)
        if row is None:
            return
        self._note = ExpressionNote()
        self._note.styles.margin = (0, 0, 0, row.label_width)
        await row.mount(self._note, after=editor)
        values = self._state.collect()
        names = await self._expressions.names(values) if isinstance(values, dict) else []
        complete = Completer(names, bare=is_bare(editor.leaf))
        if isinstance(editor, MultilineEditor):
            editor.complete = complete.rest
        elif editor.suggester is None or isinstance(editor.suggester, Completer):
            editor.suggester = complete
        self._look_now()

    async def _look(self) -> None:
        editor, note = self._editor, self._note
        if editor is None or not note.is_attached:
            return
        leaf = editor.leaf
        bare, text, values = is_bare(leaf), leaf.value, self._state.collect()
        about = None
        if isinstance(text, str) and (bare or "{{" in text) and not leaf.problem and isinstance(values, dict):
            about = await self._expressions.about(values, pointer_of(leaf), text, bare=bare)
        if note is self._note and note.is_attached:
            note.column = _column(editor, about)
            note.about = about
            self._screen.call_after_refresh(note.scroll_visible, animate=False)


def _column(editor: TextEditor | MultilineEditor, about: NoteText | None) -> int | None:
    """Return the column of a problem in the line of an editor."""
    leaf = editor.leaf
    if about is None or about.offset is None or leaf.text != leaf.value:
        return None
    at = about.offset - (editor.scroll_offset.x if isinstance(editor, TextEditor) else 0)
    return at if 0 <= at < editor.content_size.width and len(leaf.text.split("\n")) == 1 else None


class Completer(Suggester):
    """Completes the name that is typed at the end of a field."""

    def __init__(self, names: "list[Reach]", *, bare: bool) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names
        self._bare = bare

    def rest(self, before: str, after: str) -> str:
        """Return what completes the text before the cursor."""
        from wftui.compiler.editing.completion import completion

        return completion(before, after, self._names, bare=self._bare)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the completed text; None without a name to complete."""
        rest = self.rest(value, "")
        return value + rest if rest else None
