"""Line ends of a file: a change keeps them, and one of CR alone counts as LF does."""

import re
from dataclasses import replace

from wftui.compiler.source.syntax_fixes import edit
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.model.workflow.compilation import Fix

_LINE_FEED = re.compile(r"(?<!\r)\n")
_OTHER = re.compile(r"\r(?!\n)|(?<!\r)\n")


def line_end(text: str) -> str:
    """Return the line end of a text that has one kind; LF for several."""
    if "\r" not in text:
        return "\n"
    if "\n" not in text:
        return "\r"
    return "\n" if _OTHER.search(text) else "\r\n"


def with_line_feeds(text: str) -> str:
    """Return a text whose lines end in LF or CRLF, as long as the given one."""
    return text if "\n" in text else text.replace("\r", "\n")


def of_text(found: list[TextDiagnostic], text: str) -> list[TextDiagnostic]:
    """Return errors of a text with line feeds as those of the text itself."""
    end = line_end(text)
    if end == "\n":
        return found
    return [replace(each, fix=_of(each.fix, text, end), other_fix=_of(each.other_fix, text, end)) for each in found]


def _of(fix: Fix | None, text: str, end: str) -> Fix | None:
    if fix is None:
        return None
    edits = [
        edit(each.offset, text[each.offset : each.offset + len(each.old)], _LINE_FEED.sub(end, each.new))
        for each in fix.edits
    ]
    return Fix(title=fix.title, edits=edits)
