"""The workflow fetch, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:ed35bb1b09b7ee9e27100d1938a0dc76d8927491633ed8916bc313f92bfde965
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import filters_text, values
from wftui.runtime.plan import RetryPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "fetch",
    "name": "Compiled, never run",
    "version": "0.1.0",
    "description": "Names connections, so it is only compiled.",
    "labels": {},
}

INPUT_SCHEMA: dict[str, Json] = {"type": "object", "properties": {}}


# workflow.json:18: step get (http)
def input_of_get(scope: Scope) -> Json:
    return {"url": "/status", "query": {"verbose": "1"}}


STEP_GET = StepPlan(
    id="get",
    type="http",
    name="get",
    input=input_of_get,
    connection="api",
    retry=RetryPlan(max_attempts=3, max_delay=10.0, on=("http.5xx", "timeout")),
    timeout=20.0,
    line=18,
    pointer="/steps/0",
)


# workflow.json:41: step rows (sql)
def input_of_rows(scope: Scope) -> Json:
    return {
        "database": "fetch.sqlite3",
        "query": "SELECT ? AS status",
        "params": [values.output(scope, "get", "status")],
    }


STEP_ROWS = StepPlan(
    id="rows",
    type="sql",
    name="rows",
    needs=("get",),
    input=input_of_rows,
    line=41,
    pointer="/steps/1",
)


# workflow.json:55: step ask_model (llm)
def input_of_ask_model(scope: Scope) -> Json:
    return {
        "prompt": values.text(
            "Summarise: ",
            filters_text.tojson(values.output(scope, "rows", "rows")),
        ),
    }


def early_of_ask_model(scope: Scope) -> Json:
    return {}


STEP_ASK_MODEL = StepPlan(
    id="ask_model",
    type="llm",
    name="ask_model",
    needs=("rows",),
    input=input_of_ask_model,
    early=early_of_ask_model,
    connection="model",
    line=55,
    pointer="/steps/2",
)


# workflow.json:67: outputs
@values.null_when_skipped
def output_text(scope: Scope) -> Json:
    return values.output(scope, "ask_model", "text")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_rows", 4): SourceSpot(
        pointer="/steps/1/input/params/0",
        line=51,
        column=15,
    ),
    ("input_of_ask_model", 4): SourceSpot(
        pointer="/steps/2/input/prompt",
        line=63,
        column=34,
    ),
    ("output_text", 2): SourceSpot(pointer="/outputs/text", line=68, column=17),
}

WORKFLOW = WorkflowPlan(
    id="fetch",
    name="Compiled, never run",
    version="0.1.0",
    description="Names connections, so it is only compiled.",
    source_hash="sha256:ed35bb1b09b7ee9e27100d1938a0dc76d8927491633ed8916bc313f92bfde965",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    connections={
        "api": {
            "kind": "http",
            "required": True,
            "description": "The service that is asked.",
        },
        "model": {"kind": "openai", "required": False},
    },
    steps=(STEP_GET, STEP_ROWS, STEP_ASK_MODEL),
    outputs={"text": output_text},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
