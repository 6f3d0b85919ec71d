"""Locations of diagnostics in a text that is being edited."""

from collections.abc import Iterable
from dataclasses import field

from wftui.compiler.diagnostics.diagnostic import Diagnostic, locate
from wftui.compiler.source.document import Document
from wftui.model.data_class import dataclass
from wftui.model.workflow.compilation import CompilationError

_Known = tuple[Diagnostic, tuple[int, int], CompilationError]


@dataclass(slots=True)
class Locator:
    """Locates diagnostics; those of unchanged steps move along with their step."""

    _known: dict[int, _Known] = field(default_factory=dict)

    def located(
        self, found: Iterable[Diagnostic], document: Document, before: Document | None
    ) -> list[CompilationError]:
        """Return diagnostics with their lines and columns.

        Args:
            before: the document of the last call, if this one is an edit of it.
        """
        made, known = [], dict[int, _Known]()
        for each in found:
            at = document.element_start(each.pointer, before) if before is not None else None
            earlier = self._known.get(id(each)) if at is not None else None
            if earlier is None or at is None or earlier[1][1] != at[1]:
                error = locate(each, document)
            else:
                error, down = earlier[2], at[0] - earlier[1][0]
                if down:
                    error = error.model_copy(update={"line": error.line + down})
            made.append(error)
            place = at if at is not None else document.element_start(each.pointer)
            if place is not None:
                known[id(each)] = each, place, error
        self._known = known
        return made
