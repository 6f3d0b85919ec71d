"""Mistakes of users who know other products, and the fixes of these."""

import json
from typing import Any

import pytest

from compiler.compiler_helpers import after_fix, check, found, marked, step, text_of, workflow
from wftui.compiler.diagnostics.fixes import apply_fix
from wftui.model.workflow.durations import meant_duration, parse_duration

SCHEMA = {
    "type": "object",
    "properties": {"url": {"type": "string"}, "count": {"type": "integer"}, "items": {"type": "array"}},
    "required": ["url", "count", "items"],
}
FETCH = step("fetch", input={"x": 1})


def flow(*steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return workflow(*steps, **{"inputSchema": SCHEMA, **fields})


def of(type: str, **input: Any) -> dict[str, Any]:
    return {"id": "b", "type": type, "input": input}


CASES: list[tuple[str, str, str, dict[str, Any]]] = [
    # code, marked text, a part of the file after the fix (without spaces), workflow
    ("key.unknown", '"depends_on"', '"needs":["fetch"]', flow(FETCH, step("b", depends_on=["fetch"]))),
    ("key.unknown", '"dependsOn"', '"needs":["fetch"]', flow(FETCH, step("b", dependsOn=["fetch"]))),
    ("key.unknown", '"if"', '"when":"inputs.count>1"', flow(step("b", **{"if": "inputs.count > 1"}))),
    ("key.unknown", '"condition"', '"when":"inputs.count>1"', flow(step("b", condition="inputs.count > 1"))),
    ("key.unknown", '"with"', '"input":{"url"', flow({"id": "b", "type": "http", "with": {"url": "https://x/"}})),
    ("key.unknown", '"description"', '"note":"why"', flow(step("b", description="why"))),
    ("key.unknown", '"title"', '"name":"Flow"', flow(FETCH, title="Flow")),
    ("key.unknown", '"enabled"', '"disabled":true', flow(step("b", enabled=False))),
    ("key.unknown", '"continue_on_error"', '"onError":"continue"', flow(step("b", continue_on_error=True))),
    ("key.unknown", '"retries"', '"retry":{"maxAttempts":4}', flow(step("b", retries=3))),
    ("key.unknown", '"attempts"', '"maxAttempts":3', flow(step("b", retry={"attempts": 3}))),
    ("key.unknown", '"items"', '"in":"inputs.items"', flow(step("b", forEach={"items": "inputs.items"}))),
    (
        "key.unknown",
        '"concurrency"',
        '"maxParallel":3',
        flow(step("b", forEach={"in": "inputs.items", "concurrency": 3})),
    ),
    (
        "key.unknown",
        '"times"',
        '"maxIterations":3',
        flow({"id": "l", "type": "loop", "times": 3, "until": "true", "steps": []}),
    ),
    (
        "key.unknown",
        '"condition"',
        '"when":"true"',
        flow({"id": "s", "type": "switch", "cases": [{"condition": "true", "steps": []}]}),
    ),
    (
        "key.unknown",
        '"inputs"',
        '"inputSchema":{"type":"object","properties":{"a"',
        workflow(FETCH, inputs={"a": {"type": "string"}}),
    ),
    ("key.unknown", '"script"', '"input":{"script":"echo"}', flow({"id": "b", "type": "shell", "script": "echo"})),
    (
        "key.unknown",
        '"url"',
        '"url":"https://x/"',
        flow({"id": "b", "type": "http", "url": "https://x/", "input": {"method": "GET"}}),
    ),
    ("key.unknown", '"run"', '"input":{"script":"echo"}', flow({"id": "b", "type": "shell", "run": "echo"})),
    ("input.unknown", '"command"', '"script":"echo"', flow(of("shell", command="echo"))),
    ("input.unknown", '"body"', '"json":{"a":1}', flow(of("http", url="https://x/", method="POST", body={"a": 1}))),
    ("input.unknown", '"body"', '"text":"a=1&b=2"', flow(of("http", url="https://x/", method="POST", body="a=1&b=2"))),
    ("input.unknown", '"data"', '"text":"a,b"', flow(of("http", url="https://x/", method="POST", data="a,b"))),
    (
        "input.unknown",
        '"body"',
        '"json":"{{inputs.items}}"',
        flow(of("http", url="https://x/", method="POST", body="{{ inputs.items }}")),
    ),
    (
        "input.unknown",
        '"parameters"',
        '"params":[1]',
        flow(of("sql", database="x.db", query="select ?", parameters=[1])),
    ),
    ("input.unknown", '"seconds"', '"for":10', flow(of("delay", seconds=10))),
    ("input.unknown", '"message"', '"prompt":"?"', flow(of("approval", message="?"))),
    (
        "input.unknown",
        '"condition"',
        '"that":"{{inputs.count>1}}"',
        flow(of("assert", condition="{{ inputs.count > 1 }}")),
    ),
    ("step.type", '"bash"', '"type":"shell"', flow(of("bash", script="echo"))),
    ("step.type", '"request"', '"type":"http"', flow(of("request", url="https://x/"))),
    ("step.type", '"wait"', '"type":"delay"', flow(of("wait", **{"for": "1s"}))),
    ("value.type", '"fetch"', '"needs":["fetch"]', flow(FETCH, step("b", needs="fetch"))),
    ("value.type", "3", '"retry":{"maxAttempts":3}', flow(step("b", retry=3))),
    ("value.type", '"exponential"', '"backoff":2', flow(step("b", retry={"maxAttempts": 2, "backoff": "exponential"}))),
    (
        "value.type",
        '"http"',
        '"on":["http"]',
        flow(of("http", url="https://x/") | {"retry": {"maxAttempts": 2, "on": "http"}}),
    ),
    (
        "value.type",
        "500",
        '"on":["http.500"]',
        flow(of("http", url="https://x/") | {"retry": {"maxAttempts": 2, "on": [500]}}),
    ),
    ("value.type", '"inputs.items"', '"forEach":{"in":"inputs.items"}', flow(step("b", forEach="inputs.items"))),
    (
        "value.type",
        '"{{ inputs.items }}"',
        '"forEach":{"in":"inputs.items"}',
        flow(step("b", forEach="{{ inputs.items }}")),
    ),
    ("value.type", "[", '"forEach":{"in":"[1,2]"}', flow(step("b", forEach=[1, 2]))),
    ("value.type", "true", '"when":"true"', flow(step("b", when=True))),
    ("value.type", "1", '"version":"1"', flow(FETCH, version=1)),
    ("value.type", '"deploy"', '"concurrency":{"group":"deploy"}', flow(FETCH, concurrency="deploy")),
    ("value.type", "{", '"vars":{"home":"x"}', flow(FETCH, env={"HOME": "x"})),
    ("value.type", "{", '"env":["HOME"]', flow(FETCH, env={"HOME": ""})),
    ("value.type", '"fetch, b"', '"needs":["fetch","b"]', flow(FETCH, step("b"), step("c", needs="fetch, b"))),
    ("key.unknown", '"timeout-minutes"', '"timeout":"5m"', flow(step("b", **{"timeout-minutes": 5}))),
    ("key.unknown", '"trigger_rule"', '"join":"all_done"', flow(FETCH, step("b", trigger_rule="all_done"))),
    ("key.unknown", '"seconds"', '"input":{"for":3}', flow({"id": "b", "type": "delay", "seconds": 3})),
    (
        "key.unknown",
        '"body"',
        '"text":"x"',
        flow({"id": "b", "type": "http", "body": "x", "input": {"url": "https://x/"}}),
    ),
    (
        "key.unknown",
        '"rescue"',
        '"catch":[{"steps":[{"id":"h"',
        flow({"id": "g", "type": "group", "steps": [step("x")], "rescue": [step("h")]}),
    ),
    (
        "key.unknown",
        '"cancel-in-progress"',
        '"onBusy":"cancelRunning"',
        flow(FETCH, concurrency={"group": "g", "cancel-in-progress": True}),
    ),
    (
        "input.unknown",
        '"body"',
        '"form":{"a":"1"}',
        flow(
            of(
                "http",
                url="https://x/",
                method="POST",
                body={"a": "1"},
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
        ),
    ),
    ("input.value", '"app.jobs.main"', '"function":"app.jobs:main"', flow(of("python", function="app.jobs.main"))),
    ("input.choice", '"remove"', '"action":"delete"', flow(of("file", action="remove", path="x"))),
    ("value.choice", '"one_failed"', '"join":"any_failed"', flow(FETCH, step("b", join="one_failed"))),
    ("step.type", '"n8n-nodes-base.httpRequest"', '"type":"http"', flow(of("n8n-nodes-base.httpRequest", url="/x"))),
    ("step.type", '"BashOperator"', '"type":"shell"', flow(of("BashOperator", script="x"))),
    ("value.type", '"http"', '"api":{"kind":"http"}', flow(FETCH, connections={"api": "http"})),
    (
        "value.type",
        '"default"',
        '"default":{"steps":[{',
        flow({"id": "s", "type": "switch", "cases": [], "default": [step("x")]}),
    ),
    ("value.choice", '"any"', '"join":"any_success"', flow(FETCH, step("b", needs=["fetch"], join="any"))),
    ("value.choice", '"ignore"', '"onError":"continue"', flow(step("b", onError="ignore"))),
    ("value.duration", '"5 minutes"', '"timeout":"5m"', flow(step("b", timeout="5 minutes"))),
    ("value.duration", '"1h30m"', '"timeout":"90m"', flow(step("b", timeout="1h30m"))),
    ("value.pattern", '"fetchData"', '"id":"fetch_data"', flow(step("fetchData"))),
    ("value.pattern", '"1st"', '"id":"step_1st"', flow(step("1st"))),
    ("input.value", '"10 seconds"', '"for":"10s"', flow(of("delay", **{"for": "10 seconds"}))),
    ("input.type", "\"ls -l 'a b'\"", '"argv":["ls","-l","ab"]', flow(of("shell", argv="ls -l 'a b'"))),
    ("input.type", "[", '"script":"cdx\\nls"', flow(of("shell", script=["cd x", "ls"]))),
    ("input.type", "[", '"script":"ls"', flow(of("shell", script=["ls"]))),
    ("input.type", '"200"', '"expect":[200]', flow(of("http", url="https://x/", expect="200"))),
    (
        "input.type",
        '"07"',
        '"attachments":["07"]',
        flow(
            of("email", to="a@b.example", subject="s", text="t", attachments="07") | {"connection": "mail"},
            connections={"mail": {"kind": "smtp"}},
        ),
    ),
    ("input.type", '"inputs.count > 1"', '"that":"{{inputs.count>1}}"', flow(of("assert", that="inputs.count > 1"))),
    (
        "connection.unknown",
        '"api"',
        '"connections":{"api":{"kind":"http"}}',
        flow(of("http", url="/") | {"connection": "api"}),
    ),
    (
        "dependency.scope",
        '"i"',
        '"needs":["g"]',
        flow({"id": "g", "type": "group", "steps": [step("i")]}, step("b", needs=["i"])),
    ),
    (
        "reference.scope",
        "steps.i.output.x",
        "steps.g.output.x",
        flow(
            {"id": "g", "type": "group", "steps": [step("i", input={"x": 1})]},
            step("b", input={"y": "{{ steps.i.output.x }}"}),
        ),
    ),
    ("reference.property", "length", "inputs.items|length", flow(step("b", input={"y": "{{ inputs.items.length }}"}))),
    ("reference.property", "first", "inputs.items|first", flow(step("b", input={"y": "{{ inputs.items.first }}"}))),
    ("reference.property", "last", "inputs.items|last", flow(step("b", input={"y": "{{ inputs.items.last }}"}))),
    (
        "expression.function",
        "len(inputs.items)",
        "{{inputs.items|length}}",
        flow(step("b", input={"y": "{{ len(inputs.items) }}"})),
    ),
    (
        "schema.root",
        '"a"',
        '"properties":{"a":{"type":"string"}}',
        workflow(FETCH, inputSchema={"a": {"type": "string"}}),
    ),
    (
        "schema.invalid",
        "true",
        '"required":["u"]',
        workflow(FETCH, inputSchema={"properties": {"u": {"type": "string", "required": True}}}),
    ),
]


@pytest.mark.parametrize(
    ("code", "mark", "after", "source"), CASES, ids=[f"{case[0]} {case[1]}"[:40] for case in CASES]
)
def test_the_first_fix_writes_what_is_meant(code: str, mark: str, after: str, source: dict[str, Any]) -> None:
    text = text_of(source)
    wrong = next(each for each in found(text) if each.code == code)
    assert marked(text, wrong) == mark
    assert after in "".join(apply_fix(text, wrong.fixes[0]).split())
    assert [each.message for each in after_fix(text, wrong) if each.severity == "error"] == []


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (flow(FETCH, schedule="0 0 * * *"), "wftui schedule print"),
        (flow(FETCH, on={"schedule": "0 0 * * *"}), "wftui schedule print"),
        (flow({"id": "s", "type": "if", "when": "true"}), 'the key "when" of any step, or a switch'),
        (flow({"id": "s", "type": "parallel"}), '"needs": []'),
        (flow({"id": "s", "type": "for-each"}), 'the key "forEach"'),
        (flow({"id": "s", "type": "try"}), 'the key "catch"'),
        (flow({"id": "s", "type": "cron"}), "no step for what starts a run"),
        (flow({"id": "s", "type": "print"}), "write set, whose input"),
        (flow(step("s", register="x")), "read as steps.ID.output"),
        (flow({"id": "s", "type": "switch", "value": "x", "cases": []}), "each case of a switch has a condition"),
        (flow(step("x"), env={"A": "x"}, vars={"b": 1}), "values have their place in vars"),
        (flow(step("x"), concurrency=3), "maxParallel bounds the steps"),
        (flow(step("my-step")), "use lower-case letters, digits and _"),
    ],
)
def test_a_mistake_without_a_fix_names_another_way(source: dict[str, Any], part: str) -> None:
    errors = [each.message for each in found(source) if each.severity == "error"]
    assert part in errors[0]


