"""The workflow secret, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:8f848ab825d3943a0db4451bf0e7723adbbd113676257872b96b31ff73e83246
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import values
from wftui.runtime.plan import SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "secret",
    "name": "A secret input",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "token": {"type": "string", "writeOnly": True, "minLength": 8},
        "ask": {"type": "boolean", "default": False},
    },
    "required": ["token"],
    "additionalProperties": False,
}


# workflow.json:25: step length (shell)
def input_of_length(scope: Scope) -> Json:
    return {
        "script": "printf '%s' \"$TOKEN\" | wc -c | tr -d ' '\necho \"token is $TOKEN\"",
        "env": {"TOKEN": values.look_up(scope.inputs, "inputs", "token")},
        "parse": "lines",
    }


STEP_LENGTH = StepPlan(
    id="length",
    type="shell",
    name="length",
    input=input_of_length,
    line=25,
    pointer="/steps/0",
)


# workflow.json:36: step confirm (approval)
def when_of_confirm(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "ask")


def input_of_confirm(scope: Scope) -> Json:
    return {"prompt": "Use the token?"}


STEP_CONFIRM = StepPlan(
    id="confirm",
    type="approval",
    name="confirm",
    after=("length",),
    when=when_of_confirm,
    input=input_of_confirm,
    line=36,
    pointer="/steps/1",
)


# workflow.json:44: step use (shell)
def input_of_use(scope: Scope) -> Json:
    return {
        "script": 'test "$TOKEN" = fixture-token-1',
        "env": {"TOKEN": values.look_up(scope.inputs, "inputs", "token")},
    }


STEP_USE = StepPlan(
    id="use",
    type="shell",
    name="use",
    needs=("length",),
    input=input_of_use,
    line=44,
    pointer="/steps/2",
)


# workflow.json:58: outputs
@values.null_when_skipped
def output_length(scope: Scope) -> Json:
    return values.output(scope, "length", "value", 0)


@values.null_when_skipped
def output_status(scope: Scope) -> Json:
    return values.step(scope, "use").status


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_length", 3): SourceSpot(
        pointer="/steps/0/input/env/TOKEN",
        line=31,
        column=24,
    ),
    ("when_of_confirm", 1): SourceSpot(pointer="/steps/1/when", line=39, column=16),
    ("input_of_use", 3): SourceSpot(
        pointer="/steps/2/input/env/TOKEN",
        line=53,
        column=24,
    ),
    ("output_length", 2): SourceSpot(pointer="/outputs/length", line=59, column=19),
    ("output_status", 2): SourceSpot(pointer="/outputs/status", line=60, column=19),
}

WORKFLOW = WorkflowPlan(
    id="secret",
    name="A secret input",
    version="0.1.0",
    description="",
    source_hash="sha256:8f848ab825d3943a0db4451bf0e7723adbbd113676257872b96b31ff73e83246",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    secret_inputs=("/token",),
    steps=(STEP_LENGTH, STEP_CONFIRM, STEP_USE),
    outputs={"length": output_length, "status": output_status},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
