"""Multi-line texts appear unchanged in the module and round-trip."""

import ast
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from compiler.codegen.test_generated_module import RUFF
from compiler.compiler_helpers import check, step, workflow
from wftui.compiler.codegen.layout import assignment
from wftui.compiler.python_code import Text, literal
from wftui.model.base import Json

CODE = '''\
import re


def main(path):
    """Count the words."""
    return len(re.findall(r"\\w+", path))
'''
pieces = st.sampled_from(
    [
        "\n",
        "\n",
        "\\",
        '"',
        '"""',
        "'",
        "'''",
        " ",
        "\t",
        "\r",
        "\0",
        "{",
        "}}",
        "#",
        "a",
        "x = 1",
        "é",
        "😀",
        "\u2028",
        "\xa0",
    ]
)
texts = st.lists(pieces | st.characters(), max_size=30).map("".join)
values = st.recursive(texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


def module_of(value: Json) -> str:
    return "\n".join([*assignment("VALUE: Json = ", literal(value)), ""])


@given(value=values)
@example(value="a\nb\\")
@example(value='a\nb"')
@example(value='a\n""""""')
@example(value="a\nb \n\t\n c\t")
@example(value="\n\na\r\nb\r\n")
@settings(max_examples=150)
def test_any_text_round_trips(value: Json) -> None:
    module = module_of(value)
    assigned = ast.parse(module).body[0]
    assert isinstance(assigned, ast.AnnAssign)
    assert assigned.value is not None
    assert ast.literal_eval(assigned.value) == value


@given(text=texts)
def test_no_line_is_invisible(text: str) -> None:
    for line in module_of(text).split("\n"):
        assert line == line.rstrip()
        assert "\0" not in line
        assert len(line.splitlines()) < 2
        assert "\xa0" not in line


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(texts.filter(lambda text: "{" not in text), min_size=10, max_size=40))
def test_generated_code_is_ruff_formatted(parts: list[str], tmp_path: Path) -> None:
    assert RUFF is not None
    storable = ["".join(char for char in part if not "\ud800" <= char <= "\udfff") for part in parts]
    inputs: dict[str, Any] = {"all": storable, **{f"k{number}": {"k": part} for number, part in enumerate(storable)}}
    inputs |= {f"t{number}": part + "{{ inputs.n }}" + part[::-1] for number, part in enumerate(storable)}
    schema = {"properties": {"n": {"default": CODE}}}
    source = workflow(step("a", input=inputs), inputSchema=schema, description="\n".join(storable))
    result = check(source)
    assert result.generated_code is not None, result.errors
    done = subprocess.run(
        [RUFF, "format", "--isolated", "--diff", "-"],
        input=result.generated_code.encode(),
        capture_output=True,
        check=False,
    )
    assert (done.stdout.decode(), done.returncode) == ("", 0)


def test_code_is_written_line_by_line() -> None:
    result = check(workflow({"id": "a", "type": "python", "input": {"code": CODE, "args": {"path": "x"}}}))
    assert result.generated_code is not None
    shown = CODE.replace('"""', '\\"""').replace("\\w", "\\\\w")
    assert f'"code": """\\\n{shown}""",\n' in result.generated_code


def test_text_around_an_expression_is_written_line_by_line() -> None:
    script = "set -e\ncp {{ inputs.x }} /tmp\nsync\n"
    source = workflow(step("a", input={"x": script}), inputSchema={"properties": {"x": {}}})
    result = check(source)
    assert result.generated_code is not None
    assert '"""\\\nset -e\ncp """,\n' in result.generated_code
    assert '"""\\\n /tmp\nsync\n""",\n' in result.generated_code


def test_single_line_text_stays_on_one_line() -> None:
    for text in ("\n", "a\n", "\na", ", \n", "  \n a\n \n"):
        assert not Text(text).holds_block
        assert module_of(text).count("\n") == 1


def test_the_version_of_unicode_does_not_show() -> None:
    """Characters that only newer Pythons know are kept, and count as wide."""
    newer = "\U0001cc00\U0002ebf0\u2ffc\u31ef"
    assert module_of(newer) == f'VALUE: Json = "{newer}"\n'
    assert module_of([newer * 8, newer * 4]).count("\n") == 4
