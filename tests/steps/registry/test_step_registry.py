"""The step type registry: built-in types, installed packages and trusted files."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from steps.step_helpers import RecordingContext
from wftui.model.base import Json
from wftui.model.errors import ConflictError, UsageError
from wftui.runtime.validation.validator import schema_problems
from wftui.steps.registry.scaffold import new_step_package
from wftui.steps.registry.step_registry import BUILTIN, StepRegistry, builtin_registry
from wftui.steps.registry.trust import TrustedFiles
from wftui.steps.testing import run_step

GOOD = '''
from wftui.steps.plugin import step

@step("own.double", secret_fields=["text"])
def double(text: str, max_times: int = 2) -> dict[str, str]:
    """Says it again."""
    return {"text": text * max_times}
'''


OWN_CLASS = """
from wftui.steps.plugin import StepType

class Own(StepType):
    word = "own.double"
    title = "Own"
    async def run(self, input, context):
        return input
"""


@pytest.fixture
def trusted(tmp_path: Path) -> TrustedFiles:
    return TrustedFiles(tmp_path / "private")


@pytest.fixture
def step_types(tmp_path: Path, trusted: TrustedFiles) -> StepRegistry:
    (tmp_path / "steps").mkdir()
    return StepRegistry(workspace_steps=tmp_path / "steps", trusted=trusted)


def write(workspace: Path, name: str, text: str, trusted: TrustedFiles) -> Path:
    path = workspace / "steps" / name
    path.write_text(text)
    trusted.trust(path, path.read_bytes())
    return path


def install(folder: Path, package: str, entries: dict[str, str], module: str) -> None:
    """Lay a package out as pip does."""
    information = folder / f"{package}-1.2.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    lines = "\n".join(f"{word} = {target}" for word, target in entries.items())
    (information / "entry_points.txt").write_text(f"[wftui.steps]\n{lines}\n")
    (folder / f"{package}.py").write_text(module)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [name for name in sys.modules if name.startswith("plug_")]:
        del sys.modules[name]


def test_every_builtin_type_is_whole() -> None:
    types = builtin_registry().types()
    assert [each.word for each in types] == sorted(BUILTIN)
    for each in types:
        assert each.title
        assert each.description
        assert len(each.ascii_icon) == 1
        assert each.ascii_icon.isascii()
        jsonschema.Draft202012Validator.check_schema(each.input_schema())
        assert not schema_problems(dict(each.output_schema))
        fields = each.input_schema().get("properties", {})
        assert all("description" in field for field in fields.values()), each.word
        assert each.secret_fields <= fields.keys()


@pytest.mark.parametrize("word", sorted(BUILTIN))
def test_every_type_shows_a_valid_example(word: str) -> None:
    step_type = builtin_registry().get(word)
    assert step_type is not None
    assert step_type.example, "each type shows what it does"
    assert step_type.check(step_type.example) == []
    jsonschema.validate(dict(step_type.example), step_type.input_schema())
    if step_type.input_model is not None:
        step_type.input_model.model_validate(dict(step_type.example))


def test_listing_types_imports_nothing_heavy() -> None:
    script = (
        "import sys; from wftui.steps.registry.step_registry import builtin_registry\n"
        "loaded = {name for name in sys.modules if name.startswith('wftui.steps.') and name.count('.') > 2}\n"
        "assert {each.split('.')[2] for each in loaded} == {'api', 'registry'}, loaded\n"
        "for each in builtin_registry().types(): each.input_schema()\n"
        "heavy = {'httpx2', 'jinja2', 'smtplib', 'jsonschema', 'textual', 'mcp', 'pyrage'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_unknown_word_gives_none() -> None:
    for word in ("nothing", "nobody.fetch", ""):
        assert builtin_registry().get(word) is None
        assert StepRegistry().why_not(word) is None


async def test_a_trusted_file_brings_its_steps(
    tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles, context: RecordingContext
) -> None:
    write(tmp_path, "mine.py", GOOD, trusted)
    found = step_types.get("own.double")
    assert found is not None
    assert (found.title, found.description) == ("Double", "Says it again.")
    assert found.input_schema()["required"] == ["text"]
    assert found.output_schema == {"additionalProperties": {"type": "string"}, "type": "object"}
    assert await run_step(found, {"text": "ab", "maxTimes": 3}, context) == {"text": "ababab"}
    assert "own.double" in [each.word for each in step_types.types()]
    assert step_types.problems() == []


def test_changed_file_is_not_trusted(tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles) -> None:
    mark = tmp_path / "it-ran"
    path = tmp_path / "steps" / "evil.py"
    path.write_text(f"open({str(mark)!r}, 'w')\n" + GOOD)
    assert step_types.get("own.double") is None
    [problem] = step_types.problems()
    assert "not trusted" in problem.message
    assert not mark.exists()
    path.write_text(GOOD)
    trusted.trust(path, path.read_bytes())
    step_types.refresh()
    assert step_types.get("own.double") is not None
    path.write_text(f"open({str(mark)!r}, 'w')\n" + GOOD)
    step_types.refresh()
    assert step_types.get("own.double") is None
    assert not mark.exists()
    trusted.forget(path)
    path.write_text(GOOD)
    step_types.refresh()
    assert step_types.get("own.double") is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import no_such_module_at_all", "cannot be imported: ModuleNotFoundError"),
        ("def broken(:", "cannot be imported: SyntaxError"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
        ("x = 1", "neither a StepType nor a function"),
        (GOOD.replace("own.double", "double"), "must have a dot"),
        (GOOD.replace("text: str, ", "text, "), "needs a type hint"),
        (GOOD.replace("max_times: int = 2", "*rest: int"), "plain named parameter"),
        (GOOD.replace("text: str", "text: object()"), "cannot be imported"),
        ("class Odd(BaseException): pass\nraise Odd('x')", "cannot be imported: Odd: x"),
        ("raise KeyboardInterrupt", "cannot be imported: KeyboardInterrupt"),
        (OWN_CLASS + "    icon = '🚀'", "one cell wide"),
        (OWN_CLASS + "    icon = ''", "one cell wide"),
        (OWN_CLASS + "    description = None", "its description must be a string"),
        (OWN_CLASS + "    version = 1", "its version must be a string"),
        (OWN_CLASS + "    secret_fields = ['text']", "its secret_fields must be a set"),
        (OWN_CLASS + "    early_fields = ['text']", "its early_fields must be a set"),
        (OWN_CLASS + "    connection_kind = 'nosuch'", "no connection kind 'nosuch'"),
        (OWN_CLASS + "    output_schema = {'type': 'nonsense'}", "output_schema is not a valid JSON Schema"),
        (OWN_CLASS + "    input_model = dict", "input_model is not a pydantic model"),
        (OWN_CLASS + "    def __init__(self, more): pass", "TypeError"),
        (OWN_CLASS + "    def run(self, input, context): return 1", "its run must be an async function"),
    ],
)
def test_a_broken_file_is_one_line(
    tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles, text: str, sentence: str
) -> None:
    write(tmp_path, "broken.py", text, trusted)
    [problem] = step_types.problems()
    assert problem.source == str(tmp_path / "steps" / "broken.py")
    assert sentence in problem.message
    assert len(step_types.types()) == len(BUILTIN)


def test_output_of_importing_plugins_is_discarded(
    tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles, capfd: pytest.CaptureFixture[str]
) -> None:
    chatty = "import sys, warnings\nprint('hello')\nprint('hello', file=sys.stderr)\nwarnings.warn('hello')\n"
    write(tmp_path, "chatty.py", chatty + GOOD.replace("text: str", "json: str, text: str"), trusted)
    assert step_types.get("own.double") is not None
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_endless_plugin_import_is_one_line(
    tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wftui.steps.registry.plugins.IMPORT_SECONDS", 0.05)
    release = tmp_path / "release"
    waiting = f"import pathlib, time\nwhile not pathlib.Path({str(release)!r}).exists(): time.sleep(0.01)\n"
    write(tmp_path, "slow.py", waiting + GOOD, trusted)
    [problem] = step_types.problems()
    assert "takes longer than 0.05 seconds to import" in problem.message
    assert len(step_types.types()) == len(BUILTIN)
    release.touch()


def test_duplicate_words_of_files_are_reported(tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles) -> None:
    for name in ("a.py", "b.py"):
        write(tmp_path, name, GOOD, trusted)
    assert step_types.get("own.double") is not None
    [problem] = step_types.problems()
    assert problem.source.endswith("b.py")
    assert "a.py already has the word own.double" in problem.message


def test_duplicate_words_of_packages_are_reported(site: Path) -> None:
    for name in ("plug_a", "plug_b"):
        install(site, name, {"own.double": f"{name}:double"}, GOOD)
    step_types = StepRegistry()
    found: Any = step_types.get("own.double")
    assert type(found).__module__ == "plug_a"
    [problem] = step_types.problems()
    assert (problem.source, problem.message) == (
        "package plug_b 1.2",
        "package plug_a 1.2 already has the word own.double",
    )


RICH = """
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Literal, Optional
from pydantic import BaseModel
from wftui.steps.plugin import StepContext, step

