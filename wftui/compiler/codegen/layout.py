"""Write code as ruff formats it, at any line length from 88 on.

What fits its line is written flat; what does not is broken with one part per line and a trailing comma, which
formatters keep. Operators cannot be broken that way: an operation that does not fit becomes statements with names for
its parts. `ast.unparse` has no layout (one line per statement, however long) and differs between versions of Python.
"""

from dataclasses import dataclass, field

from wftui.compiler.python_code import Atom, Bracketed, Code, Lambda, Marked, Named, Operation, Text, walk

WIDTH = 88
"""Columns of a line: the default of ruff and black."""

INDENT = "    "


def columns(text: str) -> int:
    """Return the most columns a line can take; versions of Unicode differ on widths."""
    return len(text) if text.isascii() else len(text) + sum(char > "\x7f" for char in text)


class _TooWideError(Exception):
    """An operation, or a lambda over one, does not fit and must become statements."""

    def __init__(self, code: Code) -> None:
        self.code = code


@dataclass
class Lines:
    """Written lines, and the line (from 0) where each mark begins."""

    lines: list[str] = field(default_factory=list)
    marks: list[tuple[int, tuple[str, int]]] = field(default_factory=list)


def function(name: str, code: Code, decorator: str = "") -> Lines:
    """Write a function that returns the value of an expression.

    The marks count from the first line (0), which is the decorator's if there is one.
    """
    out = Lines([decorator] if decorator else [])
    head = f"def {name}(scope: Scope) -> Json:"
    if columns(head) > WIDTH:
        out.lines += [f"def {name}(", f"{INDENT}scope: Scope,", ") -> Json:"]
    else:
        out.lines.append(head)
    _Statements(out).statement("return ", code, INDENT)
    return out


def assignment(prefix: str, code: Code) -> list[str]:
    """Write `prefix` and an expression without operations: `NAME = StepPlan(...)`."""
    out = Lines()
    _Statements(out).statement(prefix, code, "")
    return out.lines


class _Statements:
    """Writer of statements; assigns operations that are too wide to names first."""

    def __init__(self, out: Lines) -> None:
        self.out = out
        self.names = 0

    def statement(self, prefix: str, code: Code, indent: str) -> None:
        """Write `prefix code`, after the statements it depends on."""
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
            # A blank line before and after a nested function, except one at the start of another.
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
    """Writer of one expression."""

    def __init__(self, out: Lines) -> None:
        self.out = out

    def write(self, prefix: str, code: Code, indent: str, suffix: str) -> None:
        """Write `prefix code suffix`; lines that follow are indented by `indent`.

        Raises:
            _TooWideError: for an operation that does not fit.
        """
        while isinstance(code, Named) and isinstance(code.value, Atom | Text):
            prefix, code = prefix + code.prefix, code.value
        if isinstance(code, Atom):
            self.out.lines.append(prefix + code.text + suffix)
            return
        if isinstance(code, Bracketed) and code.broken and code.items:
            self._items(prefix, code, indent, suffix)
            return
        marked = code
        while isinstance(code, Marked):
            self.out.marks.append((len(self.out.lines), code.mark))
            code = code.body
        fits = columns(prefix) + columns(code.flat) + len(suffix) <= WIDTH
        forced = isinstance(code, Bracketed) and code.broken
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
            opening = body.opening if isinstance(body, Bracketed) else body.flat
            if isinstance(body, Operation) or columns(prefix + code.prefix + opening) > WIDTH:
                raise _TooWideError(marked)
            try:
                self.write(prefix + code.prefix, code.body, indent, suffix)
            except _TooWideError:
                # The inside may use the parameter, so the whole lambda becomes a function.
                raise _TooWideError(marked) from None
        elif isinstance(code, Bracketed) and code.items:
            self._items(prefix, code, indent, suffix)
        else:
            self.out.lines.append(prefix + code.flat + suffix)

    def _items(self, prefix: str, code: Bracketed, indent: str, suffix: str) -> None:
        """Write one part per line."""
        self.out.lines.append(prefix + code.opening)
        inner = indent + INDENT
        for entry in code.items:
            self.write(inner, entry, inner, ",")
        self.out.lines.append(indent + code.closing + suffix)


def _replaced(code: Code, old: Code, new: Code) -> Code:
    """Return the tree with one node replaced."""
    if code is old:
        return new
    if isinstance(code, Marked):
        body = _replaced(code.body, old, new)
        return code if body is code.body else Marked(body, code.mark)
    if isinstance(code, Named):
        return Named(code.prefix, _replaced(code.value, old, new))
    if isinstance(code, Bracketed):
        return Bracketed(
            code.opening, tuple(_replaced(each, old, new) for each in code.items), code.closing, code.broken
        )
    return code
