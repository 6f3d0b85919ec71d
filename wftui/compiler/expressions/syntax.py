"""Parse expressions to Jinja's syntax tree; `lineno` holds offsets, not lines."""

import re
from collections.abc import Iterator
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import (
    TOKEN_EOF,
    Token,
    TokenStream,
    float_re,
    integer_re,
    operator_re,
    operators,
    string_re,
    whitespace_re,
)
from jinja2.parser import Parser

MAX_LENGTH = 10_000
"""Characters of one expression."""

MAX_DEPTH = 40
"""Levels of an expression's tree."""

_DIGITS = 1_000
_HINTS = {
    "&": "write `and`",
    "!": "write `not`",
    "??": "write `a | default(b)`",
    "?": "write `a if condition else b`",
    "$": "names need no $",
}
_SAME = ("===", "!==")
_MEANT = {"&&": " and ", "||": " or ", "!": "not "}
_EXPECTED = re.compile(r"expected token (.+), got (.+)")
_TOKENS = {"'integer'": "a number", "'float'": "a number", "'string'": "a text", "'name'": "a name"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class ExpressionError(Exception):
    """An invalid expression. `str(error)` is the message, with `offset` and `length`.

    `replacement`, if any, is text for that stretch that removes the error.
    """

    def __init__(
        self,
        message: str,
        offset: int,
        length: int = 1,
        code: str = "expression.syntax",
        replacement: str | None = None,
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.length = length
        self.code = code
        self.replacement = replacement


def parse(text: str) -> nodes.Expr:
    """Return the syntax tree of an expression; `lineno` is the offset of its token.

    Raises:
        ExpressionError: with the position of the first error.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression has {len(text):,} characters; at most {MAX_LENGTH:,} are allowed",
            0,
            len(text),
            "expression.limit",
        )
    if not text.strip():
        raise ExpressionError("the expression is empty", 0, max(len(text), 1))
    tokens = list(_tokens(text))
    try:
        parser = _ExpressionParser(tokens)
        tree = parser.parse_expression()
        rest = parser.stream.current
        if rest.type is not TOKEN_EOF:
            raise _unexpected(text, tokens, rest)
    except TemplateSyntaxError as error:
        offset = error.lineno
        if offset >= len(text.rstrip()):
            raise ExpressionError("unexpected end of the expression", len(text.rstrip()), 1) from None
        token = next((token for token in tokens if token.lineno == offset), None)
        if token is not None and token.type == "assign":
            raise _unexpected(text, tokens, token) from None
        message = _in_words((error.message or "cannot be read").rstrip("."))
        raise ExpressionError(message, offset, _length(text, tokens, offset)) from None
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply", 0, len(text), "expression.limit") from None
    return tree


def depth_of(tree: nodes.Node) -> int:
    """Return the depth of a tree, counted without recursion."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in node.iter_child_nodes()]
    return deepest


def expression_end(text: str, start: int) -> int:
    """Return the offset of the `}}` that ends an expression; -1 without one.

    Braces inside texts and objects do not end it.
    """
    position, open_brackets = start, 0
    while position < len(text):
        char = text[position]
        if char in "'\"":
            found = string_re.match(text, position)
            if not found:
                return text.find("}}", position)
            position = found.end()
            continue
        if char in "{[(":
            open_brackets += 1
        elif char == "}" and not open_brackets and text.startswith("}}", position):
            return position
        elif char in "}])":
            open_brackets = max(open_brackets - 1, 0)
        position += 1
    # An unclosed bracket must not hide the intended end of the expression.
    return text.find("}}", start)


class _ExpressionParser(Parser):
    """Jinja's parser over tokens whose line number is an offset."""

    def __init__(self, tokens: list[Token]) -> None:
        self.stream = TokenStream(tokens, None, None)
        self.name = self.filename = None
        self.closed = False
        self.extensions = {}
        self._last_identifier = 0
        self._tag_stack = []
        self._end_token_stack = []


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    opened: list[tuple[str, int]] = []
    while position < len(text):
        found = whitespace_re.match(text, position)
        if found:
            position = found.end()
            continue
        kind, found = _match(text, position)
        if found is None:
            char = text[position]
            if char in "'\"":
                raise ExpressionError("the text is not closed", position, len(text) - position)
            sign = text[position : position + 2] if text.startswith(("&", "??"), position) else char
            hint = f"; {_HINTS[sign if sign in _HINTS else char]}" if char in _HINTS else ""
            raise ExpressionError(f"unexpected {sign!r}{hint}", position, len(sign), replacement=_MEANT.get(sign))
        word = found[0]
        if kind == "operator":
            if word == "|" and text.startswith("||", position):
                raise ExpressionError("unexpected '||'; write `or`", position, 2, replacement=_MEANT["||"])
            if word in _CLOSING:
                opened.append((word, position))
            elif word in _CLOSING.values():
                if not opened:
                    raise ExpressionError(f"unmatched {word}", position)
                bracket, at = opened.pop()
                if _CLOSING[bracket] != word:
                    raise ExpressionError(f"{bracket} at column {at + 1} is closed by {word}", position)
        yield Token(position, operators[word] if kind == "operator" else kind, _value(kind, word, position))
        position = found.end()
    yield Token(len(text), TOKEN_EOF, "")


def _match(text: str, position: int) -> tuple[str, re.Match[str] | None]:
    for kind, pattern in _RULES:
        found = pattern.match(text, position)
        if found:
            return kind, found
    return "", None


_RULES: list[tuple[str, re.Pattern[str]]] = [
    ("float", float_re),
    ("integer", integer_re),
    ("name", re.compile(r"\w+")),
    ("string", string_re),
    ("operator", operator_re),
]


def _value(kind: str, word: str, position: int) -> Any:
    if kind == "name" and not word.isidentifier():
        raise ExpressionError(f"{word!r} is not a valid name", position, len(word))
    if kind in ("integer", "float") and len(word) > _DIGITS:
        raise ExpressionError("the number is too long", position, len(word), "expression.limit")
    if kind == "integer":
        return int(word.replace("_", ""), 0)
    if kind == "float":
        value = float(word.replace("_", ""))
        if value == float("inf"):
            raise ExpressionError("the number is too big", position, len(word), "expression.limit")
        return value
    if kind == "string":
        try:
            plain = word[1:-1].encode("ascii", "backslashreplace").decode("unicode-escape")
            plain.encode()
        except UnicodeError as error:
            reason = getattr(error, "reason", str(error))
            raise ExpressionError(f"invalid escape in the text: {reason}", position, len(word)) from None
        return plain
    return word


def _in_words(message: str) -> str:
    """Return a message of Jinja's parser without the names of its tokens."""
    found = _EXPECTED.fullmatch(message)
    if found is None:
        return message
    expected, actual = (_TOKENS.get(each, each) for each in found.groups())
    hint = "; there are no comprehensions: use | map(...) or | select(...)" if actual == "'for'" else ""
    return f"expected {expected} instead of {actual}{hint}"


def _unexpected(text: str, tokens: list[Token], token: Token) -> ExpressionError:
    length = _length(text, tokens, token.lineno)
    sign = text[max(token.lineno - 2, 0) : token.lineno + 1]
    if token.type == "assign" and sign in _SAME:
        return ExpressionError(f"unexpected {sign!r}; write {sign[:2]}", token.lineno - 2, 3, replacement=sign[:2])
    if token.type == "assign":
        return ExpressionError("= is not a comparison; write ==", token.lineno, length, replacement="==")
    if token.type == "comma":
        return ExpressionError("expected one expression; write a list in [ ]", token.lineno, length)
    return ExpressionError(f"unexpected {text[token.lineno : token.lineno + length]!r}", token.lineno, length)


def _length(text: str, tokens: list[Token], offset: int) -> int:
    """Return the length of the token at an offset."""
    following = next((token.lineno for token in tokens if token.lineno > offset), len(text))
    return max(1, len(text[offset:following].rstrip()))
