"""The workflow square, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:649faabf84ac88bf7b340234f9b0e1845d401902ae5b85e930f4afad54adf3fe
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import operators, values
from wftui.runtime.plan import SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "square",
    "name": "Square",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


# workflow.json:19: step multiply (set)
def input_of_multiply(scope: Scope) -> Json:
    return {
        "square": operators.multiply(
            values.look_up(scope.inputs, "inputs", "n"),
            values.look_up(scope.inputs, "inputs", "n"),
        ),
    }


STEP_MULTIPLY = StepPlan(
    id="multiply",
    type="set",
    name="multiply",
    input=input_of_multiply,
    line=19,
    pointer="/steps/0",
)


# workflow.json:27: outputs
@values.null_when_skipped
def output_square(scope: Scope) -> Json:
    return values.output(scope, "multiply", "square")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_multiply", 2): SourceSpot(
        pointer="/steps/0/input/square",
        line=23,
        column=23,
    ),
    ("output_square", 2): SourceSpot(pointer="/outputs/square", line=28, column=19),
}

WORKFLOW = WorkflowPlan(
    id="square",
    name="Square",
    version="0.1.0",
    description="",
    source_hash="sha256:649faabf84ac88bf7b340234f9b0e1845d401902ae5b85e930f4afad54adf3fe",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(STEP_MULTIPLY,),
    outputs={"square": output_square},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
