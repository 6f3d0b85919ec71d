"""The rest of a name that is being typed into an expression."""

import re
from collections.abc import Sequence

from wftui.compiler.editing.reach import Reach

_TYPED = re.compile(r"(?P<filter>\|\s*)?(?P<name>[A-Za-z_](?:[\w.]|\[\d+\])*)$")
_IN_TEXT = re.compile(r"^(?:[^'\"]|'[^']*'|\"[^\"]*\")*$")
"""No quote is open at the end."""


def inside_expression(before: str, *, bare: bool) -> str | None:
    """Return the expression up to the cursor; None outside of one.

    Args:
        before: the text up to the cursor.
        bare: the text is an expression without braces.
    """
    if bare:
        return before
    opening = before.rfind("{{")
    return before[opening + 2 :] if opening > before.rfind("}}") else None


def completion(before: str, after: str, names: Sequence[Reach], *, bare: bool) -> str:
    """Return what completes the name before the cursor; empty without a match.

    The nearest name comes first. After a whole name it is the end of the expression, unless that is there.
    """
    expression = inside_expression(before, bare=bare)
    if not expression or not _IN_TEXT.match(expression) or re.match(r"\w", after):
        return ""
    found = _TYPED.search(expression)
    if found is None:
        return ""
    typed = found["name"]
    texts = [
        each.text.removeprefix("| ").removesuffix("()") for each in names if each.is_filter is bool(found["filter"])
    ]
    if typed not in texts:
        return next((each[len(typed) :] for each in texts if each.startswith(typed)), "")
    ended = bare or after.lstrip().startswith(("}}", "|", ".", "["))
    return "" if ended or found["filter"] else " }}"
