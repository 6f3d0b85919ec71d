"""The form of a step, built from the schema of its type; fields take expressions."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from wftui.model.base import Json
from wftui.model.forms.addresses import in_form_order, pointer_of, text_problems
from wftui.model.forms.groups import Group
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.ways import bind
from wftui.model.json.equality import is_same
from wftui.model.schema.json_schema import MISSING
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.form_screen import FormScreen
from wftui.tui.screens.editor.field_helper import FieldHelper, is_bare
from wftui.tui.widgets.schema_form.editors.multiline_editor import MultilineEditor
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.layout.node_view import NodeView
from wftui.tui.widgets.schema_form.messages import Edited, FocusMoved

if TYPE_CHECKING:
    from wftui.compiler.editing.reach import Reach
    from wftui.tui.editing.draft_keeper import DraftKeeper
    from wftui.tui.screens.editor.binding_help import ExpressionHelp


class StepForm(FormScreen):
    """Returns the edited step, or None after Escape.

    Args:
        heading: title of the form.
        about: description of the step type.
        state: the form with the step from the source.
        expressions: names, values and problems for the expressions in it.
        drafts: keeps what is typed until the form is answered.
    """

    DEFAULT_CSS = """
    StepForm {
        .dialog { max-width: 110; height: 100%; max-height: 44; }
        SchemaForm { height: 1fr; }
        .about { max-height: 3; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("step_form.take", "Apply", "Write the changes to the source.", ("enter", "f2"), "Step"),
        Action("step_form.insert", "Insert name", "Insert a name, a function or a filter.", ("ctrl+l",), "Step"),
        Action("step_form.leave", "Cancel", "Close without changing the step.", ("escape",), "Step"),
        Action("step_form.help", "Keys", "Show the keys of this form.", ("f1",), "Step"),
    )

    def __init__(
        self,
        heading: str,
        about: str,
        state: FormNode,
        expressions: "ExpressionHelp | None" = None,
        drafts: "DraftKeeper | None" = None,
    ) -> None:
        super().__init__(heading, state)
        self._drafts = drafts
        self._untouched = state.collect()
        self._about = about
        self._expressions = expressions
        self._helper = FieldHelper(self, state, expressions) if expressions is not None else None

    def compose_form(self) -> ComposeResult:
        """Yield the description of the type, and the fields."""
        yield Static(self._about, classes="about", markup=False)
        yield from super().compose_form()

    async def on_mount(self) -> None:
        """Focus the first field to fill in, else the first one below the headings."""
        if self._drafts is not None:
            self._drafts.form = self._unsaved
        first = _first_to_fill(self._state) or self._state
        while isinstance(first, Group) and first.nodes:
            first = first.nodes[0]
        self.call_after_refresh(self.query_one(SchemaForm).focus_on, pointer_of(first))

    @on(FocusMoved)
    def _field_entered(self) -> None:
        if self._helper is not None:
            self._helper.field_entered()

    @on(Edited)
    def _field_edited(self) -> None:
        if self._helper is not None:
            self._helper.text_changed()
        if self._drafts is not None:
            self._drafts.text_changed()

    def _unsaved(self) -> Callable[[], str] | None:
        values = self._state.collect()
        if self._expressions is None or not isinstance(values, dict) or is_same(values, self._untouched):
            return None
        return partial(self._expressions.source_with, values)

    def action_insert(self) -> None:
        """Insert a name, a function or a filter at the cursor, or as the value of a field."""
        in_background(self, self._insert, group="ask")

    async def _insert(self) -> None:
        around = self.focused.ancestors if self.focused is not None else []
        view = next((part for part in around if isinstance(part, NodeView)), None)
        if self._expressions is None or view is None:
            self.notify("Insert name: put the cursor into a field.", severity="warning")
            return
        node = view.node
        if not self._expressions.is_read_at(node):
            name = node.field.label or "this field"
            self.notify(f"Insert name: {name} takes no expression.", severity="warning", markup=False)
            return
        values = self._state.collect()
        reach = await self._expressions.pick(values) if isinstance(values, dict) else None
        if reach is None:
            return
        if isinstance(self.focused, TextEditor | MultilineEditor):
            _insert_text(self.focused, reach)
        else:
            await self._bind(node, reach)

    async def _bind(self, node: FormNode, reach: "Reach") -> None:
        """Give a field without text an expression in place of its value."""
        from wftui.compiler.editing.reach import with_reach

        bare = is_bare(node)
        made, cursor = with_reach("", 0, reach, bare=bare)
        bound = bind(node, made, bare=bare) if made and not _is_big(node) else None
        if bound is None:
            name = node.field.label or "the value"
            or_press = with_keys(self.app, "or press {field.ways}")
            self.notify(f"Insert name: clear {name} first, {or_press}.", severity="warning", markup=False)
            return
        await self.query_one(SchemaForm).replace(*bound)
        if isinstance(self.focused, MultilineEditor):
            self.focused.move_cursor((0, cursor))

    async def problems(self, values: Json) -> Mapping[str, str]:
        """Return the fields without a valid JSON value; the compiler checks the rest."""
        found = {pointer_of(leaf): sentence for leaf, sentence in text_problems(self._state)}
        return {pointer: found[pointer] for pointer in in_form_order(self._state, found)}


def _first_to_fill(state: FormNode) -> FormNode | None:
    """Return the first empty required field of the first part or a given one."""
    parts = [each for each in state.nodes if isinstance(each, Group)] if isinstance(state, Group) else []
    for part in parts:
        for node in part.nodes if part.given or part is state.nodes[0] else ():
            if node.field.required and not isinstance(node, Group) and node.collect() is MISSING:
                return node
    return None


def _is_big(node: FormNode) -> bool:
    return isinstance(node, Leaf) and node.is_big


def _insert_text(editor: TextEditor | MultilineEditor, reach: "Reach") -> None:
    """Insert a name, a function or a filter at the cursor of a text."""
    from wftui.compiler.editing.reach import with_reach

    bare = is_bare(editor.leaf)
    if isinstance(editor, TextEditor):
        if editor.value == '""':  # an empty text in a field for any JSON
            editor.value = ""
        at = editor.cursor_position
        made, cursor = with_reach(editor.value, at, reach, bare=bare)
        editor.insert(made, at)
        editor.cursor_position = at + cursor
    else:
        row, column = editor.cursor_location
        before = editor.get_text_range((0, 0), (row, column))
        made, cursor = with_reach(before, len(before), reach, bare=bare)
        editor.insert(made)
        editor.move_cursor((row, column + cursor))
