"""One expression, compiled: its code, what it refers to, and what is wrong with it. Knows nothing of a workflow."""

import functools
from dataclasses import dataclass
from typing import Literal

from jinja2 import nodes

from wftui.compiler.expressions.syntax import MAX_DEPTH, ExpressionError, depth_of, parse
from wftui.compiler.python_code import Code

Root = Literal["inputs", "steps", "run", "env", "secrets", "connection", "local"]


@dataclass(frozen=True, slots=True)
class Reference:
    """What an expression reads.

    Attributes:
        root: the name it begins with; `local` for every other name, which then is the first of `path`.
        path: the literal keys and positions after the root, up to the first that is computed.
        offset: of its first character in the expression.
        length: of all of it in the text.
        soft: a missing value is allowed for, by `| default(...)` or `is defined`.
    """

    root: Root
    path: tuple[str | int, ...]
    offset: int
    length: int
    soft: bool = False

    @property
    def text(self) -> str:
        """How the expression writes it."""
        names = self.path if self.root == "local" else (self.root, *self.path)
        first, *rest = names
        return str(first) + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in rest)


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """Something wrong in an expression, at a place in its text; `replacement` for that place would remove it."""

    code: str
    message: str
    offset: int
    length: int
    replacement: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression; `tree` and `python` are None when it could not be compiled.

    There is one of each text, so that it stands for itself wherever it is looked up.
    """

    text: str
    tree: nodes.Expr | None
    python: Code | None
    references: tuple[Reference, ...]
    problems: tuple[ExpressionProblem, ...]


@functools.lru_cache(maxsize=50_000)
def compile_expression(text: str) -> Expression:
    """Compile the text of an expression, without braces."""
    # Imported here, because the translator needs the types above.
    from wftui.compiler.expressions.translate import Translator

    try:
        tree = parse(text)
        if depth_of(tree) > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply", 0, len(text), "expression.limit")
    except ExpressionError as error:
        problem = ExpressionProblem(error.code, str(error), error.offset, error.length, error.replacement)
        return Expression(text, None, None, (), (problem,))
    translator = Translator(text)
    python = translator.translate(tree)
    problems = tuple(translator.problems)
    return Expression(text, tree, None if problems else python, tuple(translator.references), problems)
