"""Python source as a syntax tree."""

import ast
import threading

_PARSING = threading.Lock()


def parse_python(source: str, name: str = "<source>") -> ast.Module:
    """Parse Python source; threads take turns.

    CPython counts the depth of a tree under construction per interpreter, not per thread, and a garbage collection
    in between may switch threads: "AST constructor recursion depth mismatch" (gh-106905).

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: As `ast.parse`.
    """
    with _PARSING:
        return ast.parse(source, name)
