"""Python code as a tree, and how it is written: as ruff formats it, at any line length from 88 on.

What fits its line is written flat; what does not is broken with one part per line and a trailing comma, which
formatters keep. Operators cannot be broken that way, so an operation that does not fit becomes statements with names
for its parts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from wftui.model.base import Json

Sign = Literal["and", "or", "==", "!=", "not", "if"]

_BINDING: dict[Sign, int] = {"if": 0, "or": 1, "and": 2, "not": 3, "==": 4, "!=": 4}

WIDTH = 88
"""Columns of a line: the default of ruff and black."""

INDENT = "    "


class Code:
    """A Python expression. `flat` is how it stands on one line."""

    @cached_property
    def flat(self) -> str:
        """The whole expression on one line."""
        return self._flat()

    @cached_property
    def holds_block(self) -> bool:
        """Whether a text in it is written as a block, so that it does not stand on one line."""
        return not isinstance(self, Operation | Lambda) and any(part.holds_block for part in self._parts())

    @cached_property
    def marks(self) -> int:
        """How many marked expressions are in it; two never share a line, so that a line tells which one failed."""
        return isinstance(self, Marked) + sum(part.marks for part in self._parts())

    def _parts(self) -> "Sequence[Code]":
        return ()

    def _flat(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Atom(Code):
    """A name or a literal, never broken."""

    text: str

    def _flat(self) -> str:
        return self.text


@dataclass(frozen=True)
class Text(Code):
    """A string literal: on one line inside an operation or a lambda, else as a block if it has several lines."""

    value: str

    def _flat(self) -> str:
        return text_literal(self.value)

    @cached_property
    def holds_block(self) -> bool:
        """Whether there is more than one line to be read in it."""
        return "\n" in self.value and sum(not line.isspace() for line in self.value.split("\n") if line) > 1

    def block(self) -> list[str]:
        """The literal in triple quotes, its lines as they are, from the first column on."""
        text = _UNPRINTABLE.sub(_escape, self.value.replace("\\", "\\\\"))
        text = _TRAILING_SPACE.sub(lambda found: "\\t" if found[0] == "\t" else "\\x20", text)
        text = _QUOTE_OF_THREE.sub(r"\\\g<0>", text)
        return ['"""\\', *f'{text}"""'.split("\n")]


@dataclass(frozen=True)
class Group(Code):
    """`opening part, part closing`: a call, a list or a tuple; `broken` writes one part per line in any case."""

    opening: str
    items: tuple[Code, ...]
    closing: str
    broken: bool = False

    def _flat(self) -> str:
        inside = ", ".join(entry.flat for entry in self.items)
        comma = "," if self.opening == "(" and len(self.items) == 1 else ""
        return f"{self.opening}{inside}{comma}{self.closing}"

    def _parts(self) -> Sequence[Code]:
        return self.items


@dataclass(frozen=True)
class Named(Code):
    """`name=value`, or `"key": value`: `prefix` is all that stands before the value."""

    prefix: str
    value: Code

    def _flat(self) -> str:
        return self.prefix + self.value.flat

    def _parts(self) -> Sequence[Code]:
        return (self.value,)


@dataclass(frozen=True)
class Lambda(Code):
    """`lambda: body`, or with parameters."""

    body: Code
    parameters: str = ""

    def _flat(self) -> str:
        return f"{self.prefix}{self.body.flat}"

    @property
    def signature(self) -> str:
        """The parameters, with their types."""
        return f"{self.parameters}: Json" if self.parameters else ""

    @property
    def prefix(self) -> str:
        """What stands before the body."""
        return f"lambda {self.parameters}: " if self.parameters else "lambda: "

    def _parts(self) -> Sequence[Code]:
        return (self.body,)


@dataclass(frozen=True)
class Operation(Code):
    """`a and b`, `a or b`, `a == b`, `a != b`, `not a`, or `a if c else b` (operands a, c, b)."""

    sign: Sign
    operands: tuple[Code, ...]

    def _flat(self) -> str:
        inside = [f"({each.flat})" if self._asks_parentheses(each) else each.flat for each in self.operands]
        if self.sign == "not":
            return f"not {inside[0]}"
        if self.sign == "if":
            return f"{inside[0]} if {inside[1]} else {inside[2]}"
        return f" {self.sign} ".join(inside)

    def _asks_parentheses(self, operand: Code) -> bool:
        return isinstance(operand, Operation) and _BINDING[operand.sign] <= _BINDING[self.sign]

    def _parts(self) -> Sequence[Code]:
        return self.operands


@dataclass(frozen=True)
class Marked(Code):
    """An expression whose line is to be remembered; `mark` is its pointer in workflow.json and its offset there."""

    body: Code
    mark: tuple[str, int]

    def _flat(self) -> str:
        return self.body.flat

    def _parts(self) -> Sequence[Code]:
        return (self.body,)


def call(name: str, *arguments: Code) -> Code:
    """`name(arguments)`."""
    return Group(f"{name}(", arguments, ")")


def record(name: str, fields: Mapping[str, Code]) -> Code:
    """`name(field=value)`, one field per line."""
    return Group(f"{name}(", tuple(Named(f"{key}=", value) for key, value in fields.items()), ")", broken=True)


def listing(items: Sequence[Code]) -> Code:
    """`[items]`."""
    return Group("[", tuple(items), "]")


def tuple_of(items: Sequence[Code]) -> Code:
    """`(items)`."""
    return Group("(", tuple(items), ")")


def mapping(items: Sequence[tuple[str, Code]]) -> Code:
    """`{"key": value}`."""
    return Group("{", tuple(Named(f"{text_literal(key)}: ", value) for key, value in items), "}")


def literal(value: Json) -> Code:
    """A JSON value as Python."""
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, list | tuple):
        return listing([literal(entry) for entry in value])
    if isinstance(value, dict):
        return mapping([(key, literal(entry)) for key, entry in value.items()])
    if isinstance(value, float):
        return Atom(repr(value).replace("e+", "e"))
    return Atom(repr(value))


_UNPRINTABLE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\ud800-\uf8ff\ufeff\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001345f"
    "\U0001bca0-\U0001bcaf\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
"""Controls, spaces, private characters: a fixed list, as `str.isprintable` differs between versions of Python."""
_QUOTE_OF_THREE = re.compile(r'"(?=""|\Z)')
_TRAILING_SPACE = re.compile(r"[ \t](?=\n)")


def text_literal(value: str) -> str:
    """Return a text as a literal on one line: in double quotes unless single ones save escapes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    text = value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\t", "\\t").replace("\n", "\\n")
    return f"{quote}{_UNPRINTABLE.sub(_escape, text)}{quote}"


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    if found[0] == "\r":
        return "\\r"
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def columns(text: str) -> int:
    """Return how many columns a line takes at most: what is wide differs between versions of Unicode."""
    return len(text) if text.isascii() else len(text) + sum(char > "\x7f" for char in text)


