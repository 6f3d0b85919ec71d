"""Text around the value of a file: code fences, prose, brackets, a second value."""

import re

from wftui.compiler.source import syntax_fixes as fixes
from wftui.compiler.source.text_diagnostic import TextDiagnostic

KEY = re.compile(r'"(?:[^"\\\n]|\\.)*"\s*:')
_MEMBER = re.compile(rf"\s*,\s*{KEY.pattern}")
_FENCE = re.compile(r"```\w*")
"""Marks code in Markdown."""
_BEFORE = re.compile(r"[^\n\"{\[]*(?=[{\[])")
SEPARATORS = (";", "\uff0c", "\uff1b")
"""Signs used instead of the comma in other languages, and on other keyboards."""


def fence_before(text: str, start: int) -> TextDiagnostic | None:
    """Return the error of a code fence in front of the value."""
    found = _FENCE.match(text, start)
    return _unexpected(text, start, found[0]) if found else None


def text_before(text: str, start: int) -> TextDiagnostic | None:
    """Return the error of other text in front of the first bracket, in the same line."""
    found = _BEFORE.match(text, start)
    if found is None or not found[0].strip():
        return None
    fix = fixes.removed(text, start, len(found[0]), f"remove {found[0].strip()[:40]}")
    return TextDiagnostic("json.extra", "unexpected text before the value", start, len(found[0]), fix=fix)


def without_brace(text: str, start: int) -> TextDiagnostic | None:
    """Return the error of an object whose first brace is missing."""
    if not KEY.match(text, start):
        return None
    fix = fixes.replaced(text, start, 1, '{"', "add the missing {")
    return TextDiagnostic("json.bracket", "missing { before the first key", start, 1, fix=fix)


def text_after(text: str, end: int, start: int) -> TextDiagnostic:
    """Return the error of what follows the value.

    Args:
        end: the end of the value.
        start: the offset of what follows.
    """
    rest = text[start:].rstrip()
    if rest in ("```", *SEPARATORS):
        return _unexpected(text, start, rest)
    closers = fixes.without_closers(text, start)
    if closers is not None:
        return TextDiagnostic("json.bracket", "nothing is open that this closes", start, len(rest), fix=closers)
    if _MEMBER.match(text, end) and text[:end].endswith("}"):
        fix = fixes.removed(text, end - 1, 1, "remove the }")
        return TextDiagnostic("json.bracket", "this } closes the value before its last key", end - 1, 1, fix=fix)
    fix = fixes.without_rest(text, start)
    return TextDiagnostic("json.extra", "unexpected text after the end of the value", start, len(rest), fix=fix)


def _unexpected(text: str, start: int, word: str) -> TextDiagnostic:
    fix = fixes.removed(text, start, len(word), f"remove {word}")
    return TextDiagnostic("json.value", f"unexpected {word}", start, len(word), fix=fix)
