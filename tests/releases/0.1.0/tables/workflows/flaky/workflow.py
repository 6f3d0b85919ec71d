"""The workflow flaky, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:72ecc70df0f558ffd97b98b960575327276b95641b876bf5ca89c53a5daa7d08
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import filters_text, values
from wftui.runtime.plan import RetryPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "flaky",
    "name": "Succeed the second time",
    "version": "0.1.0",
    "description": "",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {"type": "object", "properties": {}}


# workflow.json:7: step second_time (shell)
def input_of_second_time(scope: Scope) -> Json:
    return {
        "script": "if [ -e flaky.seen ]; then echo again; else : > flaky.seen; echo first; exit 7; fi",
    }


STEP_SECOND_TIME = StepPlan(
    id="second_time",
    type="shell",
    name="second_time",
    input=input_of_second_time,
    retry=RetryPlan(
        max_attempts=3,
        delay=0.01,
        backoff=1.0,
        jitter=0.0,
        on=("exit_code",),
    ),
    line=7,
    pointer="/steps/0",
)


# workflow.json:24: outputs
@values.null_when_skipped
def output_text(scope: Scope) -> Json:
    return filters_text.trim(values.output(scope, "second_time", "stdout"))


@values.null_when_skipped
def output_attempts(scope: Scope) -> Json:
    return values.step(scope, "second_time").attempts


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("output_text", 2): SourceSpot(pointer="/outputs/text", line=25, column=17),
    ("output_attempts", 2): SourceSpot(pointer="/outputs/attempts", line=26, column=21),
}

WORKFLOW = WorkflowPlan(
    id="flaky",
    name="Succeed the second time",
    version="0.1.0",
    description="",
    source_hash="sha256:72ecc70df0f558ffd97b98b960575327276b95641b876bf5ca89c53a5daa7d08",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    steps=(STEP_SECOND_TIME,),
    outputs={"text": output_text, "attempts": output_attempts},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
