"""Safe fixes, applied one after the other, each only if it helps; syntax first."""

from collections.abc import Callable
from dataclasses import dataclass

from wftui.compiler.diagnostics.diagnostic import syntax_diagnostics
from wftui.compiler.source.parsing import parse
from wftui.compiler.source.patching import PatchError, apply_patch
from wftui.compiler.source.recovery import MAX_DIAGNOSTICS
from wftui.model.text.raw_text import KEEP_BRACES
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

_NAMED = frozenset({"input.unknown", "key.unknown"})
"""Errors with a fix for each name that may be meant."""

_ASKED = frozenset({"json.extra", "json.number"})
"""Syntax errors whose only fix removes or changes what was written: a user has to choose it."""

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
    for edit in reversed(fix.edits):
        end = edit.offset + len(edit.old)
        if text[edit.offset : end] != edit.old:
            raise PatchError("the text has changed since the fix was made")
        text = text[: edit.offset] + edit.new + text[end:]
    return apply_patch(text, fix.patch) if fix.patch else text


def mend_syntax(text: str) -> tuple[str, list[AppliedFix]]:
    """Apply the fixes of JSON syntax errors; keep each only if fewer errors are left.

    Returns:
        The text, and the applied fixes in order.
    """
    applied: list[AppliedFix] = []
    found = syntax_diagnostics(parse(text))
    for _round in range(MAX_ROUNDS):
        sure = [each for each in found if len(each.fixes) == 1 and each.code not in _ASKED]
        for each in _together(sure), *([each] for each in sure):
            changed = _applied(text, each)
            after = syntax_diagnostics(parse(changed)) if changed != text else found
            if _fewer(after, found):
                applied += [AppliedFix(one, one.fixes[0]) for one in each]
                text, found = changed, after
                break
        else:
            break
    return text, applied


def _fewer(after: list[CompilationError], before: list[CompilationError]) -> bool:
    """Return whether errors are gone; of very many, only the first ones are known."""
    if len(before) < MAX_DIAGNOSTICS or len(after) < len(before):
        return len(after) < len(before)
    return min((each.line, each.column) for each in after) > min((each.line, each.column) for each in before)


def _together(found: list[CompilationError]) -> list[CompilationError]:
    """Return the diagnostics whose fixes do not touch each other."""
    chosen: list[CompilationError] = []
    end = -1
    for each in sorted(found, key=lambda each: each.fixes[0].edits[0].offset):
        edit = each.fixes[0].edits[0]
        if edit.offset > end:
            chosen.append(each)
            end = each.fixes[0].edits[-1].offset + len(each.fixes[0].edits[-1].old)
    return chosen


def _applied(text: str, diagnostics: list[CompilationError]) -> str:
    for each in reversed(diagnostics):
        text = apply_fix(text, each.fixes[0])
    return text


def apply_safe_fixes(text: str, check: Callable[[str], CompilationResult]) -> tuple[str, list[AppliedFix]]:
    """Apply the safe fixes, those of the syntax first.

    Each is kept only if it removes its diagnostic.

    Args:
        check: returns the diagnostics of a text.

    Returns:
        The text, and the applied fixes in order.
    """
    text, applied = mend_syntax(text)
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
        if changed in seen or _equals(chosen, after) >= _equals(chosen, result):
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
    if diagnostic.code in _NAMED and len([fix for fix in diagnostic.fixes if not _removes(fix)]) > 1:
        return False  # only the user knows which of the names is meant
    return not _removes(diagnostic.fixes[0])


def _removes(fix: Fix) -> bool:
    return any(operation.op == "remove" for operation in fix.patch)


def _equals(diagnostic: CompilationError, result: CompilationResult) -> int:
    """Return how many errors are the same mistake in the same string."""
    return [_identity(each) for each in result.errors].count(_identity(diagnostic))


def _identity(diagnostic: CompilationError) -> tuple[str, str, str]:
    return diagnostic.code, diagnostic.pointer, diagnostic.message
