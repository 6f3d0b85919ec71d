"""The workflow exits, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:e753adf3aebc70ceb3d8d6cd46966b3cf471a79885be4dc3072d5bb616c2f872
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import filters_text, values
from wftui.runtime.plan import SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "exits",
    "name": "Exit with a code",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {"code": {"type": "integer"}},
    "required": ["code"],
    "additionalProperties": False,
}


# workflow.json:19: step before (set)
def input_of_before(scope: Scope) -> Json:
    return {"text": "before"}


STEP_BEFORE = StepPlan(
    id="before",
    type="set",
    name="before",
    input=input_of_before,
    line=19,
    pointer="/steps/0",
)


# workflow.json:26: step leave (shell)
def input_of_leave(scope: Scope) -> Json:
    return {
        "script": 'echo "leaving with $CODE"\nexit "$CODE"',
        "env": {
            "CODE": filters_text.string(values.look_up(scope.inputs, "inputs", "code")),
        },
    }


STEP_LEAVE = StepPlan(
    id="leave",
    type="shell",
    name="leave",
    after=("before",),
    input=input_of_leave,
    line=26,
    pointer="/steps/1",
)


# workflow.json:36: step after (set)
def input_of_after(scope: Scope) -> Json:
    return {"text": values.text(values.output(scope, "before", "text"), " and after")}


STEP_AFTER = StepPlan(
    id="after",
    type="set",
    name="after",
    needs=("before", "leave"),
    input=input_of_after,
    line=36,
    pointer="/steps/2",
)


# workflow.json:46: step aside (set)
def input_of_aside(scope: Scope) -> Json:
    return {"text": "independent"}


STEP_ASIDE = StepPlan(
    id="aside",
    type="set",
    name="aside",
    input=input_of_aside,
    line=46,
    pointer="/steps/3",
)


# workflow.json:54: step mended (shell)
def input_of_mended(scope: Scope) -> Json:
    return {"script": "exit 5"}


STEP_MENDED = StepPlan(
    id="mended",
    type="shell",
    name="mended",
    input=input_of_mended,
    on_error="fallback",
    fallback={"mended": True},
    line=54,
    pointer="/steps/4",
)


# workflow.json:67: step ignored (python)
def input_of_ignored(scope: Scope) -> Json:
    return {"code": "def main():\n    return 1 / 0\n"}


STEP_IGNORED = StepPlan(
    id="ignored",
    type="python",
    name="ignored",
    input=input_of_ignored,
    on_error="continue",
    line=67,
    pointer="/steps/5",
)


# workflow.json:76: step report (set)
def input_of_report(scope: Scope) -> Json:
    return {
        "error": values.look_up(
            values.step(scope, "leave").error,
            "steps.leave.error",
            "type",
        ),
    }


STEP_REPORT = StepPlan(
    id="report",
    type="set",
    name="report",
    needs=("leave",),
    join="any_failed",
    input=input_of_report,
    line=76,
    pointer="/steps/6",
)


# workflow.json:92: step tidy (set)
def input_of_tidy(scope: Scope) -> Json:
    return {"tidied": True}


STEP_TIDY = StepPlan(
    id="tidy",
    type="set",
    name="tidy",
    input=input_of_tidy,
    line=92,
    pointer="/finally/0",
)


# workflow.json:88: outputs
@values.null_when_skipped
def output_text(scope: Scope) -> Json:
    return values.output(scope, "after", "text")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_leave", 4): SourceSpot(
        pointer="/steps/1/input/env/CODE",
        line=32,
        column=23,
    ),
    ("input_of_after", 1): SourceSpot(
        pointer="/steps/2/input/text",
        line=43,
        column=21,
    ),
    ("input_of_report", 2): SourceSpot(
        pointer="/steps/6/input/error",
        line=84,
        column=22,
    ),
    ("output_text", 2): SourceSpot(pointer="/outputs/text", line=89, column=17),
}

WORKFLOW = WorkflowPlan(
    id="exits",
    name="Exit with a code",
    version="0.1.0",
    description="",
    source_hash="sha256:e753adf3aebc70ceb3d8d6cd46966b3cf471a79885be4dc3072d5bb616c2f872",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(
        STEP_BEFORE,
        STEP_LEAVE,
        STEP_AFTER,
        STEP_ASIDE,
        STEP_MENDED,
        STEP_IGNORED,
        STEP_REPORT,
    ),
    outputs={"text": output_text},
    finally_=(STEP_TIDY,),
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
