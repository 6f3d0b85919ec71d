"""Fixes of JSON syntax errors: edits of the text."""

import json
import re

from wftui.model.workflow.compilation import Fix, TextEdit

_CLOSERS = re.compile(r"[\s}\]]+")
_TRAILING = re.compile(r"[\s,}\]]*$")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,4}|.)")
_CONTROL = re.compile(r"\\\r?\n|\\.|[\x00-\x1f]")
_VALID_ESCAPE = re.compile(r'\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])')
_BARE_MEMBER = re.compile(r"(?:true|false|null)|[A-Za-z_$][\w$-]*[ \t]*:")
COMMAS = re.compile(r",(?:[ \t\r\n]*,)*")
"""Commas with nothing between them."""
_QUOTES = "'`\"\u201c\u201d"


def replaced(text: str, offset: int, length: int, new: str, title: str) -> Fix:
    """Return a fix that replaces a stretch of the text."""
    return Fix(title=title, edits=[TextEdit(offset=offset, old=text[offset : offset + length], new=new)])


def removed(text: str, offset: int, length: int, title: str) -> Fix:
    """Return a fix that removes a stretch of the text."""
    return replaced(text, offset, length, "", title)


def inserted(text: str, offset: int, new: str, title: str) -> Fix:
    """Return a fix that inserts a text; it includes the character before, as a check."""
    start = max(offset - 1, 0)
    return replaced(text, start, offset - start, text[start:offset] + new, title)


def edit(offset: int, old: str, new: str) -> TextEdit:
    """Return an edit of a stretch of the text."""
    return TextEdit(offset=offset, old=old, new=new)


def without_rest(text: str, offset: int) -> Fix:
    """Return a fix that removes all that follows the value."""
    end = len(text.rstrip())
    start = len(text[:offset].rstrip())
    return removed(text, start, end - start, "remove all that follows the value")


def without_member(text: str, start: int, end: int, title: str) -> Fix:
    """Return a fix that removes a member of an object, with a comma beside it."""
    before = len(text[:start].rstrip())
    if text[before - 1 : before] == ",":
        return removed(text, before - 1, end - before + 1, title)
    following = re.compile(r"\s*,\s*").match(text, end)
    return removed(text, start, (following.end() if following else end) - start, title)


def without_comment(text: str, offset: int, length: int) -> Fix:
    """Return a fix that removes a comment, with its line if nothing else is there."""
    comment = text[offset : offset + length]
    end = offset + length - (len(comment) - len(comment.rstrip("\r")))
    start = offset - (len(text[:offset]) - len(text[:offset].rstrip(" \t")))
    alone = text[start - 1 : start] in ("", "\n", "\r")
    line_end = re.match(r"\r?\n|\r", text[end : end + 2])
    if alone and line_end:
        end += line_end.end()
    elif alone:
        start = offset
    return removed(text, start, end - start, f"remove the comment {comment.strip()[:60]}")


def without_closers(text: str, offset: int) -> Fix | None:
    """Return a fix that removes closing brackets after the end; None for other text."""
    if not _CLOSERS.fullmatch(text, offset):
        return None
    rest = text[offset:].rstrip()
    return removed(text, offset, len(rest), f"remove {' '.join(rest.split())}")


def quoted(text: str, offset: int, length: int, before: str) -> Fix | None:
    """Return a fix that puts a word in double quotes; None for several words.

    Args:
        before: the characters that may follow it, besides the end of the line for a value.
    """
    word, before_it = text[offset : offset + length], text[max(offset - 200, 0) : offset].rstrip()[-1:]
    following = text[offset + length :].lstrip(" \t\r")[:1]
    if before_it not in (":", "[", "{", ",", ""):
        return None  # one of several words
    if following not in before and not (following in ("\n", "") and ":" not in before):
        return None
    inner = word[1:-1] if len(word) > 1 and word[0] in _QUOTES and word[-1] in _QUOTES else word
    if (
        not inner
        or inner[0] in _QUOTES
        or not (inner is not word or (word[0] != "(" and any(each.isalnum() for each in word)))
    ):
        return None
    return replaced(text, offset, length, json.dumps(inner, ensure_ascii=False), "write it in double quotes")


