"""Edit the step at the cursor in a form, and add a step from the palette."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from wftui.compiler.editing.field_problems import edited, inserted
from wftui.compiler.editing.form_values import shown_fields, with_branches, write_fields
from wftui.compiler.editing.placed_steps import Object, in_key_order, unused_id
from wftui.compiler.editing.restructuring import Operation, ids_of
from wftui.compiler.editing.step_edits import rewritten, step_value, workflow_value
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.forms.building import form_of
from wftui.model.forms.nodes import FormNode
from wftui.model.forms.state import rebuild_form
from wftui.model.json.equality import is_same
from wftui.model.listing import StepTypeInfo
from wftui.model.workflow.containers import CONTAINER_TYPES, CONTAINERS
from wftui.model.workflow.field_conditions import choice_of, when_chosen
from wftui.model.workflow.step_schema import step_schema, workflow_schema
from wftui.tui.canvas.drawing.icons import icon
from wftui.tui.screens.editor.binding_help import ExpressionHelp
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.screens.editor.workflow_form import WorkflowForm
from wftui.tui.services import AppServices
from wftui.tui.widgets.picker import Picker

if TYPE_CHECKING:
    from wftui.tui.editing.draft_keeper import DraftKeeper
    from wftui.tui.widgets.source.source_view import SourceView

_MOST_CHILDREN = 30
"""Workflows whose inputs the form of a sub-workflow step shows as fields."""
_CONTAINERS = {each.word: (each.title, each.description) for each in CONTAINERS if each.word in CONTAINER_TYPES}
_FOR_EACH = "forEach"
_ADDED = {each.word: each for each in CONTAINERS if each.word in CONTAINER_TYPES or each.word == _FOR_EACH}
"""Containers that can be added, beside the step types."""
_ABOUT_FOR_EACH = "a group that runs once for each item of a list"


async def edit_step(
    app: AppServices, workflow_id: str, text: str, pointer: str, drafts: "DraftKeeper"
) -> Operation | None:
    """Edit the step at a pointer in a form; return the change, None without one."""
    step = shown_fields(step_value(text, pointer))
    help_ = ExpressionHelp(app, workflow_id, edited(text, pointer))
    changed = await _ask(app, workflow_id, text, step, help_, drafts)
    return None if changed is None or is_same(changed, step) else write_fields(pointer, changed)


async def edit_workflow(app: AppServices, workflow_id: str, source: "SourceView", drafts: "DraftKeeper") -> None:
    """Edit a workflow without its steps in a form; patch only the changes."""
    workflow = workflow_value(source.text)
    root = await asyncio.to_thread(lambda: rebuild_form(form_of(workflow_schema(), bindable=True), workflow))
    help_ = ExpressionHelp(app, workflow_id, edited(source.text, ""), of_step=False)
    about = "Name, inputs, outputs, connections and settings. The steps are in the list."
    form = WorkflowForm(f"Workflow: {workflow.get('id', '')}", about, root, help_, drafts)
    changed = await app.push_screen_wait(form)
    drafts.form_closed()
    if changed is not None and not is_same(changed, workflow):
        source.change_to(rewritten(source.text, write_fields("", changed))[0])


async def ask_for_step(
    app: AppServices,
    workflow_id: str,
    text: str,
    place: Callable[[Sequence[Object]], Operation],
    drafts: "DraftKeeper",
) -> dict[str, Json] | None:
    """Ask for a step type and its input; return the step.

    Args:
        place: returns the operation that puts steps there.
    """
    taken = ids_of(workflow_value(text))
    types = await app.workbench.local.steps.types()
    shown = [
        (f"{kind.ascii_icon if app.ascii else kind.icon} {kind.title}", _first(kind), " ".join(kind.search_words))
        for kind in types
    ]
    for word, each in _ADDED.items():
        about = _ABOUT_FOR_EACH if word == _FOR_EACH else each.description
        sign = icon("group" if word == _FOR_EACH else word, ascii_only=app.ascii)
        shown.append((f"{sign} {each.title}", f"{word}: {about}", " ".join(each.search_words)))
    index = await app.push_screen_wait(Picker("Add a step", shown))
    if index is None:
        return None
    word = [*(kind.type for kind in types), *_ADDED][index]
    is_repeated = word == _FOR_EACH
    step_id = unused_id(taken, "each" if is_repeated else word.rpartition(".")[2].replace("-", "_"))
    inner_id = unused_id([*taken, step_id], f"{step_id}_step")
    step: dict[str, Json] = {"id": step_id, "type": "group" if is_repeated else word, **_holds(word, inner_id)}
    expressions = ExpressionHelp(app, workflow_id, inserted(text, place))
    filled = await _ask(app, workflow_id, text, step, expressions, drafts)
    return None if filled is None else in_key_order(with_branches({}, filled))


async def _ask(
    app: AppServices,
    workflow_id: str,
    text: str,
    step: Mapping[str, Json],
    expressions: ExpressionHelp,
    drafts: "DraftKeeper",
) -> dict[str, Json] | None:
    word = str(step["type"])
    kind = await app.workbench.local.steps.type(word)
    takes = kind is not None and kind.connection_kind is not None

    conditions = await _conditions(app, workflow_id, step)
    others = [each for each in ids_of(workflow_value(text)) if each != step["id"]]

    def form() -> FormNode:
        connections = _connections(text) if takes else []
        own = kind.input_schema if kind else None
        schema = step_schema(word, own, connections, others=others, conditions=conditions)
        return rebuild_form(form_of(schema, bindable=True), dict(step))

    title, about = _CONTAINERS.get(word, (word, "Unknown step type; edit its input in the source."))
    if kind is not None:
        title, about = kind.title, kind.description
    state = await asyncio.to_thread(form)
    answer = await app.push_screen_wait(StepForm(f"{title}: {step['id']}", about, state, expressions, drafts))
    drafts.form_closed()
    return answer


async def _conditions(app: AppServices, workflow_id: str, step: Mapping[str, Json]) -> list[Json]:
    """Return the schemas of fields that depend on a tool or a child workflow."""
    local = app.workbench.local
    if step["type"] != "workflow":
        return await local.steps.field_conditions(app.workbench.settings.tables / workflow_id, step)
    ids = [each for each in await local.workflows.ids() if each != workflow_id]
    given = step.get("input")
    chosen = given.get("workflow") if isinstance(given, dict) else None
    found: list[Json] = [choice_of("workflow", ids)] if ids else []
    for each in sorted(ids, key=lambda name: name != chosen)[:_MOST_CHILDREN]:
        with suppress(UserError):  # one with errors has no inputs yet
            found.append(when_chosen("workflow", each, {"inputs": await local.workflows.input_schema(each)}))
    return found


def _connections(text: str) -> list[str]:
    """Return the names of the connections that a workflow declares."""
    declared = workflow_value(text).get("connections", {})
    return [*declared] if isinstance(declared, dict) else []


def _first(kind: StepTypeInfo) -> str:
    return f"{kind.type}: {kind.description.partition('. ')[0]}"


def _holds(word: str, inner_id: str) -> dict[str, Json]:
    """Return the smallest content that a container may have."""
    inner: list[Json] = [{"id": inner_id, "type": "set", "input": {}}]
    match word:
        case "group":
            return {"steps": inner}
        case "forEach":
            return {"forEach": {}, "steps": inner}
        case "switch":
            return {"cases": [{"when": "true", "steps": inner}]}
        case "race":
            return {"branches": [{"name": "first", "steps": inner}]}
        case "loop":
            return {"steps": inner, "until": "index >= 2", "maxIterations": 10}
    return {}
