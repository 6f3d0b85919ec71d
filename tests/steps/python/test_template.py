"""The template step: Jinja text rendered in a child interpreter."""

from collections.abc import Mapping

import pytest

from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.python.template_step import TemplateStep

STEP = TemplateStep()
REPORT = "{% for row in rows %}\n- [[ row.name ]]: [[ '%.1f' % row.n ]]\n{% endfor %}\n"


async def test_a_text_is_filled_in(run: Run) -> None:
    values = {"rows": [{"name": "ä", "n": 1}, {"name": "{{ b }}", "n": 2.25}]}
    output = await run(STEP, {"template": REPORT, "values": values})
    assert output == {"text": "- ä: 1.0\n- {{ b }}: 2.2\n", "file": None}


async def test_a_file_is_a_usual_jinja_file(run: Run, context: RecordingContext) -> None:
    (context.working_directory / "page.html").write_text("<p>{{ name }}</p>\n")
    values = {"file": "page.html", "values": {"name": "<b>"}, "escape": True, "to": "out/page.html"}
    output = await run(STEP, values)
    assert output["text"] == "<p>&lt;b&gt;</p>\n"
    assert (context.working_directory / "out" / "page.html").read_text() == output["text"]


@pytest.mark.parametrize(
    ("values", "kind", "sentence"),
    [
        ({"template": "a\n[[ missing ]]"}, "template.error", "Line 2 of the template: 'missing' is undefined"),
        ({"template": "a\n{% for %}"}, "template.error", "Line 2"),
        ({"template": "[[ 1 / 0 ]]"}, "template.error", "division by zero"),
        ({"template": "[[ ''.__class__.__mro__ ]]"}, "template.error", "unsafe"),
        ({"template": "{% include 'x' %}"}, "template.error", "no loader"),
        ({"template": "[[ 'x' * 2000000000 ]]"}, "template.limit", "memory"),
        ({"template": "[[ '%1000000000d' % 1 ]]"}, "template.limit", "memory"),
        ({"template": "{% for i in range(99999) %}[[ 'x' * 9000 ]]{% endfor %}"}, "template.limit", "too long"),
        ({"template": "{% for i in range(100001) %}{% endfor %}"}, "template.error", "Range too big"),
        ({"template": "{% macro a() %}[[ a() ]]{% endmacro %}[[ a() ]]"}, "template.error", "infinite recursion"),
        ({"template": "[[ " + "(" * 500 + "1" + ")" * 500 + " ]]"}, "template.error", "nested too deeply"),
        ({"template": "{% if 1 %}" * 200 + "{% endif %}" * 200}, "template.error", "too many levels"),
        ({"template": "[[ '{0.__class__}'.format(1) ]]"}, "template.error", "unsafe"),
        ({"template": "[[ cycler.__init__.__globals__ ]]"}, "template.error", "unsafe"),
        ({"template": "[[ x.append(1) ]]", "values": {"x": []}}, "template.error", "unsafe"),
        ({"file": "missing.j2"}, "file.missing", "cannot be read"),
    ],
)
async def test_failures_have_types(run: Run, values: Mapping[str, Json], kind: str, sentence: str) -> None:
    with pytest.raises(WorkflowError, match=sentence) as caught:
        await run(STEP, values)
    assert caught.value.type == kind


async def test_endless_template_is_stopped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    loops = "{% for i in range(99999) %}" * 3 + "{% endfor %}" * 3
    with monkeypatch.context() as hurried, pytest.raises(WorkflowError, match="takes longer than") as caught:
        hurried.setattr("wftui.steps.python.template_step.RENDER_SECONDS", 0.5)
        await run(STEP, {"template": loops})
    assert caught.value.type == "template.limit"
    assert (await run(STEP, {"template": "[[ 1 ]]"}))["text"] == "1", "the next one has an interpreter of its own"


def test_check_names_the_right_braces() -> None:
    [(field, sentence)] = STEP.check({"template": "{{ x }}"})
    assert field == "template"
    assert "[[ name ]]" in sentence
    assert [name for name, _ in STEP.check({})] == [""]
    assert STEP.check({"template": "[[ x ]]", "values": {"x": "{{ inputs.x }}"}}) == []
