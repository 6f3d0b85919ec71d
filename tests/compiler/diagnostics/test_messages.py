"""The words of diagnostics and fixes, with their changes: read the snapshot."""

import difflib
import json
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

import wftui
from compiler.compiler_helpers import check, found, text_of, workflow
from compiler.diagnostics.diagnostic_cases import CASES
from compiler.diagnostics.message_cases import GIVEN, SHAPES, SOURCES
from compiler.diagnostics.syntax_cases import BROKEN, EXPRESSIONS
from compiler.diagnostics.test_words_of_others import CASES as FOREIGN_CASES
from compiler.source.test_syntax_fixes import CHOICES, MENDED
from wftui.compiler.diagnostics.diagnostic import syntax_diagnostics
from wftui.compiler.diagnostics.fixes import apply_fix
from wftui.compiler.diagnostics.report import github, human, sarif, summary
from wftui.compiler.expressions.expression import compile_expression
from wftui.compiler.source.parsing import parse
from wftui.model.workflow.compilation import CompilationError

LONGEST = 300
"""Characters of a line: two cases have texts of thousands."""


def told(text: str, each: CompilationError) -> list[str]:
    """The diagnostic with its place, and the lines that each of its fixes changes."""
    place = f"{each.pointer or '/'} ({each.location.step_id}, {each.location.field}) {each.column}+{each.length}"
    lines = [f"{each.severity} {each.code} at {place}: {each.message}"]
    for fix in each.fixes:
        changes = difflib.unified_diff(text.splitlines(), apply_fix(text, fix).splitlines(), n=0, lineterm="")
        changed = [line[:1] + line[1:].strip() for line in list(changes)[2:] if not line.startswith("@@")]
        lines += [f"  fix: {fix.title}", *(f"    {line}" for line in changed)]
    return [line[:LONGEST] for line in lines]


@pytest.mark.parametrize(
    "sources",
    [[case[3] for case in CASES], [case[3] for case in FOREIGN_CASES], SOURCES],
    ids=["one mistake each", "words of other products", "further mistakes"],
)
def test_words_of_diagnostics(sources: list[dict[str, Any]], snapshot: SnapshotAssertion) -> None:
    pages: dict[tuple[str, str], list[str]] = {}
    for text in map(text_of, sources):
        for each in found(text):
            pages.setdefault((each.code, each.message), told(text, each))
    assert "\n".join(line for page in pages.values() for line in page) == snapshot


def test_words_of_syntax(snapshot: SnapshotAssertion) -> None:
    lines = []
    for text in [*(broken for broken, _after in [*MENDED, *CHOICES]), *BROKEN]:
        lines.append(repr(text))
        for each in syntax_diagnostics(parse(text)):
            lines.append(f"  {each.code} at {each.line}:{each.column}+{each.length}: {each.message}")
            lines += [f"    {fix.title}: {apply_fix(text, fix)!r}" for fix in each.fixes]
    assert "\n".join(lines) == snapshot


def test_words_of_expressions(snapshot: SnapshotAssertion) -> None:
    lines = []
    for expression in EXPRESSIONS:
        for each in compile_expression(expression).diagnostics:
            instead = "" if each.replacement is None else f" -> {each.replacement}"
            lines.append(f"{expression}  {each.offset}+{each.length} {each.code}: {each.message}{instead}")
    assert "\n".join(lines) == snapshot


def test_words_of_types(snapshot: SnapshotAssertion) -> None:
    lines = []
    for expression in SHAPES:
        given = {"database": "d", "query": "q", "params": "{{ " + expression + " }}"}
        result = check(workflow({"id": "q", "type": "sql", "input": given}, inputSchema=GIVEN))
        told = [each.message for each in [*result.errors, *result.warnings] if each.severity != "hint"]
        lines.append(f"{expression}: {', '.join(told) or 'fits'}")
    assert "\n".join(lines) == snapshot


def test_reports_of_each_severity(snapshot: SnapshotAssertion) -> None:
    schema = {"properties": {"a": {"type": "string"}, "b": {}}}
    step = {"id": "x", "type": "set", "input": {"y": "{{ inputs.a }} {{ inputs.no }}"}}
    text = text_of(workflow(step, inputSchema=schema))
    told = found(text)
    assert {each.severity for each in told} == {"error", "warning", "hint"}
    pages = [human("a/b.json", text, told), github("a/b.json", told), json.dumps(sarif({"a/b.json": told}), indent=1)]
    pages += [summary([check(text)] * 2), summary([check(text)]), summary([])]
    assert "\n---\n".join(pages).replace(wftui.__version__, "VERSION") == snapshot
