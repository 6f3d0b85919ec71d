"""The workflow items, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:6ac502163a1b9797b0fae515d82d150720f479e0f00f82f083353d517c6f955a
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import filters_text, values
from wftui.runtime.plan import ForEachPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "items",
    "name": "Items that fail",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "codes": {"type": "array", "items": {"type": "integer"}, "default": [0, 3, 0]},
    },
    "additionalProperties": False,
}


# workflow.json:24: step each (shell)
def items_of_each(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "codes")


def input_of_each(scope: Scope) -> Json:
    return {
        "script": 'exit "$CODE"',
        "env": {"CODE": filters_text.string(values.local(scope, "code"))},
    }


STEP_EACH = StepPlan(
    id="each",
    type="shell",
    name="each",
    for_each=ForEachPlan(items=items_of_each, as_="code"),
    input=input_of_each,
    line=24,
    pointer="/steps/0",
)


# workflow.json:40: step tolerant (shell)
def items_of_tolerant(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "codes")


def input_of_tolerant(scope: Scope) -> Json:
    return {
        "script": 'exit "$CODE"',
        "env": {"CODE": filters_text.string(values.local(scope, "code"))},
    }


STEP_TOLERANT = StepPlan(
    id="tolerant",
    type="shell",
    name="tolerant",
    for_each=ForEachPlan(
        items=items_of_tolerant,
        as_="code",
        max_parallel=2,
        on_item_error="continue",
    ),
    input=input_of_tolerant,
    line=40,
    pointer="/steps/1",
)


# workflow.json:57: step summary (set)
def input_of_summary(scope: Scope) -> Json:
    return {
        "each": values.step(scope, "each").status,
        "tolerant": values.step(scope, "tolerant").status,
    }


STEP_SUMMARY = StepPlan(
    id="summary",
    type="set",
    name="summary",
    needs=("each", "tolerant"),
    join="all_done",
    input=input_of_summary,
    line=57,
    pointer="/steps/2",
)


# workflow.json:71: outputs
@values.null_when_skipped
def output_summary(scope: Scope) -> Json:
    return values.output(scope, "summary")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("items_of_each", 1): SourceSpot(pointer="/steps/0/forEach/in", line=28, column=16),
    ("input_of_each", 3): SourceSpot(
        pointer="/steps/0/input/env/CODE",
        line=36,
        column=23,
    ),
    ("items_of_tolerant", 1): SourceSpot(
        pointer="/steps/1/forEach/in",
        line=45,
        column=16,
    ),
    ("input_of_tolerant", 3): SourceSpot(
        pointer="/steps/1/input/env/CODE",
        line=53,
        column=23,
    ),
    ("input_of_summary", 2): SourceSpot(
        pointer="/steps/2/input/each",
        line=66,
        column=21,
    ),
    ("input_of_summary", 3): SourceSpot(
        pointer="/steps/2/input/tolerant",
        line=67,
        column=25,
    ),
    ("output_summary", 2): SourceSpot(pointer="/outputs/summary", line=72, column=20),
}

WORKFLOW = WorkflowPlan(
    id="items",
    name="Items that fail",
    version="0.1.0",
    description="",
    source_hash="sha256:6ac502163a1b9797b0fae515d82d150720f479e0f00f82f083353d517c6f955a",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(STEP_EACH, STEP_TOLERANT, STEP_SUMMARY),
    outputs={"summary": output_summary},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
