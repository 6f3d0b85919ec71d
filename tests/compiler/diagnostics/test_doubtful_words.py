"""Names of several meanings, and words that only look alike: the user decides."""

import json
from typing import Any

import pytest

from compiler.compiler_helpers import check, found, step, text_of, workflow
from wftui.compiler.diagnostics.fixes import apply_fix, apply_safe_fixes


def of(type: str, **input: Any) -> dict[str, Any]:
    return {"id": "b", "type": type, "input": input}


LOOP = {"id": "l", "type": "loop", "maxIterations": 3, "steps": [step("x")]}


@pytest.mark.parametrize(
    ("source", "titles"),
    [
        (workflow({**LOOP, "condition": "inputs.count > 1"}), ["rename it to while", "rename it to until"]),
        (
            workflow({"id": "l", "condition": "true", "type": "while", "maxIterations": 3, "steps": [step("x")]}),
            ["rename it to while", "rename it to until"],
        ),
        (workflow({"id": "b", "type": "assert", "condition": "true"}), ["move it to input.that", "rename it to when"]),
        (
            workflow(of("http", url="https://x/", method="POST", data={"a": "1"})),
            ["rename it to json", "rename it to form"],
        ),
        (workflow({"id": "b", "type": "http", "data": {"a": "1"}}), ["move it to input.json", "move it to input.form"]),
    ],
    ids=str,
)
def test_the_user_chooses_between_names_of_different_meaning(source: dict[str, Any], titles: list[str]) -> None:
    text = text_of(source)
    wrong = next(each for each in found(text) if each.code in ("key.unknown", "input.unknown"))
    assert [each.title for each in wrong.fixes[:-1]] == titles
    assert wrong.message.endswith(f"; did you mean {', or '.join(title.split()[-1] for title in titles)}?")
    fixed, _applied = apply_safe_fixes(text, check)
    assert wrong.message in [each.message for each in found(fixed)]


@pytest.mark.parametrize(
    "source",
    [
        # types, keys, fields and values that only look like those here
        *(workflow({"id": "b", "type": word}) for word in ("noop", "get", "sort", "eval", "merge", "loop_over_items")),
        *(
            workflow(step("b", **{key: "x"}))
            for key in ("notify", "cache", "register", "stage", "errors", "hosts", "sleep")
        ),
        *(
            workflow(of("http", url="https://x/", **{key: "x"}))
            for key in ("user", "from", "next", "end", "bearer", "lines")
        ),
        *(
            workflow(of("shell", script="x", **{key: "x"}))
            for key in ("skip", "settings", "executable", "end", "secrets")
        ),
        *(workflow(of("file", action="read", path="x", **{key: "x"})) for key in ("container", "context", "limit")),
        *(workflow(step("b", join=word)) for word in ("all_failed", "none_skipped", "one_failure")),
        *(workflow(of("file", action=word, path="x")) for word in ("touch", "update", "head")),
        workflow({"id": "g", "type": "group", "steps": [], "wait": "2s"}),
        workflow({"id": "i", "type": "if", "condition": "true", "then": [step("x")], "else": [step("y")]}),
        workflow({"id": "i", "if": "true", "type": "try", "tasks": [step("x")]}),
        workflow({"id": "s", "type": "switch", "cases": [], "expression": "inputs.count"}),
        workflow(step("b", args=["x"])),
        workflow(step("b", retry={"maxAttempts": 2, "backoff": "linear"})),
        workflow(of("shell", script=["npm", "test"])),
        workflow(of("http", url=["https://x/", "https://y/"])),
    ],
    ids=lambda source: json.dumps(source["steps"])[15:75],
)
def test_what_only_looks_alike_is_not_rewritten(source: dict[str, Any]) -> None:
    text = text_of(source)
    wrong = [each for each in check(text).errors if each.code in (*CHANGED, "input.type", "value.type")]
    assert wrong
    for each in wrong:
        assert all(fix.title.startswith("remove ") for fix in each.fixes), each.fixes
    assert apply_safe_fixes(text, check) == (text, [])


