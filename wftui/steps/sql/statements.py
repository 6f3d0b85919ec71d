"""SQL text: splitting into statements, first words."""

import re
import sqlite3
from collections.abc import Iterator

_QUOTED = re.compile(
    r"""
    '(?:[^']|'')*(?:'|\Z) | "(?:[^"]|"")*(?:"|\Z) | `[^`]*(?:`|\Z)
    | (?<![\w$])(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?:(?P=tag)|\Z)
    | --[^\n]* | /\*.*?(?:\*/|\Z)
    """,
    re.DOTALL | re.VERBOSE,
)
"""Text in which a semicolon does not end a statement."""
_READS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "EXPLAIN", "SHOW", "DESCRIBE", "DESC"})


def sqlite_statements(text: str) -> Iterator[str]:
    """Split a SQLite script; texts, comments and triggers may hold semicolons."""
    statement = ""
    for piece in text.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            if first_word(statement):
                yield statement
            statement = ""
    if first_word(statement):
        yield statement  # an unfinished one: the database says what is wrong with it


def statements(text: str) -> Iterator[str]:
    """Split a script; texts, names, comments and `$$` may hold semicolons."""
    start = place = 0
    while place < len(text):
        if text[place] == ";":
            if first_word(text[start:place]):
                yield text[start:place]
            start = place = place + 1
            continue
        quoted = _QUOTED.match(text, place)
        place = quoted.end() if quoted is not None else place + 1
    if first_word(text[start:]):
        yield text[start:]


def first_word(statement: str) -> str:
    """Return the first word of a statement in capitals, or an empty text."""
    rest = statement.lstrip(" \t\r\n;(")
    while rest.startswith(("--", "/*")):
        _, _, rest = rest.partition("\n" if rest.startswith("--") else "*/")
        rest = rest.lstrip(" \t\r\n;(")
    return rest.split(None, 1)[0].rstrip(";").upper() if rest else ""


def only_reads(statement: str) -> bool:
    """Return whether text is one statement of a reading kind.

    A semicolon counts anywhere: how databases quote differs, and a statement hidden behind another would
    leave the transaction that lets nothing be changed.
    """
    word = re.match(r"\w*", first_word(statement))
    return word is not None and word[0] in _READS and ";" not in statement.rstrip().rstrip(";")