@pytest.mark.parametrize("key", ["outputs", "result", "next", "zzz"])
def test_a_key_that_means_nothing_here_is_not_renamed(key: str) -> None:
    [wrong] = found(workflow(step("b", **{key: 1})))
    assert [each.title for each in wrong.fixes] == [f"remove {key}"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"retries": True}, "key.unknown"),
        ({"retries": -1}, "key.unknown"),
        ({"forEach": "{{ inputs.a }}-{{ inputs.b }}"}, "value.type"),
        ({"forEach": "{{ }}"}, "value.type"),
        ({"onLimit": "stop"}, "value.choice"),
    ],
    ids=str,
)
def test_a_value_of_more_than_one_meaning_is_not_rewritten(fields: dict[str, Any], code: str) -> None:
    wrong = next(each for each in found(workflow(step("b", **fields))) if each.code == code)
    assert not [each for each in wrong.fixes if any("value" in one.to_wire() for one in each.patch)]


@pytest.mark.parametrize(
    "fields",
    [
        {"if": "true", "when": "true"},
        {"enabled": False, "disabled": False},
        {"with": {"x": 1}, "input": {"x": 2}},
        {"continueOnError": True, "onError": "fail"},
        {"type": "group", "steps": [step("x")], "tasks": [step("y")]},
        {"type": "switch", "cases": [], "default": {"steps": []}, "else": {"steps": []}},
        {"type": "group", "steps": [step("x")], "catch": [{"steps": [step("y")]}], "handlers": []},
    ],
    ids=str,
)
def test_a_key_that_is_given_is_not_written_over(fields: dict[str, Any]) -> None:
    [wrong] = [each for each in found(workflow(step("b", **fields))) if each.code == "key.unknown"]
    assert [each.title.partition(" ")[0] for each in wrong.fixes] == ["remove"]


