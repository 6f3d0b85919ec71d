"""docs/troubleshooting.md has a line for every error code and error type of the source, and for no other."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import wftui
from docs.page_runner import DOCS
from wftui.compiler.diagnostics.codes import CODES

SOURCE = Path(wftui.__file__).parent
SCREEN = SOURCE / "tui"
"""Its actions have dotted ids, too."""
_DOTTED = re.compile(r"[a-z_]+\.[a-z0-9_]+")
_FILE_NAMES = (".py", ".json", ".toml")


@cache
def trees(*, below_the_screen: bool = False) -> list[ast.Module]:
    paths = [path for path in sorted(SOURCE.rglob("*.py")) if not (below_the_screen and path.is_relative_to(SCREEN))]
    return [ast.parse(path.read_text(encoding="utf-8")) for path in paths]


def codes_in_source() -> set[str]:
    """Every word that the source gives to an error as its code or type.

    Those stand as `code=`, as `code` of a class, or as the first argument of an error. Others go by a variable: every
    text that begins like one of them (`http.`, `llm.`) is taken for a code as well.
    """
    given = {word for tree in trees() for node in ast.walk(tree) for word in _given(node)}
    families = {word.partition(".")[0] for word in given if "." in word}
    others = {
        word
        for tree in trees(below_the_screen=True)
        for node in ast.walk(tree)
        for word in _texts(node)
        if _DOTTED.fullmatch(word) and word.partition(".")[0] in families and not word.endswith(_FILE_NAMES)
    }
    return given | set(CODES) | others


def _given(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in ("WorkflowError", "BindingError"):
            yield from _words(node.args[:1])
        if name.endswith("Error") and name != "CompilationError":  # whose `type` is a class of codes
            yield from (word for word in _words(node.args[:1]) if "." in word)
            yield from _words([each.value for each in node.keywords if each.arg in ("code", "type")])
    elif isinstance(node, ast.ClassDef):
        bound = [each for each in node.body if isinstance(each, ast.Assign | ast.AnnAssign)]
        for each in bound:
            target = each.targets[0] if isinstance(each, ast.Assign) else each.target
            if ast.unparse(target) == "code" and each.value is not None:
                yield from _words([each.value])


def _words(values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        for word in _texts(value):
            if re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)?", word):
                yield word


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and ast.unparse(node) in ("f'http.{family}xx'",):
        yield from ("http.4xx", "http.5xx")


def codes_of_page() -> list[list[str]]:
    """The codes that have a line, by section."""
    sections = (DOCS / "troubleshooting.md").read_text(encoding="utf-8").split("\n## ")[1:]
    rows = [re.findall(r"^\| (`[^|]*`) \| [^|]+ \| .+ \|$", section, re.MULTILINE) for section in sections]
    return [re.findall(r"`([^`]+)`", "".join(codes)) for codes in rows]


def test_every_code_has_a_line_and_every_line_a_code() -> None:
    sections = codes_of_page()
    assert [codes for codes in sections if len(codes) != len(set(codes))] == []
    listed = {code for codes in sections for code in codes}
    found = codes_in_source()
    assert {"without a line": sorted(found - listed), "unknown": sorted(listed - found)} == {
        "without a line": [],
        "unknown": [],
    }
