"""Safe fixes, applied one after the other, each only if it helps."""

from collections.abc import Callable
from dataclasses import dataclass

from wftui.compiler.source.patching import PatchError, apply_patch
from wftui.model.raw_text import KEEP_BRACES
from wftui.model.workflow.compilation import CompilationError, CompilationResult, Fix

SAFE_CODES = frozenset(
    {
        "dependency.unknown",
        "expression.arguments",
        "expression.braces",
        "expression.filter",
        "expression.function",
        "expression.step_part",
        "expression.test",
        "format.missing",
        "id.duplicate",
        "id.reserved",
        "input.choice",
        "input.refused",
        "input.unknown",
        "key.unknown",
        "reference.env",
        "reference.input",
        "reference.name",
        "reference.property",
        "reference.step",
        "schema.type",
        "step.type",
        "value.choice",
        "workflow.id",
        "workflow.unknown",
    }
)
"""Errors whose first fix is safe: it corrects an obvious mistake and removes nothing."""

MAX_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """A fix that was applied, and the diagnostic that it removed."""

    diagnostic: CompilationError
    fix: Fix


def apply_fix(text: str, fix: Fix) -> str:
    """Return the text with a fix applied.

    Raises:
        PatchError: if the fix does not fit the text, or the text is not JSON.
    """
    return apply_patch(text, fix.patch)


def apply_safe_fixes(text: str, check: Callable[[str], CompilationResult]) -> tuple[str, list[AppliedFix]]:
    """Apply the safe fixes one by one; keep each only if it removes its diagnostic.

    Args:
        check: returns the diagnostics of a text.

    Returns:
        The text, and the applied fixes in order.
    """
    applied: list[AppliedFix] = []
    refused: set[tuple[str, str, str]] = set()
    seen = {text}
    result = check(text)
    for _round in range(MAX_ROUNDS):
        chosen = next((each for each in result.errors if _is_safe(each) and _identity(each) not in refused), None)
        if chosen is None:
            break
        fix = chosen.fixes[0]
        try:
            changed = apply_fix(text, fix)
        except PatchError:
            refused.add(_identity(chosen))
            continue
        # A fix may reveal other errors; only the chosen one must be gone.
        after = check(changed)
        if changed in seen or any(_identity(each) == _identity(chosen) for each in after.errors):
            refused.add(_identity(chosen))
            continue
        seen.add(changed)
        text, result = changed, after
        applied.append(AppliedFix(chosen, fix))
    return text, applied


def _is_safe(diagnostic: CompilationError) -> bool:
    if diagnostic.code not in SAFE_CODES or not diagnostic.fixes:
        return False
    if diagnostic.fixes[0].title == KEEP_BRACES:
        return False
    return all(operation.op != "remove" for operation in diagnostic.fixes[0].patch)


def _identity(diagnostic: CompilationError) -> tuple[str, str, str]:
    return diagnostic.code, diagnostic.pointer, diagnostic.message