def test_steps_at_the_end_are_not_written_over() -> None:
    [wrong] = check(workflow(step("a"), after=[step("b")], **{"finally": [step("c")]})).errors
    assert [each.title for each in wrong.fixes] == ["remove after"]


def test_inputs_beside_a_schema_of_inputs_are_not_written_over_it() -> None:
    [wrong] = check(workflow(step("a"), inputs={"a": {}}, inputSchema=SCHEMA)).errors
    assert [each.title for each in wrong.fixes] == ["remove inputs"]


@pytest.mark.parametrize(
    "call",
    [
        "-len(inputs.items)",
        "len(len(inputs.items))",
        "len(inputs.url, 1)",
        "first(inputs.items).name",
        "sort(inputs.items) [0]",
    ],
)
def test_a_call_that_is_more_than_a_filter_has_no_fix(call: str) -> None:
    wrong = check(flow(step("b", input={"y": f"{{{{ {call} }}}}"}))).errors[0]
    assert (wrong.code, wrong.fixes) == ("expression.function", [])


@pytest.mark.parametrize("read", ["-inputs.items.length", "inputs.items.first[inputs.count]"])
def test_a_property_that_is_more_than_a_filter_has_no_fix(read: str) -> None:
    source = flow(step("b", input={"y": f"{{{{ {read} }}}}"}))
    wrong = next(each for each in found(source) if "so it has" in each.message)
    assert (wrong.code, wrong.fixes) == ("reference.property", [])


