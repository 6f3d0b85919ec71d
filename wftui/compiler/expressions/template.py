"""Template strings: the parts of a string with `{{ ... }}`, and their code."""

from wftui.compiler.expressions.expression import Expression, compile_expression
from wftui.compiler.expressions.syntax import expression_end
from wftui.compiler.python_code import Code, Marked, Text, call, literal
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.compiler.text_caches import text_cache
from wftui.model.data_class import dataclass
from wftui.model.text.raw_text import next_mark, raw_end


@dataclass(frozen=True, slots=True)
class Embedded:
    """An expression in a string; `offset` is that of its first character."""

    expression: Expression
    offset: int


@dataclass(frozen=True, slots=True)
class Template:
    """The parts of a string, in order: texts and expressions.

    Attributes:
        embedded: the expressions among the parts; `expressions` the same with their offsets in the string.
        diagnostics: those of the string, each with an offset to add.
    """

    parts: tuple[str | Embedded, ...]
    embedded: tuple[Embedded, ...]
    expressions: tuple[tuple[Expression, int], ...]
    diagnostics: tuple[tuple[TextDiagnostic, int], ...]

    @property
    def evaluates(self) -> bool:
        """Return whether there is something to evaluate, or an error."""
        return bool(self.embedded or self.diagnostics)

    @property
    def keeps_type(self) -> bool:
        """Return whether it is exactly one expression, whose value keeps its type."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Embedded)

    def python(self, pointer: str) -> Code:
        """Return the code of a valid template; marks each expression with its position."""
        if not self.embedded:
            return literal("".join(part for part in self.parts if isinstance(part, str)))
        made: list[Code] = []
        for part in self.parts:
            if isinstance(part, str):
                made.append(Text(part))
            else:
                assert part.expression.python is not None
                made.append(Marked(part.expression.python, (pointer, part.offset)))
        return made[0] if self.keeps_type else call("values.text", *made)


@text_cache(50_000)
def split_template(text: str) -> Template | None:
    """Return the template of a string; None without `{{` and `{% raw %}`."""
    mark = next_mark(text, 0)
    if mark is None:
        return None
    parts: list[str | Embedded] = []
    diagnostics: list[tuple[TextDiagnostic, int]] = []
    position = 0
    while mark is not None:
        start = mark.start()
        if start > position:
            parts.append(text[position:start])
        if mark[0] != "{{":
            closing = raw_end(text, mark.end())
            if closing is None:
                sentence = "{% raw %} is not closed by {% endraw %}"
                diagnostics.append((TextDiagnostic("expression.unclosed", sentence, start, len(mark[0])), 0))
                position = start
                break
            parts.append(text[mark.end() : closing.start()])
            position = closing.end()
            mark = next_mark(text, position)
            continue
        end = expression_end(text, start + 2)
        if end < 0:
            diagnostics.append((TextDiagnostic("expression.unclosed", "{{ is not closed by }}", start, 2), 0))
            position = start
            break
        inner = text[start + 2 : end]
        expression = inner.strip()
        offset = start + 2 + (len(inner) - len(inner.lstrip()) if expression else 0)
        parts.append(Embedded(compile_expression(expression), offset))
        position = end + 2
        mark = next_mark(text, position)
    if position < len(text):
        parts.append(text[position:])
    embedded = tuple(part for part in parts if isinstance(part, Embedded))
    diagnostics += [(diagnostic, part.offset) for part in embedded for diagnostic in part.expression.diagnostics]
    expressions = tuple((part.expression, part.offset) for part in embedded)
    return Template(tuple(parts), embedded, expressions, tuple(diagnostics))
