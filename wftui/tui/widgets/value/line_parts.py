"""Parts of the lines of a value."""

from typing import Literal

Kind = Literal["key", "string", "number", "word", "mark", "note", "fold"]
"""Kind of a part of a line; `fold` is the indent of a continuation line."""
Part = tuple[str, Kind]
Line = tuple[Part, ...]
