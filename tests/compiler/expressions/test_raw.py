"""`{% raw %}…{% endraw %}`: literal braces in texts, scripts and code."""

import json
from pathlib import Path
from typing import Any

import jinja2
import pytest
from helpers import patience

from compiler.compiler_helpers import after_fix, check, found, step, text_of, workflow
from wftui.compiler.diagnostics.fixes import apply_fix, apply_safe_fixes
from wftui.model.base import Json
from wftui.model.text.raw_text import literal_text, with_raw, without_raw
from wftui.workbench import Workbench

GO = "docker ps --format '{{.Names}}'"
FOREIGN = [
    GO,
    "docker inspect -f '{{json .State}}' a",
    "helm template --set x={{range .Items}}{{.}}{{end}}",
    "echo '{{#each}}'",
    "kubectl get po -o go-template='{{index .items 0}}'",
]


def shell(script: str, **more: Any) -> dict[str, Any]:
    return {"id": "a", "type": "shell", "input": {"script": script, **more}}


def python(code: str) -> dict[str, Any]:
    return {"id": "a", "type": "python", "input": {"code": code}}


@pytest.mark.parametrize("script", FOREIGN)
def test_foreign_braces_are_one_error_with_a_fix(script: str) -> None:
    text = text_of(workflow(shell(script)))
    (error,) = found(text)
    assert error.code == "input.refused"
    assert "{% raw %}" in error.message
    assert after_fix(text, error) == []
    written = json.loads(apply_fix(text, error.fixes[0]))["steps"][0]["input"]["script"]
    assert written == f"{{% raw %}}{script}{{% endraw %}}"


def test_braces_are_never_made_text_unasked() -> None:
    text = text_of(workflow(shell(GO), step("b", input={"x": "{{ run.id"})))
    assert apply_safe_fixes(text, check) == (text, [])


def test_environment_values_are_still_evaluated() -> None:
    (error,) = check(workflow(shell("echo {{ run.id }}"))).errors
    assert error.fixes[0].title == 'pass the values in "env"'


@pytest.mark.parametrize(
    "code",
    ["def main():\n    x = 1\n    return f'{{{x}}}'\n", "def main():\n    return [{**{}, 'a': {}} for _ in '{{'][0]\n"],
)
def test_python_is_checked_without_the_tags(code: str) -> None:
    text = text_of(workflow(python(code)))
    (error,) = found(text)
    assert after_fix(text, error) == []
    broken = code + "\n)"
    (error,) = found(workflow(python(f"{{% raw %}}{broken}{{% endraw %}}")))
    assert "of the code" in error.message


@pytest.mark.parametrize("text", ["{{ a b }}", "x {{.Names}} y", "{{ run.id }} {{json .}}", "{{", "a {{ b", "{{ }}"])
def test_a_syntax_error_can_be_made_a_text(text: str) -> None:
    source = text_of(workflow(step("a", input={"x": text})))
    (error,) = [each for each in found(source) if each.code.startswith("expression.")]
    assert error.fixes[-1].title == "keep the braces as text"
    assert after_fix(source, error, len(error.fixes) - 1) == []


def test_literal_text_causes_no_hints() -> None:
    text = "{% raw %}${{ matrix.x }} {% if a %} {{ nope }}{% endraw %}"
    assert found(workflow(step("a", input={"x": text}, name=text))) == []
    (hint,) = found(workflow(step("a", input={"x": f"{text} ${{{{ run.id }}}}"})))
    assert hint.code == "expression.dollar"
    fixed = json.loads(apply_fix(text_of(workflow(step("a", input={"x": f"{text} ${{{{ run.id }}}}"}))), hint.fixes[0]))
    assert fixed["steps"][0]["input"]["x"] == f"{text} {{{{ run.id }}}}"


