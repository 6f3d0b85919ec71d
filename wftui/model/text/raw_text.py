"""Literal braces in texts: `{% raw %}…{% endraw %}`, also with minus signs."""

import re
from collections.abc import Iterator

from wftui.model.base import Json

_TAG = r"(?:(?<!\s)\s*+\{{%-|\{{%\+?)\s*{}\s*(?:-%\}}\s*+|\+?%\}})"
"""A tag and what its minus signs strip; the lookbehind keeps the search linear in runs of spaces."""
_BEGIN = re.compile(_TAG.format("raw"))
_END = re.compile(_TAG.format("endraw"))
_BEGIN_OR_BRACES = re.compile(rf"\{{\{{|{_BEGIN.pattern}")

KEEP_BRACES = "keep the braces as text"
"""Title of fixes by `with_raw`: never applied unasked, as the braces may be a mistyped expression."""

_BRACES = re.compile(r"\{\{")
_NAMES_A_VALUE = re.compile(
    r"\s*(?:not\s|[\"'\d(\[{]|(?!end\s*\}\})[A-Za-z_]\w*(?:[.\[(]|\s*(?:[|+*/%~=!<>-]|\}\}|$|(?:and|or|in|is|if)\b)))"
)


def has_foreign_braces(text: str) -> bool:
    """Return whether a `{{` begins no expression: `{{.Names}}`, `{{json .}}`."""
    return any(not _NAMES_A_VALUE.match(text, found.end()) for found in _BRACES.finditer(text))


def next_mark(text: str, position: int) -> re.Match[str] | None:
    """Return the next `{{` or `{% raw %}` of a text, or None."""
    return _BEGIN_OR_BRACES.search(text, position)


def raw_end(text: str, position: int) -> re.Match[str] | None:
    """Return the next `{% endraw %}` of a text, or None."""
    return _END.search(text, position)


def literal_text(text: str) -> str | None:
    """Return a text without `{% raw %}` tags; None if it has an expression."""
    pieces: list[str] = []
    position = 0
    while (begin := next_mark(text, position)) is not None:
        if begin[0] == "{{":
            return None
        end = raw_end(text, begin.end())
        if end is None:
            break
        pieces += [text[position : begin.start()], text[begin.end() : end.start()]]
        position = end.end()
    return "".join([*pieces, text[position:]])


def with_raw(text: str) -> str | None:
    """Return a text whose braces are literal; None if it has tags already."""
    return None if _BEGIN.search(text) or _END.search(text) else f"{{% raw %}}{text}{{% endraw %}}"


def blank_raw(text: str) -> str:
    """Return a text with spaces in place of its literal stretches, as long as before."""
    pieces: list[str] = []
    position = 0
    for start, end in _stretches(text):
        pieces += [text[position:start], " " * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def without_raw(value: Json) -> Json:
    """Return a value whose literal texts have no tags; those with expressions stay."""
    if isinstance(value, str):
        plain = literal_text(value) if "{%" in value else value
        return value if plain is None else plain
    if isinstance(value, dict):
        return {key: without_raw(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [without_raw(entry) for entry in value]
    return value


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while (begin := _BEGIN.search(text, position)) and (end := _END.search(text, begin.end())):
        yield begin.start(), end.end()
        position = end.end()
