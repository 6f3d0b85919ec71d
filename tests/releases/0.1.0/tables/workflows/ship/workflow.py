"""The workflow ship, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:3e3729a115140a670ec6b51f0ed724b86586cc4f92fbf7c868733549c8f2f201
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import values
from wftui.runtime.plan import SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "ship",
    "name": "Ask in a run of its own",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {"version": {"type": "string", "default": "1.0"}},
    "additionalProperties": False,
}


# workflow.json:17: step build (set)
def input_of_build(scope: Scope) -> Json:
    return {"version": values.look_up(scope.inputs, "inputs", "version")}


STEP_BUILD = StepPlan(
    id="build",
    type="set",
    name="build",
    input=input_of_build,
    line=17,
    pointer="/steps/0",
)


# workflow.json:24: step ask (workflow)
def input_of_ask(scope: Scope) -> Json:
    return {
        "workflow": "gate",
        "inputs": {
            "subject": values.text(
                "version ",
                values.output(scope, "build", "version"),
            ),
        },
    }


def early_of_ask(scope: Scope) -> Json:
    return {"workflow": "gate"}


STEP_ASK = StepPlan(
    id="ask",
    type="workflow",
    name="ask",
    needs=("build",),
    input=input_of_ask,
    early=early_of_ask,
    line=24,
    pointer="/steps/1",
)


# workflow.json:34: step done (set)
def input_of_done(scope: Scope) -> Json:
    return {"approved": values.output(scope, "ask", "approved")}


STEP_DONE = StepPlan(
    id="done",
    type="set",
    name="done",
    needs=("ask",),
    input=input_of_done,
    line=34,
    pointer="/steps/2",
)


# workflow.json:42: outputs
@values.null_when_skipped
def output_approved(scope: Scope) -> Json:
    return values.output(scope, "done", "approved")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_build", 1): SourceSpot(
        pointer="/steps/0/input/version",
        line=21,
        column=24,
    ),
    ("input_of_ask", 6): SourceSpot(
        pointer="/steps/1/input/inputs/subject",
        line=30,
        column=34,
    ),
    ("input_of_done", 1): SourceSpot(
        pointer="/steps/2/input/approved",
        line=38,
        column=25,
    ),
    ("output_approved", 2): SourceSpot(pointer="/outputs/approved", line=43, column=21),
}

WORKFLOW = WorkflowPlan(
    id="ship",
    name="Ask in a run of its own",
    version="0.1.0",
    description="",
    source_hash="sha256:3e3729a115140a670ec6b51f0ed724b86586cc4f92fbf7c868733549c8f2f201",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(STEP_BUILD, STEP_ASK, STEP_DONE),
    outputs={"approved": output_approved},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
