"""The workflow squares, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:93495b160f31b98a0fa833d8926297e90c75e5f395570e2ab684bf46bcfc4101
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import values
from wftui.runtime.plan import ForEachPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "squares",
    "name": "A run for each number",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "numbers": {"type": "array", "items": {"type": "integer"}, "default": [2, 3]},
    },
    "additionalProperties": False,
}


# workflow.json:23: step all_squares (workflow)
def items_of_all_squares(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "numbers")


def input_of_all_squares(scope: Scope) -> Json:
    return {"workflow": "square", "inputs": {"n": values.local(scope, "n")}}


def early_of_all_squares(scope: Scope) -> Json:
    return {"workflow": "square"}


STEP_ALL_SQUARES = StepPlan(
    id="all_squares",
    type="workflow",
    name="all_squares",
    for_each=ForEachPlan(items=items_of_all_squares, as_="n"),
    input=input_of_all_squares,
    early=early_of_all_squares,
    line=23,
    pointer="/steps/0",
)


# workflow.json:38: outputs
@values.null_when_skipped
def output_squares(scope: Scope) -> Json:
    return values.output(scope, "all_squares")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("items_of_all_squares", 1): SourceSpot(
        pointer="/steps/0/forEach/in",
        line=27,
        column=16,
    ),
    ("input_of_all_squares", 1): SourceSpot(
        pointer="/steps/0/input/inputs/n",
        line=33,
        column=20,
    ),
    ("output_squares", 2): SourceSpot(pointer="/outputs/squares", line=39, column=20),
}

WORKFLOW = WorkflowPlan(
    id="squares",
    name="A run for each number",
    version="0.1.0",
    description="",
    source_hash="sha256:93495b160f31b98a0fa833d8926297e90c75e5f395570e2ab684bf46bcfc4101",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(STEP_ALL_SQUARES,),
    outputs={"squares": output_squares},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
