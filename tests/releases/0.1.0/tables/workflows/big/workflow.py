"""The workflow big, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:517c794d8800fb7f724422ad5f8c473deb95417e69df470e9001b7b4b846328e
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, filters_text, values
from wftui.runtime.plan import SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "big",
    "name": "A value that is stored by reference",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "default": 500},
        "code": {"type": "integer", "default": 0},
    },
    "additionalProperties": False,
}


# workflow.json:21: step rows (python)
def input_of_rows(scope: Scope) -> Json:
    return {
        "code": "def main(count):\n    return [{'number': n, 'text': 'row %06d' % n} for n in range(count)]\n",
        "args": {"count": values.look_up(scope.inputs, "inputs", "count")},
    }


STEP_ROWS = StepPlan(
    id="rows",
    type="python",
    name="rows",
    input=input_of_rows,
    line=21,
    pointer="/steps/0",
)


# workflow.json:31: step leave (shell)
def input_of_leave(scope: Scope) -> Json:
    return {
        "script": 'exit "$CODE"',
        "env": {
            "CODE": filters_text.string(values.look_up(scope.inputs, "inputs", "code")),
        },
    }


STEP_LEAVE = StepPlan(
    id="leave",
    type="shell",
    name="leave",
    needs=("rows",),
    input=input_of_leave,
    line=31,
    pointer="/steps/1",
)


# workflow.json:44: step last_row (set)
def input_of_last_row(scope: Scope) -> Json:
    return {
        "length": filters_lists.length(values.output(scope, "rows")),
        "last": values.output(scope, "rows", -1),
    }


STEP_LAST_ROW = StepPlan(
    id="last_row",
    type="set",
    name="last_row",
    needs=("rows", "leave"),
    input=input_of_last_row,
    line=44,
    pointer="/steps/2",
)


# workflow.json:56: outputs
@values.null_when_skipped
def output_last(scope: Scope) -> Json:
    return values.output(scope, "last_row", "last")


@values.null_when_skipped
def output_rows(scope: Scope) -> Json:
    return values.output(scope, "rows")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_rows", 3): SourceSpot(
        pointer="/steps/0/input/args/count",
        line=27,
        column=24,
    ),
    ("input_of_leave", 4): SourceSpot(
        pointer="/steps/1/input/env/CODE",
        line=40,
        column=23,
    ),
    ("input_of_last_row", 2): SourceSpot(
        pointer="/steps/2/input/length",
        line=51,
        column=23,
    ),
    ("input_of_last_row", 3): SourceSpot(
        pointer="/steps/2/input/last",
        line=52,
        column=21,
    ),
    ("output_last", 2): SourceSpot(pointer="/outputs/last", line=57, column=17),
    ("output_rows", 2): SourceSpot(pointer="/outputs/rows", line=58, column=17),
}

WORKFLOW = WorkflowPlan(
    id="big",
    name="A value that is stored by reference",
    version="0.1.0",
    description="",
    source_hash="sha256:517c794d8800fb7f724422ad5f8c473deb95417e69df470e9001b7b4b846328e",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(STEP_ROWS, STEP_LEAVE, STEP_LAST_ROW),
    outputs={"last": output_last, "rows": output_rows},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