def test_an_open_tag_is_an_error() -> None:
    (error,) = found(workflow(step("a", input={"x": "a {% raw %} {{ b"})))
    assert (error.code, error.message) == ("expression.unclosed", "{% raw %} is not closed by {% endraw %}")


def test_a_literal_value_is_checked_against_its_schema() -> None:
    assert found(workflow(shell("true", parse="{% raw %}json{% endraw %}"))) == []
    (error,) = found(workflow(shell("true", parse="{% raw %}jsn{% endraw %}")))
    assert error.code == "input.choice"


@pytest.mark.parametrize("piece", ["", "{{", "}}", "{%", "%}", "{{ x }}", "{% if %}", "a'\"\\\n"])
@pytest.mark.parametrize("around", ["", "a ", "}} "])
def test_every_text_has_a_literal_form(piece: str, around: str) -> None:
    text = f"{around}{piece}{around}"
    raw = with_raw(text)
    assert raw is not None
    assert literal_text(raw) == text
    assert without_raw({"a": [raw, 1]}) == {"a": [text, 1]}
    assert with_raw(raw) is None


async def test_a_run_gets_the_braces(workbench: Workbench, tmp_path: Path) -> None:
    steps: list[dict[str, Json]] = [
        {"id": "shell", "type": "shell", "input": {"script": "{% raw %}printf %s '{{.Names}}'{% endraw %}"}},
        {
            "id": "code",
            "type": "python",
            "input": {"code": "{% raw %}def main(x):\n    return f'{{{x}}}'{% endraw %}", "args": {"x": 1}},
        },
        {
            "id": "mixed",
            "type": "set",
            "input": {"x": "{% raw %}{{{% endraw %} {{ run.attempt }} {% raw %}}}{% endraw %}"},
        },
        {
            "id": "page",
            "type": "template",
            "input": {"template": "{% raw %}[[ n ]] {{ n }}{% endraw %} [[ n ]]", "values": {"n": 1}},
        },
    ]
    outputs = {"out": "{% raw %}{{ out }}{% endraw %}", "shell": "{{ steps.shell.output.stdout }}"}
    workflow = {"format": 1, "id": "flow", "steps": steps, "outputs": outputs}
    await workbench.workflows.save("flow", json.dumps(workflow), None)
    run_id = await workbench.runs.start("flow", {})
    async with patience():
        await workbench.runs.wait(run_id)
    record = await workbench.runs.record(run_id, whole=True)
    assert record.status == "completed", record.error
    assert record.outputs == {"out": "{{ out }}", "shell": "{{.Names}}"}
    given = {name: step.output for name in ("code", "mixed", "page") if (step := record.step(name)) is not None}
    assert given == {"code": "{1}", "mixed": {"x": "{{ 1 }}"}, "page": {"text": "[[ n ]] {{ n }} 1", "file": None}}


TAGS = ["{% raw %}", "{%raw%}", "{%- raw %}", "{% raw -%}", "{%- raw -%}", "{%+ raw %}", "{%-raw-%}"]
SPACES = ["", " ", "\n\t "]


@pytest.mark.parametrize("begin", TAGS)
@pytest.mark.parametrize("end", [each.replace("raw", "endraw") for each in TAGS])
def test_tags_strip_spaces_as_those_of_jinja_do(begin: str, end: str) -> None:
    for spaces in SPACES:
        text = spaces.join(["a", begin, "{{ x }}{{.Names}}", end, "b", begin, "-", end, ""])
        expected = jinja2.Environment(keep_trailing_newline=True).from_string(text).render()
        assert literal_text(text) == expected
        assert found(workflow(step("a", input={"x": text}))) == []
        assert found(workflow(shell(f"echo '{text}'"))) == []
        assert with_raw(text) is None


@pytest.mark.parametrize("text", [" " * 900_000, " {%-" * 200_000, "{%- raw" + " " * 900_000], ids=len)
def test_a_long_run_of_spaces_is_searched_once(text: str) -> None:
    assert literal_text(text) == text
