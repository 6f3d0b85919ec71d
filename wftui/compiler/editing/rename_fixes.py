"""Steps that were renamed by hand, and fixes for reads of them."""

import json
from collections.abc import Sequence

from wftui.compiler.editing.names import rename_in, texts_of, texts_of_workflow
from wftui.compiler.editing.placed_steps import Object, PlacedStep, needs_of, steps_in
from wftui.compiler.editing.step_edits import ListedStep
from wftui.compiler.source.parsing import parse
from wftui.model.base import Json
from wftui.model.workflow.compilation import CompilationError, Fix, PatchOperation

_UNKNOWN = frozenset({"dependency.unknown", "reference.step"})


def renamed_by_hand(before: Sequence[ListedStep], after: Sequence[ListedStep]) -> dict[str, str]:
    """Return the steps whose id alone has changed: the old id and the new one."""
    old_ids, new_ids = {each.id for each in before}, {each.id for each in after}
    now = {each.pointer: each for each in after}
    found: dict[str, str] = {}
    for each in before:
        same = now.get(each.pointer)
        if (
            same is not None
            and same.type == each.type
            and each.id not in new_ids
            and same.id
            and same.id not in old_ids
        ):
            found[each.id] = same.id
    return found


def renamed_paths(before: Sequence[PlacedStep], after: Sequence[PlacedStep]) -> dict[str, str]:
    """Return the paths that changed because a step was renamed: old and new.

    A renamed step is the only one in its list that is otherwise the same; if its contents changed too, the step of its
    type at its place with the same keys.
    """
    old, new = {each.path: each for each in before}, {each.path: each for each in after}
    appeared = [each for path, each in new.items() if path not in old and each.id]
    at_place = {(_around(each.path), each.pointer): each for each in appeared}
    same_text: dict[tuple[str, str], list[PlacedStep]] = {}
    for each in appeared:
        same_text.setdefault((_around(each.path), _text_but_id(each.step)), []).append(each)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for path, each in old.items():
        if path in new or not each.id:
            continue
        around = found.get(_around(path), _around(path))
        moved = f"{around}.{each.id}" if around else each.id
        same = same_text.get((around, _text_but_id(each.step)), ())
        alike = at_place.get((around, each.pointer))
        if moved in new:  # a step around it was renamed
            found[path] = moved
            taken.add(moved)
        elif len(same) == 1:
            _take(found, taken, path, same[0].path)
        elif alike is not None and _keys(alike.step) == _keys(each.step):
            _take(found, taken, path, alike.path)
    return found


def _around(path: str) -> str:
    """Return the path of the step that contains one; empty at the top."""
    return path.rpartition(".")[0]


def _take(found: dict[str, str], taken: set[str], path: str, target: str) -> None:
    """Note a renaming, unless another step has become the same one."""
    if target not in taken:
        taken.add(target)
        found[path] = target


def _text_but_id(step: Object) -> str:
    """Return a text that is equal for steps that are the same but for their ids."""
    return json.dumps({key: value for key, value in step.items() if key != "id"}, sort_keys=True)


def _keys(step: Object) -> tuple[Json, set[str], set[str]]:
    """Return the type of a step, its keys and those of its input."""
    given = step.get("input")
    return step.get("type"), set(step), set(given) if isinstance(given, dict) else set()


def with_rename_fixes(
    problems: Sequence[CompilationError], text: str, renamed: dict[str, str]
) -> list[CompilationError]:
    """Return the problems; those of renamed steps get a fix for all their reads."""
    if not renamed:
        return [*problems]
    document = parse(text)
    if document.diagnostics:  # a patch cannot be applied to a file that is not JSON
        return [*problems]
    value = document.value
    fixes = {
        old: Fix(title=f"{old} was renamed to {new}", patch=_patch(value, old, new)) for old, new in renamed.items()
    }
    made = []
    for problem in problems:
        old = next((old for old in renamed if f"there is no step {old!r}" in problem.message), None)
        if problem.code in _UNKNOWN and old is not None and fixes[old].patch:
            problem = problem.model_copy(update={"fixes": [fixes[old], *problem.fixes]})
        made.append(problem)
    return made


def _patch(workflow: Json, old: str, new: str) -> list[PatchOperation]:
    made: list[PatchOperation] = []
    texts = list(texts_of_workflow(workflow))
    for each in steps_in(workflow):
        texts += texts_of(each.step, each.pointer)
        for index, need in enumerate(needs_of(each.step) or ()):
            if need == old:
                made.append(PatchOperation(op="replace", path=f"{each.pointer}/needs/{index}", value=new))
    for text in texts:
        before = text.value
        if rename_in([text], "steps", {old: new}):
            made.append(PatchOperation(op="replace", path=text.pointer, value=text.value))
            text.write(before)
    return made
