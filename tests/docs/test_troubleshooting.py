"""docs/troubleshooting.md has a line for exactly the codes of the source."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import wftui
from docs.page_runner import DOCS
from wftui.compiler.diagnostics.codes import CODES

SOURCE = Path(wftui.__file__).parent
SCREEN = SOURCE / "tui"
"""Its actions have dotted ids, too."""
EXAMPLES = SOURCE / "workspace" / "examples"
"""Generated modules that an installed package holds; a checkout keeps them in `tables`."""
REACHED = SOURCE / "compiler" / "editing" / "reach.py"
"""Its dotted words, `run.status`, are what an expression reads."""
_CODE = re.compile(r"[a-z_]+(\.[a-z0-9_]+)?")
_FILE_NAMES = (".py", ".json", ".toml")


def codes_in_source() -> set[str]:
    """Every word that the source gives to an error as its code or type.

    They are written as `code=`, as `code` of a class, or as the first argument of an error. Others are in variables:
    every text that begins like one of them (`http.`, `llm.`) is taken for a code as well.
    """
    given: set[str] = set()
    dotted: set[str] = {"http.4xx", "http.5xx"}  # made of a family and "xx"
    for path in SOURCE.rglob("*.py"):
        if path.is_relative_to(EXAMPLES) or path == REACHED:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given.update(_given(node))
            if isinstance(node, ast.Constant) and not path.is_relative_to(SCREEN):
                dotted.update(word for word in _words([node]) if "." in word and not word.endswith(_FILE_NAMES))
    families = {word.partition(".")[0] for word in given if "." in word}
    return given | set(CODES) | {word for word in dotted if word.partition(".")[0] in families}


def _given(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name: str = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        if name in ("WorkflowError", "BindingError"):
            yield from _words(node.args[:1])
        if name == "ProblemError":  # behind its status
            yield from _words(node.args[1:2])
        if name.endswith("Error") and name != "CompilationError":  # whose `type` is a class of codes
            yield from (word for word in _words(node.args[:1]) if "." in word)
            yield from _words([each.value for each in node.keywords if each.arg in ("code", "type")])
    elif isinstance(node, ast.ClassDef):
        for each in node.body:
            target = each.targets[0] if isinstance(each, ast.Assign) else getattr(each, "target", None)
            if isinstance(target, ast.Name) and target.id == "code":
                yield from _words([getattr(each, "value", None)])


def _words(values: Sequence[ast.expr | None]) -> Iterator[str]:
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and _CODE.fullmatch(value.value):
            yield value.value


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
