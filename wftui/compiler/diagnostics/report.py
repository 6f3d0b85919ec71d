"""Reports of diagnostics: text with source lines, GitHub annotations, SARIF."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wftui import __version__
from wftui.compiler.diagnostics.codes import CODES
from wftui.model.base import Json
from wftui.model.workflow.compilation import CompilationError, CompilationResult

_LEVELS = {"error": "error", "warning": "warning", "hint": "note"}
_GITHUB = {"error": "error", "warning": "warning", "hint": "notice"}
_MAX_LINE = 160


def human(path: str, source: str, diagnostics: Iterable[CompilationError]) -> str:
    """Return each diagnostic with its source line and a caret under the location.

    Apparent secrets are masked: more people read CI logs than the file.

    Args:
        path: the file, as shown.
        source: its text.
    """
    diagnostics = list(diagnostics)
    lines = _without_secrets(source.split("\n"), diagnostics)
    shown: list[str] = []
    for each in diagnostics:
        shown.append(one_line(path, each))
        if each.line <= len(lines):
            shown += _marked(lines[each.line - 1].rstrip("\r"), each)
        shown += [f"{' ' * _gutter(each)} = fix: {fix.title}" for fix in each.fixes[:1]]
    return "".join(f"{line}\n" for line in shown)


def one_line(path: str, each: CompilationError) -> str:
    """Return `file:line:column: error[code] message`."""
    return f"{path}:{each.line}:{each.column}: {each.severity}[{each.code}] {each.message}"


def summary(results: Sequence[CompilationResult]) -> str:
    """Return `3 errors · 1 warning`, or `ready`."""
    counts = {
        "error": sum(len(result.errors) for result in results),
        "warning": sum(1 for result in results for each in result.warnings if each.severity == "warning"),
        "hint": sum(1 for result in results for each in result.warnings if each.severity == "hint"),
    }
    parts = [f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count]
    return " · ".join(parts) or "ready"


def github(path: str, diagnostics: Iterable[CompilationError]) -> str:
    """Return workflow commands that GitHub shows beside the lines of a pull request."""
    made = []
    for each in diagnostics:
        place = f"file={_property(path)},line={each.line},col={each.column},endColumn={each.column + each.length}"
        made.append(f"::{_GITHUB[each.severity]} {place},title={_property(each.code)}::{_data(each.message)}\n")
    return "".join(made)


def sarif(found: Mapping[str, Sequence[CompilationError]]) -> dict[str, Json]:
    """Return a SARIF 2.1.0 log.

    Args:
        found: diagnostics by file, relative to the repository.
    """
    codes = sorted({each.code for diagnostics in found.values() for each in diagnostics})
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "wftui",
                        "version": __version__,
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _sarif_result(path, each, codes) for path, diagnostics in found.items() for each in diagnostics
                ],
            }
        ],
    }


def _rule(code: str) -> dict[str, Json]:
    # The workspace has codes of its own, for files that cannot be read.
    return {"id": code, "shortDescription": {"text": CODES[code]}} if code in CODES else {"id": code}


def _sarif_result(path: str, each: CompilationError, codes: Sequence[str]) -> dict[str, Json]:
    return {
        "ruleId": each.code,
        "ruleIndex": codes.index(each.code),
        "level": _LEVELS[each.severity],
        "message": {"text": each.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": Path(path).as_posix()},
                    "region": {
                        "startLine": each.line,
                        "startColumn": each.column,
                        "endLine": each.line,
                        "endColumn": each.column + each.length,
                    },
                },
                "logicalLocations": [{"fullyQualifiedName": each.pointer or "/"}],
            }
        ],
    }


def _without_secrets(lines: list[str], diagnostics: Iterable[CompilationError]) -> list[str]:
    for each in diagnostics:
        if each.code == "secret.literal" and each.line <= len(lines):
            line, begin = lines[each.line - 1], each.column - 1
            lines[each.line - 1] = line[:begin] + "*" * each.length + line[begin + each.length :]
    return lines


def _gutter(each: CompilationError) -> int:
    return len(str(each.line)) + 1


def _marked(line: str, each: CompilationError) -> list[str]:
    """Return the line with carets below; of a long line, the part around the location."""
    first = max(0, each.column - 1 - _MAX_LINE // 2) if len(line) > _MAX_LINE else 0
    part = line[first : first + _MAX_LINE].replace("\t", " ")
    shown = ("…" if first else "") + part + ("…" if first + _MAX_LINE < len(line) else "")
    before = (1 if first else 0) + _columns(part[: each.column - 1 - first])
    width = max(1, _columns(part[each.column - 1 - first : each.column - 1 - first + each.length]))
    number = str(each.line)
    blank = " " * len(number)
    return [f"{number} | {shown}", f"{blank} | {' ' * before}{'^' * width}"]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _columns(text: str) -> int:
    """Return the columns a text takes in a terminal; wide characters count twice."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)
