"""Repair of scripts with `{{ }}`: values as quoted environment variables.

Only where that is certain; a script that is too clever is left to its author.
"""

import itertools
import re
from collections.abc import Mapping

from wftui.model.base import Json

_EXPRESSION = re.compile(r"\$?\{\{\s*([^{}]+?)\s*\}\}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP_OUTPUT = re.compile(r"steps\.(\w+)\.output((?:\.\w+)*)")
_TOO_CLEVER = re.compile(r"`|<<(?!<)|\$\(\(|\$'|\besac\b")
"""Backquotes, here-documents, arithmetic, `$'…'` and case: where a quote begins or ends is not plain to see."""
_BEFORE_A_WORD = frozenset(" \t\n;&|(")
_TAKEN = re.compile(
    r"CDPATH|COLUMNS|DISPLAY|EDITOR|ENV|EUID|GROUPS|HOME|HOSTNAME|IFS|LANG|LINENO|LINES|LOGNAME|MAIL|OLDPWD|OPTARG"
    r"|OPTIND|OSTYPE|PAGER|PATH|PPID|PS[124]|PWD|RANDOM|REPLY|SECONDS|SHELL|SHLVL|TERM|TMPDIR|TZ|UID|USER"
    r"|(BASH|GIT_|LC_|LD_|PYTHON|WFTUI_)\w*"
)
"""Variables that mean something to the shell or to common programs."""


def values_by_environment(script: str, env: Mapping[str, Json]) -> tuple[str, dict[str, Json]] | None:
    """Return the script with `$NAME` for `{{ }}`, and its environment, or None."""
    if _TOO_CLEVER.search(script):
        return None
    names = _Names(_EXPRESSION.sub("", script), env)
    made: list[str] = []
    inside = ["plain"]
    position = 0
    while position < len(script):
        where, rest = inside[-1], script[position : position + 2]
        found = _EXPRESSION.match(script, position)
        if found is not None:
            variable = f"${{{names.of(found[1])}}}"
            made.append({"plain": f'"{variable}"', "single": f"'\"{variable}\"'"}.get(where, variable))
            position = found.end()
            continue
        taken = 1
        if where == "comment":
            if rest[0] == "\n":
                inside.pop()
        elif where == "single":
            if rest[0] == "'":
                inside.pop()
        elif rest[0] == "\\":
            taken = 2
        elif rest == "$(":
            inside.append("plain")
            taken = 2
        elif rest[0] == '"':
            inside = inside[:-1] if where == "double" else [*inside, "double"]
        elif where == "plain":
            if rest[0] == "'":
                inside.append("single")
            elif rest[0] == "(":
                inside.append("plain")
            elif rest[0] == ")" and len(inside) > 1:
                inside.pop()
            elif rest[0] == "#" and (position == 0 or script[position - 1] in _BEFORE_A_WORD):
                inside.append("comment")
        made.append(script[position : position + taken])
        position += taken
    text = "".join(made)
    if "{{" in text or inside not in (["plain"], ["plain", "comment"]):
        return None
    return text, names.env


class _Names:
    """Variable names for expressions, distinct from existing ones."""

    def __init__(self, script: str, env: Mapping[str, Json]) -> None:
        self.env = dict(env)
        self._used = set(_WORD.findall(script))

    def of(self, expression: str) -> str:
        value = f"{{{{ {expression} }}}}"
        for name, known in self.env.items():
            if known == value:
                return name
        stem = _stem(expression)
        candidates = itertools.chain([stem], (f"{stem}_VALUE{number or ''}" for number in itertools.count()))
        name = next(name for name in candidates if self._free(name))
        self.env[name] = value
        return name

    def _free(self, name: str) -> bool:
        return name not in self.env and name not in self._used and not _TAKEN.fullmatch(name)


def _stem(expression: str) -> str:
    of_step = _STEP_OUTPUT.match(expression)
    if of_step is not None:
        return "_".join([of_step[1], *of_step[2].split(".")[1:]]).upper()
    words = _WORD.findall(expression.partition("|")[0])
    return words[-1].upper() if words else "VALUE"
