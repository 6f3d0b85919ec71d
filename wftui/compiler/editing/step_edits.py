"""Apply an operation on steps to a text, and say which reads it breaks."""

from collections.abc import Sequence
from dataclasses import dataclass

from wftui.compiler.editing.names import Miss, forget, misses
from wftui.compiler.editing.placed_steps import Object, PlacedStep, steps_in
from wftui.compiler.editing.restructuring import Operation
from wftui.compiler.editing.step_marks import StepMark, step_marks
from wftui.compiler.source.parsing import parse
from wftui.compiler.source.patching import PatchError
from wftui.compiler.source.rewriting import source_text, source_tree
from wftui.model.base import Json


@dataclass(frozen=True, slots=True)
class ListedStep:
    """A step as a list shows it.

    Attributes:
        pointer: JSON Pointer in the file.
        path: ids from the outside in, with dots; the pointer where an id is missing or used twice.
        parent: path of the step around it.
        line: line of the file it starts in.
        case: condition of the case of a switch that begins with it; `else` for its default.
        when: its own condition; empty without one.
        marks: signs for its settings.
    """

    pointer: str
    path: str
    parent: str | None
    id: str
    type: str
    name: str
    line: int
    disabled: bool = False
    repeats: bool = False
    branch: str | None = None
    case: str | None = None
    when: str = ""
    marks: tuple[StepMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """The outcome of an operation.

    Attributes:
        text: the changed source.
        selected: pointers, in that text, of the steps it was about.
        missed: reads of steps that it breaks.
        forgotten: the source with those reads replaced by a missing value; None if that cannot be done to all.
    """

    text: str
    selected: tuple[str, ...]
    missed: tuple[Miss, ...] = ()
    forgotten: str | None = None


def listed_steps(text: str) -> list[ListedStep] | None:
    """Return the steps of a source in the order of the file; None if not JSON."""
    document = parse(text)
    if document.diagnostics:
        return None
    found: list[ListedStep] = []
    paths: dict[str, str] = {}
    taken: set[str] = set()
    for each in steps_in(document.value):
        path = each.path
        if not each.id or path in taken:
            path = each.pointer
        paths[each.pointer] = path
        taken.add(path)
        kind = each.step.get("type")
        name = each.step.get("name")
        found.append(
            ListedStep(
                pointer=each.pointer,
                path=path,
                parent=paths[each.owner.pointer] if each.owner else None,
                id=each.id,
                type=kind if isinstance(kind, str) else "",
                name=name if isinstance(name, str) and name else each.id,
                line=document.place(each.pointer).line,
                disabled=each.step.get("disabled") is True,
                repeats="forEach" in each.step or kind == "loop",
                branch=each.branch,
                case=_case(each),
                when=condition_text(each.step.get("when", "")),
                marks=step_marks(each.step),
            )
        )
    return found


def _case(step: PlacedStep) -> str | None:
    """Return the condition of a case that begins with a step, or `else`."""
    owner = step.owner
    if owner is None or not step.siblings or step.siblings[0] is not step.step:
        return None
    cases, default = owner.step.get("cases"), owner.step.get("default")
    if isinstance(default, dict) and default.get("steps") is step.siblings:
        return "else"
    for case in cases if isinstance(cases, list) else ():
        if isinstance(case, dict) and case.get("steps") is step.siblings:
            return condition_text(case.get("when", ""))
    return None


def condition_text(condition: Json) -> str:
    """Return a condition in one line."""
    return " ".join(str(condition).split())


def apply_operation(text: str, operation: Operation) -> Edit:
    """Apply an operation to a source.

    Raises:
        PatchError: the source is not valid JSON, or the operation does not fit it.
    """
    tree = source_tree(text)
    before = {miss for miss, _ in misses(tree)}
    selected = operation(tree)
    made = source_text(tree)
    missed = [(miss, place) for miss, place in misses(tree) if miss not in before]
    chosen = _pointers(tree, selected)
    if not missed:
        return Edit(made, chosen)
    done = True
    for miss, place in missed:
        done = place is not None and forget(place, miss) and done
    return Edit(made, chosen, tuple(dict.fromkeys(miss for miss, _ in missed)), source_text(tree) if done else None)


def rewritten(text: str, operation: Operation) -> tuple[str, tuple[str, ...]]:
    """Return a source after an operation, and the pointers of the steps it was about.

    Raises:
        PatchError: the source is not valid JSON, or the operation does not fit it.
    """
    tree = source_tree(text)
    selected = operation(tree)
    return source_text(tree), _pointers(tree, selected)


def _pointers(workflow: Json, selected: Sequence[Object]) -> tuple[str, ...]:
    return tuple(each.pointer for each in steps_in(workflow) if any(each.step is step for step in selected))


def workflow_value(text: str) -> Object:
    """Return the workflow of a source.

    Raises:
        PatchError: the source is not valid JSON, or not an object.
    """
    document = parse(text)
    if document.diagnostics or not isinstance(document.value, dict):
        raise PatchError("the file is not a JSON object at the moment")
    return document.value


def step_value(text: str, pointer: str) -> Object:
    """Return the step at a pointer.

    Raises:
        PatchError: there is none.
    """
    for each in steps_in(source_tree(text)):
        if each.pointer == pointer:
            return each.step
    raise PatchError("the step is no longer in the file")
