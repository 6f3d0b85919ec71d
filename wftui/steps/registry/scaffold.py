"""Scaffold of `wftui steps new`: a package with a step type and a test."""

import re
from pathlib import Path

from wftui.model.errors import ConflictError, UsageError

_WORD = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")

_PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{package}-steps"
version = "0.1.0"
description = "Step types for wftui: {word}"
requires-python = ">=3.11"
dependencies = ["wftui"]

[project.optional-dependencies]
test = ["pytest>=8"]

[project.entry-points."wftui.steps"]
"{word}" = "{module}:{function}"

[tool.hatch.build.targets.wheel]
packages = ["{module}"]
"""

_MODULE = '''\
"""Step types for wftui: {word}."""

from typing import Annotated

from pydantic import BaseModel, Field

from wftui.steps.plugin import StepContext, WorkflowError, step


class Greeting(BaseModel):
    """Output of {word}."""

    text: str
    length: int


@step("{word}", title="{title}")
async def {function}(
    name: Annotated[str, Field(description="Name to greet.")],
    times: Annotated[int, Field(ge=1, description="Number of greetings.")] = 1,
    *,
    context: StepContext,
) -> Greeting:
    """Greets by name; replace this with the work of your step."""
    if not name.strip():
        raise WorkflowError("{package}.nobody", "There is nobody to greet.")
    context.log(f"greeting {{name}}")
    text = " ".join(["hello", name] * times)
    return Greeting(text=text, length=len(text))
'''

_TEST = '''\
"""The step {word} as a workflow runs it."""

import asyncio
from pathlib import Path

import pytest
from {module} import {function}

from wftui.steps.plugin import WorkflowError
from wftui.steps.testing import RecordingContext, run_step


def test_it_greets(tmp_path: Path) -> None:
    context = RecordingContext(working_directory=tmp_path)
    output = asyncio.run(run_step({function}, {{"name": "Ann", "times": 2}}, context))
    assert output == {{"text": "hello Ann hello Ann", "length": 19}}
    assert context.lines() == ["greeting Ann"]


def test_nobody_is_an_error(tmp_path: Path) -> None:
    context = RecordingContext(working_directory=tmp_path)
    with pytest.raises(WorkflowError, match="nobody to greet"):
        asyncio.run(run_step({function}, {{"name": " "}}, context))
'''

_README = """\
# {package}-steps

The step type `{word}` for wftui.

    pip install -e '.[test]'    # into the environment that wftui runs in
    pytest
    wftui steps                 # lists {word}

In a workflow:

    {{"id": "greet", "type": "{word}", "input": {{"name": "Ann", "times": 2}}}}
"""


def new_step_package(word: str, parent: Path) -> list[Path]:
    """Write the package to a new folder `<first part>-steps`; return its files.

    Raises:
        UsageError: when the word is not of the form `acme.fetch`.
        ConflictError: when the folder exists.
    """
    if not _WORD.fullmatch(word):
        raise UsageError(f"{word!r} is not a word for a step type: write it like acme.fetch", code="usage.word")
    package, function = word.split(".")
    folder = parent / f"{package}-steps"
    module = f"{package}_steps"
    values = {
        "word": word,
        "package": package,
        "module": module,
        "function": function,
        "title": function.replace("_", " ").capitalize(),
    }
    files = {
        folder / "README.md": _README,
        folder / "pyproject.toml": _PYPROJECT,
        folder / module / "__init__.py": _MODULE,
        folder / "tests" / f"test_{function}.py": _TEST,
    }
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise ConflictError(f"{folder} already exists", code="steps.exists") from None
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.format_map(values), "utf-8")
    return list(files)