class Color(Enum):
    RED = "red"

class Item(BaseModel):
    name: str
    day: date | None = None

@step("own.rich")
def rich(
    when: datetime, color: Color, item: Item, json: str, pair: tuple[int, int] = (1, 2),
    mode: Literal["a", "b"] = "a", path: Path = Path("x"), count: Optional[int] = None, *, context: StepContext,
) -> list[Item]:
    context.log(f"{when.year} {color.name} {item.day.month} {pair} {mode} {path} {count} {json}")
    context.progress(0.5)
    return [item]
"""
RICH_INPUT: dict[str, Json] = {
    "when": "2026-11-22T19:00:00Z",
    "color": "red",
    "item": {"name": "a", "day": "2026-11-22"},
    "pair": [3, 4],
    "json": "x",
}


async def test_signature_supports_pydantic_annotations(
    tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles, context: RecordingContext
) -> None:
    write(tmp_path, "rich.py", RICH, trusted)
    found = step_types.get("own.rich")
    assert found is not None, step_types.problems()
    assert found.input_schema()["required"] == ["when", "color", "item", "json"]
    jsonschema.validate(RICH_INPUT, found.input_schema())
    output = await run_step(found, RICH_INPUT, context)
    assert output == [{"name": "a", "day": "2026-11-22"}]
    jsonschema.validate(output, dict(found.output_schema))
    assert context.lines() == ["2026 RED 11 (3, 4) a x None x"]
    assert context.fractions == [(0.5, None)]
    for wrong in ({"color": "blue"}, {"when": 3}, {"count": "3"}, {"mode": "c"}):
        with pytest.raises(ValidationError):
            await run_step(found, {**RICH_INPUT, **wrong}, context)


async def test_a_plain_function_cannot_wait_through_the_context(
    tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles, context: RecordingContext
) -> None:
    text = GOOD.replace("max_times: int = 2", "context").replace("text * max_times", "context.ask(text)")
    write(tmp_path, "waits.py", text, trusted)
    found = step_types.get("own.double")
    assert found is not None
    with pytest.raises(AttributeError, match="make the step function async"):
        await run_step(found, {"text": "x"}, context)


async def test_an_installed_package_brings_its_steps(site: Path, context: RecordingContext) -> None:
    install(site, "plug_good", {"own.double": "plug_good:double"}, GOOD)
    step_types = StepRegistry()
    found = step_types.get("own.double")
    assert found is not None
    assert await run_step(found, {"text": "a"}, context) == {"text": "aa"}
    assert step_types.why_not("own.double") is None


@pytest.mark.parametrize(
    ("entry", "module", "sentence"),
    [
        ("own.double = plug_bad:double", "import no_such_module_at_all", "cannot be imported"),
        ("own.double = plug_bad:nothing", "", "cannot be imported: AttributeError"),
        ("own.double = plug_bad:x", "x = 1", "neither a StepType"),
        ("own.other = plug_bad:double", GOOD, "its own word is own.double"),
    ],
)
def test_a_broken_package_is_one_line(site: Path, entry: str, module: str, sentence: str) -> None:
    word, _, target = entry.partition(" = ")
    install(site, "plug_bad", {word: target}, module)
    step_types = StepRegistry()
    assert step_types.get(word) is None
    assert sentence in (step_types.why_not(word) or "")
    [problem] = step_types.problems()
    assert (problem.source, problem.word) == ("package plug_bad 1.2", word)


def test_plugins_cannot_replace_builtin_types(site: Path) -> None:
    install(site, "plug_shell", {"shell": "plug_shell:double"}, GOOD.replace("own.double", "shell"))
    step_types = StepRegistry()
    assert type(step_types.get("shell")).__module__ == "wftui.steps.shell.step"
    assert [each.message for each in step_types.problems()] == ["wftui itself already has the word shell"]


def test_a_workspace_does_not_hide_a_package(
    site: Path, tmp_path: Path, step_types: StepRegistry, trusted: TrustedFiles
) -> None:
    install(site, "plug_first", {"own.double": "plug_first:double"}, GOOD)
    write(tmp_path, "mine.py", GOOD, trusted)
    found: Any = step_types.get("own.double")
    assert type(found).__module__ == "plug_first"
    assert ["already has the word own.double" in each.message for each in step_types.problems()] == [True]


def test_a_new_package_is_made_once(tmp_path: Path) -> None:
    files = new_step_package("acme.say_hello", tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "acme-steps/README.md",
        "acme-steps/pyproject.toml",
        "acme-steps/acme_steps/__init__.py",
        "acme-steps/tests/test_say_hello.py",
    ]
    with pytest.raises(ConflictError):
        new_step_package("acme.other", tmp_path)
    with pytest.raises(UsageError, match="like acme"):
        new_step_package("fetch", tmp_path)
