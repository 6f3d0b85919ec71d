"""Compiled expressions: code, references, diagnostics; independent of workflows."""

from jinja2 import nodes

from wftui.compiler.expressions.reference import Reference
from wftui.compiler.expressions.syntax import MAX_DEPTH, ExpressionError, depth_of, parse
from wftui.compiler.expressions.translate import Translator
from wftui.compiler.python_code import Code
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.compiler.text_caches import text_cache
from wftui.model.data_class import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression; `tree` and `python` are None if it has errors.

    There is one object per text, so that identity works as a key.
    """

    text: str
    tree: nodes.Expr | None
    python: Code | None
    references: tuple[Reference, ...]
    diagnostics: tuple[TextDiagnostic, ...]


@text_cache(50_000)
def compile_expression(text: str) -> Expression:
    """Compile the text of an expression, without braces."""
    try:
        tree = parse(text)
        if depth_of(tree) > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply", 0, len(text), "expression.limit")
    except ExpressionError as error:
        diagnostic = TextDiagnostic(error.code, str(error), error.offset, error.length, error.replacement)
        return Expression(text, None, None, (), (diagnostic,))
    translator = Translator(text)
    python = translator.translate(tree)
    diagnostics = tuple(translator.diagnostics)
    return Expression(text, tree, None if diagnostics else python, tuple(translator.references), diagnostics)
