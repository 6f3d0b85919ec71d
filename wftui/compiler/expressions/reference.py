"""A reference in an expression: its root name and the literal path after it."""

from typing import Literal

from wftui.model.data_class import dataclass

Root = Literal["inputs", "steps", "run", "env", "secrets", "connection", "local"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that an expression reads.

    Attributes:
        root: its first name; `local` for any other name, which is then the first of `path`.
        path: the literal keys and positions after the root, up to the first computed one.
        offset: of its first character in the expression.
        length: of all of it in the text.
        soft: a missing value is allowed for, by `| default(...)` or `is defined`.
        guarded: it is read only where a test in the expression says that it, or a part of its path, is defined.
    """

    root: Root
    path: tuple[str | int, ...]
    offset: int
    length: int
    soft: bool = False
    guarded: bool = False

    @property
    def text(self) -> str:
        """The reference as an expression writes it."""
        names = self.path if self.root == "local" else (self.root, *self.path)
        first, *rest = names
        return str(first) + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in rest)
