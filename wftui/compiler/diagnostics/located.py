"""Locations of diagnostics in a text that is being edited."""

from collections.abc import Callable, Iterable
from dataclasses import field

from wftui.compiler.diagnostics.diagnostic import Diagnostic, locate
from wftui.compiler.source.document import Document
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.workflow.compilation import CompilationError

_Known = tuple[Diagnostic, Json, int, int, CompilationError]
"""A diagnostic, the step that it is in, with its line and its column, and where it is in the text."""


@dataclass(slots=True)
class Locator:
    """Locates diagnostics; those of unchanged steps move along with their step."""

    _known: dict[int, _Known] = field(default_factory=dict)

    def located(
        self, found: Iterable[Diagnostic], document: Document, origin: Callable[[Diagnostic], Diagnostic]
    ) -> list[CompilationError]:
        """Return diagnostics with their lines and columns.

        Args:
            origin: returns what a diagnostic was in the last call, before its step moved within its list.
        """
        made, known = [], dict[int, _Known]()
        for each in found:
            around = document.element_around(each.pointer)
            if around is None:
                made.append(locate(each, document))
                continue
            step, line, column = around
            before = origin(each)
            earlier = self._known.get(id(before))
            # A step that is the same object has the same text, and the diagnostic its place in that.
            if earlier is None or earlier[1] is not step or earlier[3] != column:
                error = locate(each, document)
            else:
                error, down = earlier[4], line - earlier[2]
                if before is not each:
                    moved = {"line": error.line + down, "pointer": each.pointer, "fixes": list(each.fixes)}
                    error = error.model_copy(update=moved)
                elif down:
                    error = error.model_copy(update={"line": error.line + down})
            made.append(error)
            known[id(each)] = each, step, line, column, error
        self._known = known
        return made
