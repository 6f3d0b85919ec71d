"""The workflow hosts, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:e7f653f33fc3e05b577fc54960a428acb420cb75ea7632f59f0677f1a0de00cc
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, values
from wftui.runtime.plan import ForEachPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "hosts",
    "name": "One host after the other",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "hosts": {
            "type": "array",
            "items": {"type": "string"},
            "default": ["alpha", "beta", "gamma", "delta"],
        },
    },
    "additionalProperties": False,
}


# workflow.json:34: step copy (shell)
def input_of_copy(scope: Scope) -> Json:
    return {
        "script": 'echo "begin $ITEM"\nwhile [ -e "hold.$ITEM" ]; do sleep 0.1; done\necho "end $ITEM"',
        "env": {"ITEM": values.local(scope, "host")},
        "parse": "lines",
    }


STEP_COPY = StepPlan(
    id="copy",
    type="shell",
    name="copy",
    input=input_of_copy,
    line=34,
    pointer="/steps/0/steps/0",
)


# workflow.json:45: step verify (set)
def input_of_verify(scope: Scope) -> Json:
    return {
        "host": values.local(scope, "host"),
        "lines": filters_lists.length(values.output(scope, "copy", "value")),
    }


STEP_VERIFY = StepPlan(
    id="verify",
    type="set",
    name="verify",
    needs=("copy",),
    input=input_of_verify,
    line=45,
    pointer="/steps/0/steps/1",
)


# workflow.json:25: step deploy (group)
def items_of_deploy(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "hosts")


STEP_DEPLOY = StepPlan(
    id="deploy",
    type="group",
    name="deploy",
    for_each=ForEachPlan(items=items_of_deploy, as_="host"),
    body=(STEP_COPY, STEP_VERIFY),
    line=25,
    pointer="/steps/0",
)


# workflow.json:55: step summary (set)
def input_of_summary(scope: Scope) -> Json:
    return {
        "hosts": filters_lists.to_list(
            filters_lists.apply(
                values.output(scope, "deploy"),
                lambda each: values.look_up(each, "item", "host"),
            ),
        ),
    }


STEP_SUMMARY = StepPlan(
    id="summary",
    type="set",
    name="summary",
    needs=("deploy",),
    input=input_of_summary,
    line=55,
    pointer="/steps/1",
)


# workflow.json:63: outputs
@values.null_when_skipped
def output_hosts(scope: Scope) -> Json:
    return values.output(scope, "summary", "hosts")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_copy", 3): SourceSpot(
        pointer="/steps/0/steps/0/input/env/ITEM",
        line=40,
        column=27,
    ),
    ("input_of_verify", 2): SourceSpot(
        pointer="/steps/0/steps/1/input/host",
        line=49,
        column=25,
    ),
    ("input_of_verify", 3): SourceSpot(
        pointer="/steps/0/steps/1/input/lines",
        line=50,
        column=26,
    ),
    ("items_of_deploy", 1): SourceSpot(
        pointer="/steps/0/forEach/in",
        line=29,
        column=16,
    ),
    ("input_of_summary", 2): SourceSpot(
        pointer="/steps/1/input/hosts",
        line=59,
        column=22,
    ),
    ("output_hosts", 2): SourceSpot(pointer="/outputs/hosts", line=64, column=18),
}

WORKFLOW = WorkflowPlan(
    id="hosts",
    name="One host after the other",
    version="0.1.0",
    description="",
    source_hash="sha256:e7f653f33fc3e05b577fc54960a428acb420cb75ea7632f59f0677f1a0de00cc",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(STEP_DEPLOY, STEP_SUMMARY),
    outputs={"hosts": output_hosts},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
