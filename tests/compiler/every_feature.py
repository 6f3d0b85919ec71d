"""One workflow with everything the format has."""

from typing import Any

from compiler.compiler_helpers import step

LONG_CONDITION = (
    "steps.first.output.value | length > 3 or inputs.name | startswith('some text') or inputs.name | endswith('more')"
)
LONG = "inputs.name | default('a rather long text that takes its place') ~ ' and another text that makes the line long'"

EVERYTHING: dict[str, Any] = {
    "format": 1,
    "id": "flow",
    "name": 'Every "kind" of thing',
    "version": "2.1.0",
    "description": "Line one\nline two — with ünicode and a \\ backslash",
    "labels": {"team": "ops"},
    "inputSchema": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "default": "x"},
            "list": {"type": "array", "items": {"type": "object", "properties": {"key": {"format": "password"}}}},
            "token": {"type": "string", "writeOnly": True},
            "float": {"type": "number", "default": 1e22},
        },
        "required": ["list", "token"],
    },
    "env": ["HOME"],
    "timeout": "1h",
    "maxParallel": 3,
    "failFast": True,
    "concurrency": {"group": "flow-{{ inputs.name }}", "onBusy": "cancelRunning"},
    "defaults": {"retry": {"maxAttempts": 2}, "timeout": "30s"},
    "steps": [
        step(
            "first",
            input={
                "text": "{{ inputs.name }} and {{ env.HOME }} and {{ inputs.list | length }}",
                "value": "{{ inputs.list }}",
                "nested": {"deep": [1, 2.5, None, True, {"a b": "{{ inputs.name | upper }}"}]},
                "long": f"{{{{ {LONG} if inputs.name != '' and inputs.list | length > 1000000 else inputs.name }}}}",
                "literal": "no braces 'single' \"double\" \t tab \u2028 and more text to make it too long",
            },
        ),
        step(
            "each",
            forEach={"in": "inputs.list", "as": "one", "maxParallel": 4, "onItemError": "continue"},
            input={"k": "{{ one.key ~ index }}"},
        ),
        {
            "id": "choose",
            "type": "switch",
            "cases": [
                {"when": "inputs.name == 'x'", "steps": [step("left", input={"x": 1})]},
                {"when": LONG_CONDITION, "steps": [step("middle")]},
            ],
            "default": {"steps": [step("right", needs=[])]},
        },
        {
            "id": "again",
            "type": "loop",
            "until": "steps.tick.output.n >= 3",
            "maxIterations": 5,
            "delay": "10ms",
            "steps": [step("tick", input={"n": "{{ index }}"})],
        },
        {
            "id": "both",
            "type": "group",
            "needs": ["choose"],
            "join": "none_failed",
            "steps": [
                step(
                    "in_a",
                    needs=[],
                    onError={"fallback": {"a": [1]}},
                    retry={"maxAttempts": 5, "delay": "2s", "on": ["http", "timeout"]},
                ),
                step(
                    "in_b",
                    needs=[],
                    disabled=True,
                    outputSchema={"type": "object"},
                    when="inputs.name is defined",
                    timeout=1.5,
                    idempotent=False,
                ),
            ],
        },
        step(
            "final_with_a_very_long_step_id_that_is_as_long_as_ids_may_be",
            onError="continue",
            when="steps.first.status == 'completed'",
        ),
    ],
    "outputs": {
        "n": "{{ steps.first.output.value | length }}",
        "Not an identifier!": {"name": "{{ inputs.name }}", "plain": 1},
        "1": "literal",
    },
    "finally": [step("clean", input={"status": "{{ steps.first.status }}"})],
}
