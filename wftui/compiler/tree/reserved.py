"""Words that cannot be ids."""

import keyword

from wftui.compiler.expressions.translate import ROOTS
from wftui.runtime.functions import FUNCTIONS

LANGUAGE_NAMES = frozenset({*ROOTS, *FUNCTIONS, "index", "true", "false", "none", "null"})
"""Names of the expression language."""


def reserved_word(word: str) -> str | None:
    """Why a word cannot be an id; None when it can."""
    if keyword.iskeyword(word):
        return "it is a word of Python"
    if word in LANGUAGE_NAMES:
        return "it is a name of the expression language"
    return None
