"""The names that an expression of a step can read, from the source alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wftui.compiler.editing.cut_text import CutList, CutObject
from wftui.compiler.editing.names import texts_of
from wftui.compiler.editing.placed_steps import PlacedStep, needs_or_order, steps_in
from wftui.model.base import Json
from wftui.model.schema.facets import literal
from wftui.model.schema.json_schema import as_list, as_object
from wftui.runtime.filters import FILTERS
from wftui.runtime.functions import FUNCTIONS

_DEPTH = 3
"""Levels of an output that are listed."""
_MEMBERS = 40
"""Members of one object that are listed."""
_SHOWN = 60
_FILTER_WORDS = {
    "select": "filter where keep",
    "selectattr": "filter where keep",
    "reject": "filter exclude drop",
    "rejectattr": "filter exclude drop",
    "map": "pluck property each",
    "unique": "distinct duplicates",
    "length": "count size",
    "sort": "order by",
    "groupby": "group by",
    "tojson": "stringify serialize",
    "fromjson": "parse",
    "strftime": "format date time",
    "replace": "substitute",
    "trim": "strip",
    "default": "fallback missing coalesce",
}
"""Other words by which filters are found."""
_RUN = {
    "id": "id of the run",
    "startedAt": "time of its start",
    "attempt": "number of starts, resumes included",
    "workflowId": "id of the workflow",
}
_RUN_END = {"status": "completed, failed or cancelled", "error": "error of the run, or null"}
"""Names that only steps of `finally` can read."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Something that an expression can contain.

    Attributes:
        text: what is inserted.
        about: its type, its value in the last run, or its documentation.
        is_filter: it follows a value: `| upper`.
        other_words: by which it is found as well.
    """

    text: str
    about: str
    is_filter: bool = False
    other_words: str = ""


def reach_of(
    workflow: Json, pointer: str | None, schemas: Mapping[str, Json], outputs: Mapping[str, Json]
) -> list[Reach]:
    """Return what an expression of a step can contain: the nearest names first.

    Args:
        pointer: of the step; None for the outputs of the workflow, and for a step that is not placed yet.
        schemas: of outputs, by step type.
        outputs: of the last run, by path of the step.
    """
    whole = as_object(workflow)
    placed = steps_in(workflow)
    here = next((each for each in placed if each.pointer == pointer), None)
    found: list[Reach] = []
    for step in [here, *here.ancestors] if here else []:
        found += _variables(step)
        if step.is_handler:
            found.append(
                Reach("error", f"error of {step.owner.id if step.owner else ''}: its type, message and details")
            )
    for name, schema in as_object(as_object(whole.get("inputSchema")).get("properties")).items():
        found.append(Reach(_member("inputs", name), _about_schema(schema)))
    for step in _upstream(placed, here):
        schema = _schema_of(step, schemas)
        found += _members(f"steps.{step.id}.output", schema, outputs.get(step.path, _UNKNOWN), _DEPTH)
        found.append(Reach(f"steps.{step.id}.status", "completed, failed or skipped"))
    for key in ("vars", "env"):
        names: Iterable[Json] = as_list(whole.get(key)) or as_object(whole.get(key))
        found += [Reach(_member(key, str(name)), "") for name in names]
    is_final = pointer is not None and pointer.startswith("/finally/")
    found += [Reach(f"run.{name}", about) for name, about in {**_RUN, **(_RUN_END if is_final else {})}.items()]
    for name, declared in FUNCTIONS.items():
        if declared.name == name:
            found.append(Reach(f"{name}()", _sentence(declared.description)))
    for name, declared in FILTERS.items():
        if declared.name == name:
            text = f"| {name}()" if declared.needs_arguments else f"| {name}"
            about = f"{_sentence(declared.description)}: {declared.examples[0][0]}"
            found.append(Reach(text, about, is_filter=True, other_words=_FILTER_WORDS.get(name, "")))
    return found


def paths_in_reach(workflow: Json, pointer: str | None) -> list[str]:
    """Return the paths of the steps that a step can read, the nearest first."""
    placed = steps_in(workflow)
    return [each.path for each in _upstream(placed, next((at for at in placed if at.pointer == pointer), None))]


_UNKNOWN = object()


def _schema_of(step: PlacedStep, schemas: Mapping[str, Json]) -> Json:
    own, word = step.step.get("outputSchema"), str(step.step.get("type"))
    if isinstance(own, Mapping):
        return own
    if word == "set":  # its input becomes the output
        return {"type": "object", "properties": {key: {} for key in as_object(step.step.get("input"))}}
    return schemas.get(word, {})


def _variables(step: PlacedStep) -> list[Reach]:
    """Return the names that an iteration adds."""
    each = step.step.get("forEach")
    found = []
    if isinstance(each, Mapping):
        found.append(Reach(str(each.get("as", "item")), f"item of the forEach of {step.id}"))
    if isinstance(each, Mapping) or step.step.get("type") == "loop":
        found.append(Reach("index", f"number of the iteration of {step.id}, from 0"))
        found.append(Reach("previous", f"output of the iteration of {step.id} before; null in the first"))
    return found


def _upstream(placed: list[PlacedStep], here: PlacedStep | None) -> list[PlacedStep]:
    """Return the steps that can be read: none around a step, none that wait for it."""
    if here is None:
        return [each for each in placed if each.owner is None and each.id]
    around = [here, *here.ancestors]
    found: list[PlacedStep] = []
    for level in around:
        mates = [each for each in placed if each.siblings is level.siblings and each.id]
        waiting = {level.id}
        for _round in mates:  # each round adds those that wait for one found before
            more = {each.id for each in mates if each.id not in waiting and _reads(each) & waiting}
            if not more:
                break
            waiting |= more
        found += [each for each in reversed(mates) if each.id not in waiting]
    return found


def _reads(step: PlacedStep) -> set[str]:
    read = {str(reference.path[0]) for text in texts_of(step.step) for reference, _, _ in text.references("steps")}
    return read | set(needs_or_order(step))


def _members(path: str, schema: Json, value: Json, depth: int) -> list[Reach]:
    """Return a value and its members, by its schema and by what it was."""
    found = [Reach(path, _about(schema, value))]
    if depth == 0:
        return found
    known = as_object(as_object(schema).get("properties"))
    values = value if isinstance(value, Mapping) else {}
    for name in [*dict.fromkeys([*known, *values])][:_MEMBERS]:
        found += _members(_member(path, str(name)), known.get(name, {}), values.get(name, _UNKNOWN), depth - 1)
    if isinstance(value, list) and value:
        found += _members(f"{path}[0]", as_object(schema).get("items", {}), value[0], depth - 1)
    return found


def _member(path: str, name: str) -> str:
    if name.isidentifier():
        return f"{path}.{name}"
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"{path}['{quoted}']"


def _about(schema: Json, value: Json) -> str:
    if value is _UNKNOWN:
        return _about_schema(schema)
    if isinstance(value, Mapping | list):
        more = " or more" if isinstance(value, CutList | CutObject) else ""
        noun = f"{'item' if isinstance(value, list) else 'member'}{'s' * (len(value) != 1)}"
        return f"{len(value)} {noun}{more} in the last run"
    shown = " ".join(literal(value).split())
    return f"{shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''} in the last run"


def _about_schema(schema: Json) -> str:
    contents = as_object(schema)
    kind = contents.get("type")
    words = [str(kind) if isinstance(kind, str) else "", _sentence(str(contents.get("description", "")))]
    return ": ".join(word for word in words if word)


def _sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def with_reach(text: str, at: int, reach: Reach, *, bare: bool) -> tuple[str, int]:
    """Return the text to insert at an offset, and the position of the cursor in it.

    Args:
        bare: the text is an expression without braces.
    """
    before = text[:at]
    inside = bare or before.rfind("{{") > before.rfind("}}")
    if inside:
        space = " " if before and not before[-1].isspace() and reach.is_filter else ""
        made = space + reach.text
    elif reach.is_filter:  # the cursor is where the filtered value goes
        return f"{{{{  {reach.text} }}}}", 3
    else:
        made = f"{{{{ {reach.text} }}}}"
    end = len(made) - (3 if not inside else 0)
    return made, end - (1 if reach.text.endswith("()") else 0)