def test_a_read_in_another_spelling_is_left_to_the_user() -> None:
    inner = {"id": "g", "type": "group", "steps": [step("i", input={"x": 1})]}
    reader = step("b", input={"y": "{{ steps['i'].output.x }}"})
    [wrong] = [each for each in found(workflow(inner, reader)) if each.code == "reference.scope"]
    assert wrong.fixes == []


def test_only_the_last_step_is_read_through_its_container() -> None:
    inner = [step("i", input={"x": 1}), step("j")]
    reader = step("b", input={"y": "{{ steps.i.output.x }}"})
    for container in (
        {"id": "g", "type": "group", "steps": inner},
        {"id": "g", "type": "group", "forEach": {"in": "[1]"}, "steps": inner[:1]},
        {"id": "g", "type": "group", "steps": [{**inner[0], "forEach": {"in": "[1]"}}]},
    ):
        [wrong] = [each for each in found(workflow(container, reader)) if each.code == "reference.scope"]
        assert wrong.fixes == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5min", "5m"),
        ("90 secs", "90s"),
        ("1.5 hours", "90m"),
        ("1 day, 2 hours", "26h"),
        ("PT1H30M", "90m"),
        ("P1DT2H", "26h"),
        ("00:05:00", "5m"),
        ("250 milliseconds", "250ms"),
        ("30", "30s"),
    ],
)
def test_durations_of_others(text: str, meant: str) -> None:
    assert meant_duration(text) == meant
    assert parse_duration(meant) > 0


@pytest.mark.parametrize(
    "text", ["", "s", "soon", "P1M", "1 month", "-5s", "0s", "9" * 30 + "d", "1:30", "٣ s", "1h x"]
)
def test_texts_that_are_not_durations(text: str) -> None:
    assert meant_duration(text) is None


def test_names_of_others_are_json() -> None:
    """A key that has to be escaped in a pointer is removed where it is."""
    text = json.dumps(workflow(step("b", **{"a/b~c": 1})))
    [wrong] = found(text)
    assert "a/b" not in apply_fix(text, wrong.fixes[0])
