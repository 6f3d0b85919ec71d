"""Values as other languages write them: quotes, numbers, literals; and their JSON.

Each function returns the JSON that is meant; several where a user has to say.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from wftui.compiler.source import syntax_fixes as fixes
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.model.workflow.compilation import Fix

_LITERALS = {"True": "true", "False": "false", "None": "null", "undefined": "null", "NULL": "null"}
_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity", "+Infinity"})
_OTHER_BASE = re.compile(r"0(?:[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)")
_LOOSE_NUMBER = re.compile(r"([+-]?)(\d[\d_]*)?(?:(\.)([\d_]*))?([eE][+-]?\d+)?", re.ASCII)
_LONGEST_NUMBER = 300
"""Characters of a number that is rewritten; Python writes no number of more than 4,300 digits."""
_CLOSING = {"'": "'", "`": "`", "\u2018": "\u2019'", "\u201c": '\u201d\u201c"', "\u201d": '\u201d"'}
_CLOSING |= {"\u201e": '\u201c\u201d"', "\u00ab": "\u00bb"}
OPENING = frozenset(_CLOSING)
"""Quotes that other languages, and word processors, open a text with."""
_FAR = 10_000
"""Longest text that is looked through for its closing quote."""
_MISSES = 100
"""The most failed looks ahead: each may go through a line as long as the file."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}
_EXPRESSION = re.compile(r"\{\{[^\n]*?\}\}(?=[ \t]*(?:[,}\]\r\n]|$))")
_COLON = re.compile(r"\s*:")
_ENDS = re.compile(r"[ \t]*(?:[,}\]]|\r?\n|$)")


class ForeignValue(NamedTuple):
    """Text that is not JSON: where it ends, its content, and what it should be."""

    end: int
    content: str
    fix: Fix


class LookAhead:
    """Looks for foreign values in a text, until too many looks were in vain."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._misses = 0

    def look(self, look: Callable[..., ForeignValue | None], start: int, *more: str | int) -> ForeignValue | None:
        """Return what a function of this module finds at an offset."""
        found = look(self._text, start, *more) if self._misses < _MISSES else None
        self._misses += found is None
        return found


def literal(word: str) -> str | None:
    """Return the JSON of a literal of another language."""
    return _LITERALS.get(word) or (word.lower() if word in ("TRUE", "FALSE") else None)


def bare_word(text: str, start: int, word: str, meant: str | None) -> TextDiagnostic:
    """Return the error of a word that is not JSON.

    Args:
        start: its offset.
        meant: the JSON of a literal.
    """
    length = len(word)
    if meant is not None:
        fix = fixes.replaced(text, start, length, meant, f"change it to {meant}")
        return TextDiagnostic("json.word", f"{word} is not JSON; did you mean {meant}?", start, length, fix=fix)
    in_quotes = fixes.quoted(text, start, length, ",}]")
    if word in _NOT_FINITE:
        null = fixes.replaced(text, start, length, "null", "change it to null")
        message = f"{word} is not a JSON number"
        return TextDiagnostic("json.number", message, start, length, fix=null, other_fix=in_quotes)
    found = [fixes.replaced(text, start, length, each, f"write it as {each}") for each in _numbers(word)]
    hint = "texts need double quotes" if word[0].isalpha() or word[0] in OPENING else "expected a value"
    return TextDiagnostic(
        "json.value",
        f"unexpected {word[:40]}; {hint}",
        start,
        length,
        fix=found[0] if found else in_quotes,
        other_fix=found[1] if len(found) > 1 else None,
    )


def _numbers(word: str) -> Iterator[str]:
    """Yield a number as JSON writes it; then as a text, if it may be one."""
    if len(word) > _LONGEST_NUMBER:
        return
    if _OTHER_BASE.fullmatch(word):
        yield str(int(word, 0))
        return
    found = _LOOSE_NUMBER.fullmatch(word)
    if found is None or not (found[2] or found[4]) or "__" in word:
        return
    whole, fraction = (found[2] or "").replace("_", ""), (found[4] or "").replace("_", "")
    dot = f".{fraction or 0}" if found[3] else ""
    yield f"{found[1].strip('+')}{whole.lstrip('0') or '0'}{dot}{found[5] or ''}"
    if len(whole) > 1 and whole[0] == "0":
        yield json.dumps(word)  # a number of a house or a telephone keeps its zeros


def quoted(text: str, start: int, following: str) -> ForeignValue | None:
    """Return the text in quotes that are not those of JSON; None if it is not closed.

    Args:
        start: the offset of the opening quote.
        following: the characters that may follow the closing one.
    """
    closing, lines = _CLOSING.get(text[start]), text[start] == "`"
    begin = start + 1
    if text.startswith(('"""', "'''"), start):
        closing, lines, begin = text[start : start + 3], True, start + 3
    if closing is None:
        return None
    after = re.compile(
        rf"\s*(?:[{re.escape(following)}]|$)" if ":" in following else rf"[ \t]*(?:[{re.escape(following)}]|[\r\n]|$)"
    )
    at = begin
    while at < min(len(text), begin + _FAR) and (lines or text[at] not in "\r\n"):
        width = 3 if begin - start == 3 else 1
        is_closing = text.startswith(closing, at) if width == 3 else text[at] in closing
        if is_closing and after.match(text, at + width):
            return _as_json(text, start, at + width, _unescaped(text[begin:at]))
        at += 2 if text[at] == "\\" else 1
    return None