class _TooWideError(Exception):
    """An operation, or a lambda over one, that does not fit and must become statements."""

    def __init__(self, code: Code) -> None:
        self.code = code


@dataclass
class Lines:
    """Lines as they are written, and the line (from 0) at which each mark begins."""

    lines: list[str] = field(default_factory=list)
    marks: list[tuple[int, tuple[str, int]]] = field(default_factory=list)


def function(name: str, code: Code, decorator: str = "") -> Lines:
    """`def name(scope: Scope) -> Json:` that returns the value of an expression.

    The marks count from the first line (0), which is the decorator's if there is one.
    """
    out = Lines([decorator] if decorator else [])
    head = f"def {name}(scope: Scope) -> Json:"
    if columns(head) > WIDTH:
        out.lines += [f"def {name}(", f"{INDENT}scope: Scope,", ") -> Json:"]
    else:
        out.lines.append(head)
    _Body(out).statement("return ", code, INDENT)
    return out


def assignment(prefix: str, code: Code) -> list[str]:
    """`prefix` and an expression without operations, as lines: `NAME = StepPlan(...)`."""
    out = Lines()
    _Body(out).statement(prefix, code, "")
    return out.lines


class _Body:
    """Writes statements; operations that are too wide go into names of their own first."""

    def __init__(self, out: Lines) -> None:
        self.out = out
        self.names = 0

    def statement(self, prefix: str, code: Code, indent: str) -> None:
        """Write `prefix code`, after whatever must stand before it."""
        while True:
            trial = Lines()
            try:
                _Layout(trial).write(indent + prefix, code, indent, "")
            except _TooWideError as wide:
                self.names += 1
                name = f"value_{self.names}"
                self._hoist(name, wide.code, indent)
                code = _replaced(code, wide.code, Atom(name))
                continue
            start = len(self.out.lines)
            self.out.lines += trial.lines
            self.out.marks += [(start + line, mark) for line, mark in trial.marks]
            return

    def _hoist(self, name: str, code: Code, indent: str) -> None:
        while isinstance(code, Marked):
            self.out.marks.append((len(self.out.lines), code.mark))
            code = code.body
        inner = indent + INDENT
        if isinstance(code, Lambda):
            # A blank line before and after a nested function, but for one that comes first in another.
            if self.out.lines[-1] and not self.out.lines[-1].lstrip().startswith(("def ", ") -> ")):
                self.out.lines.append("")
            self.out.lines.append(f"{indent}def {name}({code.signature}) -> Json:")
            self.statement("return ", code.body, inner)
            self.out.lines.append("")
            return
        assert isinstance(code, Operation)
        target = f"{name} = "
        if code.sign in ("and", "or"):
            self.statement(target, code.operands[0], indent)
            for operand in code.operands[1:]:
                self.out.lines.append(f"{indent}if {name}:" if code.sign == "and" else f"{indent}if not {name}:")
                self.statement(target, operand, inner)
        elif code.sign == "if":
            chosen, condition, other = code.operands
            self.statement(target, condition, indent)
            self.out.lines.append(f"{indent}if {name}:")
            self.statement(target, chosen, inner)
            self.out.lines.append(f"{indent}else:")
            self.statement(target, other, inner)
        else:
            named: list[Code] = []
            for operand in code.operands:
                self.names += 1
                part = f"value_{self.names}"
                self.statement(f"{part} = ", operand, indent)
                named.append(Atom(part))
            self.statement(target, Operation(code.sign, tuple(named)), indent)


