"""Hold docstrings, comments, user texts and names to plain technical English.

Of the tests, these are docstrings, comments and the names of functions and variables; their other texts are data.

- The first line of a docstring is an imperative or a noun phrase of at most 80 characters, not a clause.
- Turns of phrase that read like a translation are out everywhere.
- Each concept has one word; its former words are out as names and in prose.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "wftui"
TESTS = ROOT / "tests"
FIRST_LINE = 80

CLAUSE = re.compile(
    r"(What|Which|Who|Whom|Whose|Whoever|Whatever|Whichever|Whether|How|Where|Wherever|When|Whenever|Why|That|If)\b"
)

TURNS = (
    r"\bstands? on its own\b",
    r"\bdid not work\b",
    r"(?<!step )\bgo(es)? on\b",
    r"\bgoing on\b",
    r"\b(are|is) no more\b",
    r"\b(is|are|was|were|be|been) told\b",
    r"\bwhat is left of\b",
    r"\bwhoever\b",
    r"\bmeets? `?\w+Error\b",
    r"\bof its own accord\b",
    r"\bwhat becomes of\b",
    r"\blets? go of\b",
    r"\bruns? (a|an|the|it|them|this) (\w+ )?again\b",
    r"^run again\b",
    r"\banew\b",
    r"\bafresh\b",
    r"(?<!there )\b(is|are) no(?! longer\b| more\b| later\b)(?= [a-z])",
    r"\bin the place of\b",
    r"\bbeyond doubt\b",
    r"\bfor ever\b",
    r"\bnone of ours\b",
    r"\bstands?(?! (?:out|for|in for|still|in workflow\.json)\b)(?=[ .,;:)])",
    r"(?<!not )\bso many\b",
    r"\bsomebody\b",
    r"\bslips? of the fingers\b",
    r"\bto be had\b",
)
"""Turns that read like a translation."""

WORDS = (
    "faces?",
    "desks?",
    "attendants?",
    "lookouts?",
    "onlookers?",
    "upkeep",
    "takeovers?",
    "catalogues?",
    "habits?",
    "colours?",
)
"""Former words of concepts, which may be neither names nor prose."""

NAMES = frozenset(
    {
        *("Attendant", "Lookout", "Onlooker", "Upkeep", "Elsewhere", "RunMaker", "SharedThings", "StepVoice", "Breath"),
        *("_Lack", "Prior", "Fate", "Leaving", "Resolver", "Fault", "SyntaxProblem", "ValueProblem"),
        *("ExpressionProblem", "StepCatalogue", "execution_id", "execution_ids", "go_on", "said", "news", "News"),
    }
)
"""Former names."""
PLUGIN_NAMES = {
    "wftui/steps/api/step_type.py": {"catalogue", "execution_id"},
    "wftui/steps/testing.py": {"execution_id"},
    "wftui/engine/run/steps/step_context.py": {"execution_id"},
    "wftui/workers/worker_context.py": {"execution_id"},
    "tests/steps/registry/test_plugin_api.py": {"execution_id"},
}
"""Former names that plugins made for version 0.1 use."""
MODULES = frozenset(
    {
        *("attendant", "catalogue", "chores", "elsewhere", "habits", "json_pieces", "lookout", "prior", "resolver"),
        *("run_maker", "shared", "takeover", "upkeep"),
    }
)
"""Former names of modules."""

_TURN = re.compile(rf"\b(?:{'|'.join(f'(?:{turn})' for turn in TURNS)})", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
_IN_NAME = re.compile(rf"(?:{'|'.join(WORDS)})", re.IGNORECASE)
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CODE = re.compile(r"`[^`\n]*`")


class Finding(NamedTuple):
    """Something that breaks a rule."""

    room: str
    place: str
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule}: {self.text}"


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "examples" not in path.relative_to(PACKAGE).parts)


def modules_of_tests() -> list[Path]:
    """Return the tests and their helpers, without generated files and the list of what is out."""
    return sorted(path for path in TESTS.rglob("*.py") if "0.1.0" not in path.parts and path != Path(__file__))


def room_of(path: Path) -> str:
    return str(path.parent.relative_to(ROOT))


def docstrings(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield line and text of the docstrings of modules, classes and functions."""
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                yield node.body[0].lineno, text