def expression(text: str, start: int) -> ForeignValue | None:
    """Return the expression in braces at an offset, which has to be in a text."""
    found = _EXPRESSION.match(text, start)
    return None if found is None else _as_json(text, start, found.end(), found[0])


def _as_json(text: str, start: int, end: int, content: str) -> ForeignValue:
    new = json.dumps(content, ensure_ascii=False)
    return ForeignValue(end, content, fixes.replaced(text, start, end - start, new, "write it in double quotes"))


def _unescaped(raw: str) -> str:
    """Return a text without its escapes; a backslash that begins none stays.

    Two halves of a character become one; no file can hold a half alone.
    """

    def character(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code:
            return chr(int(code, 16))
        if found[3] in "\\'\"`/":
            return found[3]
        return _ESCAPED.get(found[3], found[0])

    return _ESCAPE.sub(character, raw).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def continues(text: str, start: int, end: int) -> bool:
    """Return whether a text seems to continue after a quote.

    Args:
        start: the offset of its opening quote.
        end: the offset after the next quote.
    """
    return (text[end : end + 1].isalnum() or text[end : end + 1] in ("_", "{")) and end - start > 2


def inner_quotes(text: str, start: int, end: int) -> ForeignValue | None:
    """Return a text that continues after quotes, as in `"say "hi" now"`.

    Args:
        start: the offset of its opening quote.
        end: the offset after the next quote.
    """
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    at = end - 1
    quotes = [at]
    while (at := text.find('"', at + 1, line_end)) > 0:
        if text[at - 1] == "\\":
            continue
        if _COLON.match(text, at + 1, line_end):
            return None  # a key: what looks like a quote inside is the end of a text
        if _ENDS.match(text, at + 1):
            edits = Fix(title='write \\" inside of the text', edits=[fixes.edit(each, '"', '\\"') for each in quotes])
            return ForeignValue(at + 1, text[start + 1 : at], edits)
        quotes.append(at)
    return None


_BRACKETS = re.compile(r"[\s{}\[\],]*")


def line_breaks(text: str, start: int, end: int) -> ForeignValue | None:
    """Return a multi-line text; None if its last quote more likely opens another.

    Args:
        start: the offset of its opening quote.
        end: the offset after the next quote.
    """
    first, *others = text[start + 1 : end - 1].split("\n")
    if not others or not _ENDS.match(text, end) or first.rstrip().endswith(("{", "[")):
        return None
    if _BRACKETS.fullmatch(others[-1]) or any(each.strip() and _BRACKETS.fullmatch(each) for each in others[:-1]):
        return None
    return ForeignValue(end, _unescaped(text[start + 1 : end - 1]), fixes.escaped(text, start + 1, end - 1))
