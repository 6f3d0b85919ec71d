"""A reference in an expression: the name it begins with, and the literal path after it."""

from dataclasses import dataclass
from typing import Literal

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
