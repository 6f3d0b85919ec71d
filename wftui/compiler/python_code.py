"""Python code as a tree of expressions, each with its form on one line."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, overload

from wftui.model.base import Json

Sign = Literal["and", "or", "==", "!=", "not", "if"]

_BINDING: dict[Sign, int] = {"if": 0, "or": 1, "and": 2, "not": 3, "==": 4, "!=": 4}


Found = TypeVar("Found")


class _Once(Generic[Found]):
    """A property that is computed once.

    `functools.cached_property` takes a lock for each before Python 3.12, a tenth of the time of writing a step.
    """

    def __init__(self, compute: "Callable[[Code], Found]") -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, code: None, owner: type) -> "_Once[Found]": ...

    @overload
    def __get__(self, code: "Code", owner: type) -> Found: ...

    def __get__(self, code: "Code | None", owner: type) -> "Found | _Once[Found]":
        if code is None:
            return self
        found = code.__dict__[self._name] = self._compute(code)
        return found


class Code:
    """A Python expression; `flat` is its form on one line."""

    @_Once
    def flat(self) -> str:
        """The whole expression on one line."""
        return self._flat()

    @_Once
    def holds_block(self) -> bool:
        """Return whether a string inside is written as a block of several lines."""
        return not isinstance(self, Operation | Lambda) and any(part.holds_block for part in self._parts())

    @_Once
    def marks(self) -> int:
        """Number of marked expressions in it.

        Two never share a line: the line of a traceback identifies the one that failed.
        """
        return isinstance(self, Marked) + sum(part.marks for part in self._parts())

    def _parts(self) -> "Sequence[Code]":
        return ()

    def _flat(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Atom(Code):
    """A name or a literal, never split."""

    text: str

    @property
    def flat(self) -> str:
        """The text; `holds_block` and `marks` need no look inside either."""
        return self.text

    @property
    def holds_block(self) -> bool:
        """Never."""
        return False

    @property
    def marks(self) -> int:
        """None."""
        return 0


@dataclass(frozen=True)
class Text(Code):
    """A string literal, written as a block if it has several lines.

    Inside an operation or a lambda it stays on one line.
    """

    value: str

    def _flat(self) -> str:
        return text_literal(self.value)

    @property
    def holds_block(self) -> bool:
        """Return whether it has more than one line that is not blank."""
        return "\n" in self.value and sum(not line.isspace() for line in self.value.split("\n") if line) > 1

    def block(self) -> list[str]:
        """Return the lines of the literal in triple quotes, from the first column on."""
        text = _UNPRINTABLE.sub(_escape, self.value.replace("\\", "\\\\"))
        text = _TRAILING_SPACE.sub(lambda found: "\\t" if found[0] == "\t" else "\\x20", text)
        text = _QUOTE_OF_THREE.sub(r"\\\g<0>", text)
        return ['"""\\', *f'{text}"""'.split("\n")]


@dataclass(frozen=True)
class Bracketed(Code):
    """A call, a list or a tuple: `opening part, part closing`.

    Attributes:
        broken: write one part per line even if all fit on one.
    """

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
    """`name=value`, or `"key": value`; `prefix` is all before the value."""

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
        """The part before the body."""
        return f"lambda {self.parameters}: " if self.parameters else "lambda: "

    def _parts(self) -> Sequence[Code]:
        return (self.body,)


@dataclass(frozen=True)
class Operation(Code):
    """`a and b`, `a == b`, `not a` and so on; `a if c else b` has operands a, c, b."""

    sign: Sign
    operands: tuple[Code, ...]

    def _flat(self) -> str:
        inside = [f"({each.flat})" if self._needs_parentheses(each) else each.flat for each in self.operands]
        if self.sign == "not":
            return f"not {inside[0]}"
        if self.sign == "if":
            return f"{inside[0]} if {inside[1]} else {inside[2]}"
        return f" {self.sign} ".join(inside)

    def _needs_parentheses(self, operand: Code) -> bool:
        return isinstance(operand, Operation) and _BINDING[operand.sign] <= _BINDING[self.sign]

    def _parts(self) -> Sequence[Code]:
        return self.operands


@dataclass(frozen=True)
class Marked(Code):
    """An expression to locate in workflow.json; `mark` is its pointer and offset."""

    body: Code
    mark: tuple[str, int]

    def _flat(self) -> str:
        return self.body.flat

    def _parts(self) -> Sequence[Code]:
        return (self.body,)


def call(name: str, *arguments: Code) -> Code:
    """`name(arguments)`."""
    return Bracketed(f"{name}(", arguments, ")")


def record(name: str, fields: Mapping[str, Code]) -> Code:
    """`name(field=value)`, one field per line."""
    return Bracketed(f"{name}(", tuple(Named(f"{key}=", value) for key, value in fields.items()), ")", broken=True)


def listing(items: Sequence[Code]) -> Code:
    """`[items]`."""
    return Bracketed("[", tuple(items), "]")


def tuple_of(items: Sequence[Code]) -> Code:
    """`(items)`."""
    return Bracketed("(", tuple(items), ")")


def mapping(items: Sequence[tuple[str, Code]]) -> Code:
    """`{"key": value}`."""
    return Bracketed("{", tuple(Named(f"{text_literal(key)}: ", value) for key, value in items), "}")


def literal(value: Json) -> Code:
    """Return a JSON value as Python."""
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
    """Return a literal on one line, in double quotes unless single ones save escapes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    if value.isascii() and value.isprintable() and "\\" not in value and quote not in value:
        return f"{quote}{value}{quote}"
    text = value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\t", "\\t").replace("\n", "\\n")
    return f"{quote}{_UNPRINTABLE.sub(_escape, text)}{quote}"


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    if found[0] == "\r":
        return "\\r"
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def walk(code: Code) -> Iterator[Code]:
    """Yield the expression and all expressions in it."""
    waiting = [code]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(each._parts())