class _Layout:
    """Writes one expression."""

    def __init__(self, out: Lines) -> None:
        self.out = out

    def write(self, prefix: str, code: Code, indent: str, suffix: str) -> None:
        """Write `prefix code suffix`; lines that follow are indented by `indent`.

        Raises:
            _TooWideError: for an operation that does not fit.
        """
        marked = code
        while isinstance(code, Marked):
            self.out.marks.append((len(self.out.lines), code.mark))
            code = code.body
        fits = columns(prefix) + columns(code.flat) + len(suffix) <= WIDTH
        forced = isinstance(code, Group) and code.broken
        if code.holds_block and isinstance(code, Text):
            first, *others = code.block()
            self.out.lines += [prefix + first, *others[:-1], others[-1] + suffix]
        elif isinstance(code, Atom | Text) or (fits and code.marks < 2 and not forced and not code.holds_block):
            if code.marks:
                line = len(self.out.lines)
                self.out.marks += [(line, each.mark) for each in walk(code) if isinstance(each, Marked)]
            self.out.lines.append(prefix + code.flat + suffix)
        elif isinstance(code, Operation):
            raise _TooWideError(marked)
        elif isinstance(code, Named):
            self.write(prefix + code.prefix, code.value, indent, suffix)
        elif isinstance(code, Lambda):
            body = code.body
            while isinstance(body, Marked):
                body = body.body
            opening = body.opening if isinstance(body, Group) else body.flat
            if isinstance(body, Operation) or columns(prefix + code.prefix + opening) > WIDTH:
                raise _TooWideError(marked)
            try:
                self.write(prefix + code.prefix, code.body, indent, suffix)
            except _TooWideError:
                # What is inside may use the parameter, so the whole lambda becomes a function.
                raise _TooWideError(marked) from None
        elif isinstance(code, Group) and code.items:
            self.out.lines.append(prefix + code.opening)
            for entry in code.items:
                self.write(indent + INDENT, entry, indent + INDENT, ",")
            self.out.lines.append(indent + code.closing + suffix)
        else:
            self.out.lines.append(prefix + code.flat + suffix)


def _replaced(code: Code, old: Code, new: Code) -> Code:
    """The tree with one node replaced."""
    if code is old:
        return new
    if isinstance(code, Marked):
        body = _replaced(code.body, old, new)
        return code if body is code.body else Marked(body, code.mark)
    if isinstance(code, Named):
        return Named(code.prefix, _replaced(code.value, old, new))
    if isinstance(code, Lambda):
        return Lambda(_replaced(code.body, old, new), code.parameters)
    if isinstance(code, Group):
        return Group(code.opening, tuple(_replaced(each, old, new) for each in code.items), code.closing, code.broken)
    return code


def walk(code: Code) -> Iterator[Code]:
    """The expression and all in it."""
    yield code
    for part in code._parts():
        yield from walk(part)