def strings(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every comment; of none if no line with a comment can break a rule."""
    if not any("#" in line and any(prose_faults(line)) for line in source.splitlines()):
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def attribute_docstrings(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield line and text of the strings below assignments."""
    for node in nodes:
        body = getattr(node, "body", None)
        for before, after in pairwise(body if isinstance(body, list) else []):
            match before, after:
                case ast.Assign() | ast.AnnAssign(), ast.Expr(ast.Constant(str(text))):
                    yield after.lineno, text


def names(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield line and text of every name that is defined or used."""
    for node in nodes:
        line = getattr(node, "lineno", 0)
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield line, node.name
            case ast.Name():
                yield line, node.id
            case ast.Attribute():
                yield line, node.attr
            case ast.arg():
                yield line, node.arg
            case ast.keyword() if node.arg is not None:
                yield line, node.arg


def first_line_faults(line: str) -> Iterator[str]:
    if len(line) > FIRST_LINE:
        yield f"first line of {len(line)} characters"
    if CLAUSE.match(line):
        yield "first line opens with a clause"


def attribute_faults(line: str) -> Iterator[str]:
    if CLAUSE.match(line) or line.startswith(("Return ", "Yield ")):
        yield "first line of an attribute is not a noun phrase"


def prose_faults(text: str) -> Iterator[str]:
    prose = _CODE.sub("", text)
    for found in (*_TURN.finditer(prose), *_WORD.finditer(prose)):
        yield f"{found[0]!r} is out"


def name_faults(name: str) -> Iterator[str]:
    if name in NAMES or "said" in name.split("_") or any(_IN_NAME.fullmatch(part) for part in _PARTS.findall(name)):
        yield "this name is out"


def faults_in_name(name: str) -> Iterator[str]:
    """Yield what is wrong with a name in a test, which is often a sentence."""
    yield from name_faults(name)
    yield from prose_faults(name.replace("_", " "))


@cache
def faults_in_names(name: str, of_test: bool) -> tuple[str, ...]:
    """Return what is wrong with a name, and which of it counts in a test, where a name is often a sentence."""
    return tuple(faults_in_name(name) if of_test else name_faults(name))


@cache
def findings_in_package() -> tuple[Finding, ...]:
    found: list[Finding] = []
    for path in modules():
        room, where = room_of(path), str(path.relative_to(ROOT))
        source = path.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(source)))
        for line, text in docstrings(nodes):
            first = text.strip().partition("\n")[0]
            found += [Finding(room, f"{where}:{line}", rule, first) for rule in first_line_faults(first)]
        for line, text in attribute_docstrings(nodes):
            found += [Finding(room, f"{where}:{line}", rule, text[:100]) for rule in attribute_faults(text.strip())]
        for line, prose in (*strings(nodes), *comments(source)):
            found += [Finding(room, f"{where}:{line}", rule, prose[:100]) for rule in prose_faults(prose)]
        for line, name in names(nodes):
            if name not in PLUGIN_NAMES.get(where, ()):
                found += [Finding(room, f"{where}:{line}", rule, name) for rule in faults_in_names(name, False)]
        if path.stem in MODULES:
            found.append(Finding(room, where, "this name is out", path.stem))
    return tuple(found)


def findings_in_tests() -> Iterator[Finding]:
    for path in modules_of_tests():
        where = str(path.relative_to(ROOT))
        source = path.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(source)))
        for line, text in docstrings(nodes):
            first = text.strip().partition("\n")[0]
            yield from (Finding("tests", f"{where}:{line}", rule, first) for rule in first_line_faults(first))
        for line, prose in (*docstrings(nodes), *comments(source)):
            yield from (Finding("tests", f"{where}:{line}", rule, prose[:100]) for rule in prose_faults(prose))
        for line, name in names(nodes):
            if name not in PLUGIN_NAMES.get(where, ()):
                yield from (Finding("tests", f"{where}:{line}", rule, name) for rule in faults_in_names(name, True))


def findings_in_pages() -> Iterator[Finding]:
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        where = str(path.relative_to(ROOT))
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield from (Finding("pages", f"{where}:{number}", rule, row[:100]) for rule in prose_faults(row))


ROOMS = sorted({room_of(path) for path in modules()})


@pytest.mark.parametrize("room", ROOMS)
def test_plain_technical_english(room: str) -> None:
    assert [str(finding) for finding in findings_in_package() if finding.room == room] == []


def test_plain_technical_english_of_pages() -> None:
    assert [str(finding) for finding in findings_in_pages()] == []


@pytest.mark.slow
def test_plain_technical_english_of_tests() -> None:
    assert [str(finding) for finding in findings_in_tests()] == []


def test_class_names_are_unique() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:  # those inside a class go by its name
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(str(path.relative_to(ROOT)))
    assert {name: sorted(where) for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize(
    ("line", "is_fine"),
    [
        ("Return the text of the file; None if it does not exist.", True),
        ("The settings of one workflow.", True),
        ("Whether a workflow exists.", False),
        ("What can be set.", False),
        ("x" * 81, False),
    ],
)
def test_first_line_rules(line: str, is_fine: bool) -> None:
    assert (not list(first_line_faults(line))) is is_fine


@pytest.mark.parametrize(
    ("text", "is_fine"),
    [
        ("there is no connection 'x'", True),
        ("the run is no longer running", True),
        ("an interface, a surface", True),
        ("run `faces` of the format", True),
        ("this is no reference to a secret", False),
        ("That did not work", False),
        ("Whoever names a run that does not exist meets NotFoundError", False),
        ("imported by every face", False),
        ("a code that stands for a character", True),
        ("literal braces stand between two tags", False),
        ("wait until somebody answers", False),
        ("a run of so many steps", False),
    ],
)
def test_prose_rules(text: str, is_fine: bool) -> None:
    assert (not list(prose_faults(text))) is is_fine


@pytest.mark.parametrize(
    ("line", "is_fine"),
    [("True while a save is compiled.", True), ("Return whether it is.", False), ("What it says.", False)],
)
def test_attribute_rules(line: str, is_fine: bool) -> None:
    assert (not list(attribute_faults(line))) is is_fine


@pytest.mark.parametrize(
    ("name", "is_fine"),
    [("test_a_run_continues", True), ("test_a_run_goes_on", False), ("test_a_loss_is_told", False), ("said_of", False)],
)
def test_rules_for_names_of_tests(name: str, is_fine: bool) -> None:
    assert (not list(faults_in_name(name))) is is_fine


@pytest.mark.parametrize(
    ("name", "is_fine"),
    [
        ("run_service", True),
        ("interfaces", True),
        ("RunsDesk", False),
        ("_said_to_end", False),
        ("step_catalogue", False),
        ("Prior", False),
    ],
)
def test_name_rules(name: str, is_fine: bool) -> None:
    assert (not list(name_faults(name))) is is_fine
