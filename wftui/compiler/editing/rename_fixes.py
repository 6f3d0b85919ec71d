"""Fixes for reads of a step that was renamed by hand."""

from collections.abc import Sequence

from wftui.compiler.editing.names import rename_in, texts_of, texts_of_workflow
from wftui.compiler.editing.placed_steps import needs_of, steps_in
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