CHANGED = ("key.unknown", "input.unknown", "input.choice", "step.type", "value.choice")


NAMED = {
    "type": "object",
    "properties": {name: {} for name in ("user_name", "list")},
    "required": ["user_name", "list"],
}


@pytest.mark.parametrize(
    "expression",
    [
        *(f"inputs.list | {word}" for word in ("floor", "size", "combine", "sqrt", "filter", "toInt", "set", "has")),
        *(f"inputs.list is {word}" for word in ("bool", "len", "add", "split", "last")),
        "average(inputs.list)",
        "inputs.user_id",
        "steps.fetch_2.output",
        "steps.fetch-data.output",
        "steps.fetch_1.output.file_size",
        "runner.os",
    ],
)
def test_names_in_expressions_that_only_look_alike_are_not_rewritten(expression: str) -> None:
    fetch = step("fetch_1", input={"file_name": "a"})
    text = text_of(workflow(fetch, step("b", input={"x": f"{{{{ {expression} }}}}"}), inputSchema=NAMED))
    assert check(text).errors
    assert apply_safe_fixes(text, check) == (text, [])


def test_another_number_makes_another_id() -> None:
    text = text_of(workflow(step("fetch_1"), step("b", needs=["fetch_2"])))
    assert [each.message for each in check(text).errors] == ["there is no step 'fetch_2'; did you mean fetch_1?"]
    assert apply_safe_fixes(text, check) == (text, [])


@pytest.mark.parametrize("when", ["${{ inputs.list }}", " ${{ inputs.list }} "])
def test_braces_of_other_products_around_a_condition_are_removed(when: str) -> None:
    text = text_of(workflow(step("a", when=when), inputSchema=NAMED))
    fixed, [applied] = apply_safe_fixes(text, check)
    assert applied.fix.title == "remove the braces"
    assert json.loads(fixed)["steps"][0]["when"] == "inputs.list"


def test_a_script_of_another_product_keeps_no_dollar() -> None:
    """With it, a shell prints `$` as well, or looks for a translation."""
    text = text_of(workflow(of("shell", script="echo ${{ inputs.user_name }}"), inputSchema=NAMED))
    fixed, _applied = apply_safe_fixes(text, check)
    assert json.loads(fixed)["steps"][0]["input"] == {
        "script": 'echo "${USER_NAME}"',
        "env": {"USER_NAME": "{{ inputs.user_name }}"},
    }


def test_a_list_of_inputs_becomes_a_schema() -> None:
    text = text_of(workflow(step("a"), inputs=["url", "count"]))
    [wrong] = [each for each in found(text) if each.code == "key.unknown"]
    assert json.loads(apply_fix(text, wrong.fixes[0]))["inputSchema"] == {
        "type": "object",
        "properties": {"url": {}, "count": {}},
        "required": ["url", "count"],
    }


def test_inputs_with_only_their_types_belong_in_properties() -> None:
    text = text_of(workflow(step("a"), inputSchema={"url": "string"}))
    wrong = next(each for each in found(text) if each.code == "schema.root")
    fixed = json.loads(apply_fix(text, wrong.fixes[0]))
    assert fixed["inputSchema"] == {"type": "object", "properties": {"url": {"type": "string"}}}


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ("HOME", 'env must be a list, not "HOME"'),
        (3, "env must be a list, not 3"),
        (
            {"HOME": "x"},
            'env must be a list of the environment variables that the workflow reads, not {"HOME": "x"}; '
            "values have their place in vars, or in env in the input of a step",
        ),
    ],
)
def test_env_is_a_list_of_names(env: object, message: str) -> None:
    assert [each.message for each in found(workflow(step("a"), env=env)) if each.severity == "error"] == [message]
