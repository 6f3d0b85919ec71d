"""Words that cannot be ids."""

import keyword

from wftui.compiler.expressions.translate import ROOTS
from wftui.runtime.functions import FUNCTIONS

LANGUAGE_NAMES = frozenset({*ROOTS, *FUNCTIONS, "index", "true", "false", "none", "null"})
"""Names of the expression language."""


def reserved_word(word: str) -> str | None:
    """Return the reason why a word cannot be an id; None if it can."""
    if keyword.iskeyword(word):
        return "it is a Python keyword"
    if word in LANGUAGE_NAMES:
        return "it is a name of the expression language"
    return None
