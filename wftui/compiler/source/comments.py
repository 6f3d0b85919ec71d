"""Comments and space-like characters, which JSON does not allow between values."""

import re

from wftui.compiler.source import syntax_fixes as fixes
from wftui.compiler.source.text_diagnostic import TextDiagnostic

_LINE = re.compile(r"(?://|#)[^\r\n]*")
_MARK = re.compile(r'"(?:[^"\\\n]|\\.)*"|/\*|\*/')
_UP_TO_JSON = re.compile(r'/\*[^\r\n"{}\[\]]*')
_FAR = 2_000
"""Characters after the end of a comment that are looked through for the end of one around it."""
SPACE_LIKE = (
    r"\u200b-\u200d\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""Characters that are or look like spaces, as part of a character class; JSON has four others."""
_SPACES = re.compile(f"[{SPACE_LIKE}]+")


def at(text: str, offset: int) -> TextDiagnostic | None:
    """Return the error of a comment, or of what looks like spaces, at an offset."""
    if text.startswith("/*", offset):
        return _block(text, offset)
    if text.startswith("*/", offset):
        fix = fixes.removed(text, offset, 2, "remove the */")
        return TextDiagnostic("json.comment", "this */ ends no comment", offset, 2, fix=fix)
    found = _LINE.match(text, offset)
    if found:
        return _comment(text, offset, found.end())
    spaces = _SPACES.match(text, offset)
    return _space(text, offset, spaces[0]) if spaces else None


def _block(text: str, start: int) -> TextDiagnostic:
    """Return the error of a comment that may hold another one, or have no end."""
    end = text.find("*/", start + 2)
    if end < 0:
        # What follows is most likely not meant: the end of the line, or what looks like JSON, ends it.
        found = _UP_TO_JSON.match(text, start)
        assert found is not None
        return _comment(text, start, found.end(), "a comment without */; JSON does not allow comments")
    inner = text.count("/*", start + 2, end)
    end += 2
    at = end
    far = end + _FAR
    while inner > 0 and (mark := _MARK.search(text, at, far)):
        at = mark.end()
        inner += {"/*": 1, "*/": -1}.get(mark[0], 0)
        if inner == 0:
            end = at
    return _comment(text, start, end)


def _comment(text: str, start: int, end: int, message: str = "JSON does not allow comments") -> TextDiagnostic:
    fix = fixes.without_comment(text, start, end - start)
    return TextDiagnostic("json.comment", message, start, end - start, fix=fix)


def _space(text: str, start: int, found: str) -> TextDiagnostic:
    names = ", ".join(dict.fromkeys(f"U+{ord(each):04X}" for each in found))
    new = "".join(" " if each.isspace() and each >= "\x80" else "" for each in found)
    title = "change it to a space" if new else "remove it"
    fix = fixes.replaced(text, start, len(found), new, title)
    return TextDiagnostic("json.space", f"JSON does not allow {names} between values", start, len(found), fix=fix)
