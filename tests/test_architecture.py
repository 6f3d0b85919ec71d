"""Mechanical rules: layers, start-up imports, module sizes, docstrings of rooms."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wftui

PACKAGE = Path(wftui.__file__).parent
TESTS = Path(__file__).parent
FLOORS = [
    {"tui", "cli", "agents", "web"},
    {"api"},
    {"output"},
    {"workbench"},
    {"engine"},
    {"compiler"},
    {"steps"},
    {"connections"},
    {"store"},
    {"settings"},
    {"workspace"},
    {"runtime"},
    {"model"},
]
# The one place where a frontend starts another: `wftui` without a command opens the screen. A
# compiled module opens the command line, which it names in its `__main__` part only.
ALLOWED = {
    ("cli.commands.setup.keys", "tui"),
    ("cli.commands.serving.mcp_serve", "agents"),
    ("cli.commands.screen", "tui"),
    ("cli.commands.serving.web", "web"),
}


def _floor(name: str) -> int | None:
    return next((level for level, names in enumerate(FLOORS) if name in names), None)


def _imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return [name for name in found if name.startswith("wftui.")]


def test_imports_only_go_down() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        own = _floor(parts[0])
        if own is None or "examples" in parts:
            continue
        for name in _imports(path):
            target = name.split(".")[1]
            other = _floor(target)
            same_room = target == parts[0]
            if other is None or same_room or (".".join(parts), target) in ALLOWED:
                continue
            if other <= own:
                wrong.append(f"{'.'.join(parts)} imports {name}")
    assert wrong == []


def _graph() -> dict[str, set[str]]:
    """Each module of the package with all modules it imports, type-only ones included."""
    paths = {
        ".".join(["wftui", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
        if "examples" not in path.parts
    }
    graph: dict[str, set[str]] = {}
    for module, path in paths.items():
        found = graph[module] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {name if name in paths else node.module for name in names}
        found.intersection_update(paths)
    return graph


def _circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, by what each of them reaches."""
    reached: dict[str, set[str]] = {}
    for module in graph:
        seen, ahead = set[str](), [*graph[module]]
        while ahead:
            if (name := ahead.pop()) not in seen:
                seen.add(name)
                ahead += graph[name]
        reached[module] = seen
    groups = {
        tuple(sorted(name for name in reached[module] if module in reached[name]))
        for module in graph
        if module in reached[module]
    }
    return sorted([*group] for group in groups)


def test_no_import_cycles() -> None:
    assert _circles(_graph()) == []


def test_a_circle_is_found_however_it_is_closed() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a", "d"}}) == [["b", "c"], ["d"]]


def _modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


_LOADED_BY_THREADS = {"jinja2", "jsonschema", "procrastinate", "psycopg", "pydantic", "referencing", "tomlkit"}
"""Packages that are loaded late, by several threads, and whose modules import the package again."""


def _imported_too_early(body: list[ast.stmt], loaded: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield modules whose package another thread may still be loading."""
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            package, dot, _ = name.partition(".")
            if dot and package in _LOADED_BY_THREADS - loaded:
                yield name
            loaded |= {package}
        inner = [node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())]
        for part in ("body", "orelse", "finalbody"):
            for each in inner:
                yield from _imported_too_early(getattr(each, part, []), loaded)


def test_a_package_is_loaded_before_its_modules() -> None:
    """Python ends a deadlock of two importing threads with half a package."""
    found = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        for name in _imported_too_early(ast.parse(path.read_text(encoding="utf-8")).body)
    ]
    assert found == []
    early = "def f():\n    from jsonschema.validators import extend\n"
    assert [*_imported_too_early(ast.parse(early).body)] == ["jsonschema.validators"]
    assert [*_imported_too_early(ast.parse("import jsonschema\n" + early).body)] == []


def test_the_command_line_imports_no_screen_and_nothing_heavy() -> None:
    modules = _modules_after("import wftui.cli.main")
    assert not modules & {"textual", "pydantic", "jinja2", "jsonschema", "aiosqlite", "httpx2", "asyncio"}


@pytest.mark.parametrize(
    "statement", ["import wftui.workbench", "import wftui.cli.commands.runs", "import wftui.cli.standalone"]
)
def test_textual_is_imported_only_by_screens(statement: str) -> None:
    modules = _modules_after(statement)
    assert not {name for name in modules if name.split(".")[0] in {"textual", "rich"}}


def test_no_module_is_long() -> None:
    """A module of 400 lines has several reasons to change: split it by these."""
    modules = [
        *(path for path in PACKAGE.rglob("*.py") if "examples" not in path.parts),  # installed: generated modules
        *(path for path in TESTS.rglob("*.py") if TESTS / "releases" not in path.parents),
    ]
    long = {str(path): lines for path in modules if (lines := len(path.read_text("utf-8").splitlines())) > 400}
    assert long == {}


def test_no_room_is_crowded() -> None:
    """A room has at most 20 modules: more of them are several rooms."""
    rooms = [path.parent for path in PACKAGE.rglob("__init__.py")]
    sizes = {str(room): len(list(room.glob("[!_]*.py"))) for room in rooms}
    assert {room: size for room, size in sizes.items() if size > 20} == {}


def test_rooms_describe_their_content() -> None:
    rooms = [path for path in PACKAGE.rglob("__init__.py") if "examples" not in path.parts]
    silent = [str(path) for path in rooms if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_refusals_have_unique_codes() -> None:
    general = {"UserError", "NotFoundError", "UsageError", "ConflictError"}
    silent = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in general
        if not any(keyword.arg == "code" for keyword in call.keywords)
    ]
    assert silent == []