def escaped(text: str, start: int, end: int) -> Fix:
    """Return a fix that writes the control characters of a stretch as escapes.

    A backslash at the end of a line continues it, as in other languages.
    """
    edits = [
        TextEdit(offset=each.start(), old=each[0], new="" if len(each[0]) > 1 else json.dumps(each[0])[1:-1])
        for each in _CONTROL.finditer(text, start, end)
        if len(each[0]) == 1 or each[0].endswith("\n")
    ]
    kinds = list(dict.fromkeys(each.new for each in edits if each.new))
    written = f"write it as {kinds[0]}" if len(kinds) == 1 else "write them as escapes"
    return Fix(title=written, edits=edits)


def backslashes(text: str, start: int) -> Fix | None:
    """Return a fix that doubles the backslashes of a string that begin no escape."""
    found = _STRING.match(text, start)
    edits = [
        TextEdit(offset=each.start(), old="\\", new="\\\\")
        for each in _ESCAPE.finditer(text, start, found.end() if found else start)
        if not _VALID_ESCAPE.match(each[0])
    ]
    return Fix(title="write the backslash twice", edits=edits) if edits else None


def missing_comma(text: str, end: int, following: int) -> Fix | None:
    """Return a fix that adds a comma after a member; None if no member follows.

    Args:
        end: the end of the member.
        following: the offset of what follows.
    """
    char = text[following]
    starts_member = char in '"{[-' or char.isdigit() or _BARE_MEMBER.match(text, following) is not None
    apart = following > end or text[end - 1] in "}]" or char in "{["
    return inserted(text, end, ",", "add the missing comma") if starts_member and apart else None


def closing_quote(text: str, start: int, end: int, *, is_key: bool) -> int:
    """Return where a text that is not closed in its line ends most likely.

    Args:
        start: the offset of its opening quote.
        end: the end of its line.
        is_key: whether it is a key, which ends before the first colon.
    """
    line = text[start + 1 : end]
    if is_key and ":" in line:
        return start + 1 + len(line.partition(":")[0].rstrip())
    found = _TRAILING.search(line)
    trailing = found.group() if found else ""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    opened = sum(before.count(each) for each in "{[") - sum(before.count(each) for each in "}]")
    closers = len(trailing) - len(trailing.replace("}", "").replace("]", ""))
    if closers > max(opened, 0):
        kept = line.rstrip().removesuffix(",")
        return start + 1 + len(kept.rstrip())
    return start + 1 + len(line) - len(trailing)


def without_commas(text: str, start: int, end: int, closing: str) -> Fix:
    """Return a fix that removes extra commas.

    Before the end of a bracket, the comma in front of them is removed as well.
    """
    before = len(text[:start].rstrip())
    if text[end:].lstrip()[:1] == closing and text[before - 1 : before] == ",":
        start = before - 1
    return removed(text, start, end - start, "remove the comma" if end - start == 1 else "remove the commas")


def closed(text: str, end: int, closing: str, title: str) -> Fix:
    """Return a fix that closes brackets at the end, in place of a trailing comma."""
    if text[end - 1] == ",":
        return replaced(text, end - 1, 1, closing, title)
    return inserted(text, end, closing, title)


def missing_closer(text: str, start: int, following: int, closing: str) -> Fix | None:
    """Return a fix that closes a bracket before a line.

    None unless the line is indented as that of the bracket.

    Args:
        start: the offset of the bracket.
        following: the offset of the first character of the line.
    """
    opened, line = _indent(text, start), text.rfind("\n", 0, following) + 1
    if text[line:following] != opened or text.rfind("\n", 0, start) + 1 == line:
        return None
    end = len(text[:following].rstrip())
    has_comma = text[end - 1] == ","
    end -= has_comma
    missing = closing if "\n" not in text[start:end] else f"\n{opened}{closing}"
    return inserted(text, end, missing if has_comma else f"{missing},", f"close it by {closing}")


def _indent(text: str, offset: int) -> str:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip())]


def closing_line(text: str, start: int, closing: str) -> str:
    """Return the missing end of a bracket, on a new line if it opened on another."""
    end = len(text.rstrip())
    if "\n" not in text[start:end]:
        return closing
    return f"\n{_indent(text, start)}{closing}"
