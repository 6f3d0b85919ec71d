"""Files with CR as line end are read as if it were LF: offsets stay the same."""

from dataclasses import replace

from wftui.compiler.source.syntax_fixes import edit
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.model.workflow.compilation import Fix


def with_line_feeds(text: str) -> str:
    """Return a text whose lines end in LF or CRLF, as long as the given one."""
    return text if "\n" in text else text.replace("\r", "\n")


def of_text(found: list[TextDiagnostic], text: str) -> list[TextDiagnostic]:
    """Return errors of a text with line feeds as those of the text itself."""
    if "\n" in text or "\r" not in text:
        return found
    return [replace(each, fix=_of(each.fix, text), other_fix=_of(each.other_fix, text)) for each in found]


def _of(fix: Fix | None, text: str) -> Fix | None:
    if fix is None:
        return None
    edits = [
        edit(each.offset, text[each.offset : each.offset + len(each.old)], each.new.replace("\n", "\r"))
        for each in fix.edits
    ]
    return Fix(title=fix.title, edits=edits)
