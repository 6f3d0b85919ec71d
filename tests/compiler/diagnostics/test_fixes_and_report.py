"""Safe fixes over a whole file, and diagnostics as text for people and for CI."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import wftui.compiler
from compiler.compiler_helpers import STEP_TYPES, check, found, step, text_of, workflow
from compiler.every_feature import EVERYTHING
from wftui.compiler.diagnostics.codes import CODES
from wftui.compiler.diagnostics.fixes import apply_fix, apply_safe_fixes
from wftui.compiler.diagnostics.report import github, human, sarif, summary
from wftui.compiler.schema import workflow_schema, workflow_schema_text
from wftui.compiler.source.patching import PatchError
from wftui.model.workflow.compilation import CompilationResult

MESSY = """{
  "format": 1,
  "id": "flow",
  "inputSchema": { "properties": { "url": { "type": "sting" } }, "required": ["url"] },

  "steps": [
    { "id": "fetch", "type": "htpp", "input": { "uri": "{{ inputs.ulr | uper }}" }, "timout": "3s" },
    { "id": "use", "type": "set", "input": { "x": "{{ steps.fetsh.output.bdy }}" }, "when": "{{ inputs.url != '' }}" },
    { "id": "use",   "type": "set",  "needs": ["fetsh"], "jon": 1, "zzz": 2 }
  ]
}
"""


def test_safe_fixes_leave_only_manual_decisions() -> None:
    text, applied = apply_safe_fixes(MESSY, check)
    assert [(each.line, each.code) for each in check(text).errors] == [(9, "value.choice"), (9, "key.unknown")]
    assert len(applied) >= 10
    assert all(each.fix.title and each.diagnostic.code for each in applied)


def test_fixes_keep_the_layout() -> None:
    text, _applied = apply_safe_fixes(MESSY, check)
    before, after = MESSY.split("\n"), text.split("\n")
    assert len(before) == len(after)
    assert after[0:3] == before[0:3]
    assert after[4:6] == before[4:6]
    assert '{ "id": "fetch", "type": "http", "input": { "url": "{{ inputs.url | upper }}" }, "timeout": "3s" },' in text


def test_valid_file_is_unchanged() -> None:
    text = text_of(workflow(step("a")))
    assert apply_safe_fixes(text, check) == (text, [])


def test_a_fix_that_leaves_its_diagnostic_is_not_kept() -> None:
    text = text_of(workflow(step("a", inptu={"x": 1})))
    assert len(apply_safe_fixes(text, check)[1]) == 1
    assert apply_safe_fixes(text, lambda _changed: check(text)) == (text, [])


@pytest.mark.parametrize(
    ("wrong", "mended"),
    [
        ("{{ len(inputs.ids) }} of {{ len(inputs.ids) }}", "{{ inputs.ids | length }} of {{ inputs.ids | length }}"),
        ("{{ inputs.isd ~ inputs.isd }}", "{{ inputs.ids ~ inputs.ids }}"),
        ("{{ 'a' | uper }}{{ 'b' | uper }}", "{{ 'a' | upper }}{{ 'b' | upper }}"),
        ("{{ steps.a.outptu }}{{ steps.a.outptu }}{{ steps.a.outptu }}", "{{ steps.a.output }}" * 3),
    ],
)
def test_a_mistake_made_twice_in_a_string_is_mended_twice(wrong: str, mended: str) -> None:
    schema = {"properties": {"ids": {"type": "array"}}, "required": ["ids"]}
    text = text_of(workflow(step("a"), step("b", input={"x": wrong}), inputSchema=schema))
    fixed, applied = apply_safe_fixes(text, check)
    assert json.loads(fixed)["steps"][1]["input"] == {"x": mended}
    assert len(applied) == wrong.count("{{") + wrong.count("~")
    assert not check(fixed).errors


def test_a_fix_that_cannot_be_applied_does_not_prevent_the_next() -> None:
    text = text_of(workflow(step("a", inptu={"x": 1})))

    def with_defaults(changed: str) -> CompilationResult:
        """Check the text as if it had another key, with a mistake that comes first."""
        return check(changed.replace('"steps"', '"defaults": {"timeuot": "1s"}, "steps"'))

    assert [each.code for each in with_defaults(text).errors] == ["key.unknown", "key.unknown"]
    fixed, applied = apply_safe_fixes(text, with_defaults)
    assert [each.diagnostic.pointer for each in applied] == ["/steps/0/inptu"]
    assert fixed == text.replace("inptu", "input")


def test_syntax_is_fixed_before_other_problems() -> None:
    broken = MESSY.replace('"zzz": 2 }', '"zzz": 2 },').replace('"format": 1,', '"format": 1 // the first')
    assert not any(each.fixes for each in found(broken) if not each.code.startswith("json."))
    text, applied = apply_safe_fixes(broken, check)
    assert [each.diagnostic.code for each in applied[:3]] == ["json.comment", "json.comma", "json.comma"]
    assert text == apply_safe_fixes(MESSY, check)[0]


def test_stale_text_edit_is_refused() -> None:
    broken = '{"format": 1, "id": "flow", "steps": [],}'
    fix = found(broken)[0].fixes[0]
    with pytest.raises(PatchError):
        apply_fix(broken.replace('"format"', '"formats"'), fix)


def test_people_see_the_line_and_a_caret() -> None:
    text = text_of(workflow(step("a", input={"漢字": "{{ inputs.nope }}"})))
    assert human("tables/flow/workflow.json", text, found(text)) == (
        "tables/flow/workflow.json:9:19: error[reference.input] there is no input 'nope'; inputSchema has none\n"
        '9 |         "漢字": "{{ inputs.nope }}"\n'
        "  |                     ^^^^^^^^^^^\n"
    )


def test_a_fix_is_offered_and_a_long_line_is_cut() -> None:
    text = json.dumps(workflow(step("a", nedds=[], note="x" * 500), name="y" * 500))
    shown = human("f", text, [each for each in found(text) if each.code == "key.unknown"])
    assert "= fix: rename it to needs" in shown
    line, carets = shown.splitlines()[1:3]
    assert len(line) < 200
    assert line[carets.index("^") :].startswith('"nedds"')


def test_the_counts_are_summed_up() -> None:
    assert summary([check(workflow(step("a")))]) == "ready"
    result = check(workflow(step("a", zzz=1, input={"x": "inputs.y"}), inputSchema={"properties": {"u": {}}}))
    assert summary([result]) == "1 error · 1 warning · 1 hint"


def test_github_annotations() -> None:
    text = text_of(workflow(step("a", input={"x": "{{ inputs.nope }}"})))
    assert github("a,b.json", found(text)) == (
        "::error file=a%2Cb.json,line=9,col=18,endColumn=29,title=reference.input"
        "::there is no input 'nope'; inputSchema has none\n"
    )


def test_every_code_is_explained() -> None:
    sources = "".join(path.read_text() for path in Path(wftui.compiler.__file__).parent.rglob("*.py"))
    families = {code.partition(".")[0] for code in CODES}
    other = {
        "format.py",
        "input.version",
        "input.workflow",
        "patch.stale",
        "registry.py",
        "schema.json",
        "workflow.errors",
        "workflow.json",
        "workspace.io",
    }
    written = set(re.findall(r'"([a-z]+\.[a-z_]+)"', sources))
    assert {code for code in written if code.partition(".")[0] in families} - other == set(CODES) - {
        "internal"
    }  # which has no dot


def test_sarif() -> None:
    text = text_of(workflow(step("a", input={"x": "{{ inputs.nope }}"})))
    log = sarif({"tables/workflows/flow/workflow.json": found(text)})
    (run,) = log["runs"]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("reference.input", "error")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "reference.input"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 9, "startColumn": 18, "endLine": 9, "endColumn": 29}


def test_the_schema_of_the_format_accepts_what_compiles() -> None:
    schema = workflow_schema(STEP_TYPES)
    validator = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)
    validator.validate(EVERYTHING)
    http = {"id": "a", "type": "http", "input": {"url": "{{ inputs.url }}", "expect": "{{ inputs.expect }}"}}
    validator.validate(workflow(http))


def test_the_schema_of_the_format_knows_the_fields_of_each_step_type() -> None:
    validator = Draft202012Validator(workflow_schema(STEP_TYPES))
    wrong: list[dict[str, object]] = [
        {"id": "a", "type": "http", "input": {"uri": "x"}},
        {"id": "a", "type": "shell", "input": {"script": 4}},
        {"id": "a", "type": "set", "nedds": []},
    ]
    assert [validator.is_valid(workflow(each)) for each in wrong] == [False, False, False]


def test_shipped_schema_is_current() -> None:
    shipped = Path(__file__).parents[3] / "tables" / "workflow.schema.json"
    assert shipped.read_text() == workflow_schema_text(STEP_TYPES)
