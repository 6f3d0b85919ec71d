"""A diagnostic at an offset of workflow.json or of one expression in it."""

from wftui.model.data_class import dataclass
from wftui.model.workflow.compilation import Fix


@dataclass(frozen=True, slots=True)
class TextDiagnostic:
    """An error at a position of a text.

    Attributes:
        code: stable dotted words; documented in `codes.py`.
        offset: of the marked stretch, in characters.
        replacement: text for that stretch that would remove the diagnostic.
        fix: change to the text around it that would remove the diagnostic.
        other_fix: another one; the user has to say which of them is meant.
    """

    code: str
    message: str
    offset: int
    length: int = 1
    replacement: str | None = None
    fix: Fix | None = None
    other_fix: Fix | None = None
