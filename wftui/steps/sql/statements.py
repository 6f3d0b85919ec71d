"""SQL as text: where its statements end, and how each begins."""

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
"""What a semicolon may stand in without ending a statement."""
_READS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "EXPLAIN", "SHOW", "DESCRIBE", "DESC"})


def sqlite_statements(text: str) -> Iterator[str]:
    """The statements of a script for SQLite; semicolons inside texts, comments and triggers do not end one."""
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
    """The statements of a script for other databases; semicolons in texts, names, comments and `$$` end none."""
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
    """The first word of a statement in capitals, comments skipped; empty when there is none."""
    rest = statement.lstrip(" \t\r\n;(")
    while rest.startswith(("--", "/*")):
        _, _, rest = rest.partition("\n" if rest.startswith("--") else "*/")
        rest = rest.lstrip(" \t\r\n;(")
    return rest.split(None, 1)[0].rstrip(";").upper() if rest else ""


def only_reads(statement: str) -> bool:
    """Whether a statement is one, and of a kind that reads; what it calls may still change something.

    A semicolon counts wherever it stands: how databases quote differs, and a statement hidden behind another would
    leave the transaction that lets nothing be changed.
    """
    word = re.match(r"\w*", first_word(statement))
    return word is not None and word[0] in _READS and ";" not in statement.rstrip().rstrip(";")
