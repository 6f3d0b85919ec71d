"""The workflow gate, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:8aa1fe444b812ddaf6da8145d75211314a05cc4bc67d6b136b00b67e36672c59
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import values
from wftui.runtime.plan import SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "gate",
    "name": "Ask before going ahead",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {"subject": {"type": "string", "default": "the fixture"}},
    "additionalProperties": False,
}


# workflow.json:17: step prepare (set)
def input_of_prepare(scope: Scope) -> Json:
    return {"subject": values.look_up(scope.inputs, "inputs", "subject")}


STEP_PREPARE = StepPlan(
    id="prepare",
    type="set",
    name="prepare",
    input=input_of_prepare,
    line=17,
    pointer="/steps/0",
)


# workflow.json:24: step confirm (approval)
def input_of_confirm(scope: Scope) -> Json:
    return {
        "prompt": values.text(
            "Release ",
            values.output(scope, "prepare", "subject"),
            "?",
        ),
        "form": {
            "type": "object",
            "properties": {"keep": {"type": "integer", "minimum": 1}},
        },
    }


STEP_CONFIRM = StepPlan(
    id="confirm",
    type="approval",
    name="confirm",
    needs=("prepare",),
    input=input_of_confirm,
    line=24,
    pointer="/steps/1",
)


# workflow.json:40: step apply (set)
def when_of_apply(scope: Scope) -> Json:
    return values.output(scope, "confirm", "approved")


def input_of_apply(scope: Scope) -> Json:
    return {
        "released": values.output(scope, "prepare", "subject"),
        "data": values.output(scope, "confirm", "data"),
    }


STEP_APPLY = StepPlan(
    id="apply",
    type="set",
    name="apply",
    needs=("prepare", "confirm"),
    when=when_of_apply,
    input=input_of_apply,
    line=40,
    pointer="/steps/2",
)


# workflow.json:49: step refuse (set)
def when_of_refuse(scope: Scope) -> Json:
    return not values.output(scope, "confirm", "approved")


def input_of_refuse(scope: Scope) -> Json:
    return {"kept": values.output(scope, "prepare", "subject")}


STEP_REFUSE = StepPlan(
    id="refuse",
    type="set",
    name="refuse",
    needs=("prepare", "confirm"),
    when=when_of_refuse,
    input=input_of_refuse,
    line=49,
    pointer="/steps/3",
)


# workflow.json:67: step tidy (set)
def input_of_tidy(scope: Scope) -> Json:
    return {"tidied": True}


STEP_TIDY = StepPlan(
    id="tidy",
    type="set",
    name="tidy",
    input=input_of_tidy,
    line=67,
    pointer="/finally/0",
)


# workflow.json:61: outputs
@values.null_when_skipped
def output_approved(scope: Scope) -> Json:
    return values.output(scope, "confirm", "approved")


@values.null_when_skipped
def output_released(scope: Scope) -> Json:
    return values.output(scope, "apply", "released")


@values.null_when_skipped
def output_kept(scope: Scope) -> Json:
    return values.output(scope, "refuse", "kept")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_prepare", 1): SourceSpot(
        pointer="/steps/0/input/subject",
        line=21,
        column=24,
    ),
    ("input_of_confirm", 4): SourceSpot(
        pointer="/steps/1/input/prompt",
        line=28,
        column=31,
    ),
    ("when_of_apply", 1): SourceSpot(pointer="/steps/2/when", line=43, column=16),
    ("input_of_apply", 2): SourceSpot(
        pointer="/steps/2/input/released",
        line=45,
        column=25,
    ),
    ("input_of_apply", 3): SourceSpot(
        pointer="/steps/2/input/data",
        line=46,
        column=21,
    ),
    ("when_of_refuse", 1): SourceSpot(pointer="/steps/3/when", line=55, column=16),
    ("input_of_refuse", 1): SourceSpot(
        pointer="/steps/3/input/kept",
        line=57,
        column=21,
    ),
    ("output_approved", 2): SourceSpot(pointer="/outputs/approved", line=62, column=21),
    ("output_released", 2): SourceSpot(pointer="/outputs/released", line=63, column=21),
    ("output_kept", 2): SourceSpot(pointer="/outputs/kept", line=64, column=17),
}

WORKFLOW = WorkflowPlan(
    id="gate",
    name="Ask before going ahead",
    version="0.1.0",
    description="",
    source_hash="sha256:8aa1fe444b812ddaf6da8145d75211314a05cc4bc67d6b136b00b67e36672c59",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(STEP_PREPARE, STEP_CONFIRM, STEP_APPLY, STEP_REFUSE),
    outputs={
        "approved": output_approved,
        "released": output_released,
        "kept": output_kept,
    },
    finally_=(STEP_TIDY,),
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
