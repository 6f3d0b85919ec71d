"""The workflow http_pull, compiled from workflow.json. Change that file and compile, not this one.

Source: sha256:b6e967d4ed7c9ca76cbf142e591eda9390212cdeedf2897fc59e737a13c15f00
Compiler: wftui output 2
Digest: sha256:05fc5af88a66b5d5762737de1de28d4b1152e12058ca70d13851f7b844e67869
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, values
from wftui.runtime.plan import RetryPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "http_pull",
    "name": "Pull all pages",
    "version": "1.0.0",
    "description": "Pulls every page of a JSON list over HTTP into one JSON file, trying again when the server stumbles.",
    "labels": {"example": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "url": {
            "type": "string",
            "title": "First page",
            "format": "uri",
            "pattern": "^https?://",
        },
        "by": {
            "type": "string",
            "title": "Pages follow by",
            "description": "link: the Link header; page: a number that counts up.",
            "enum": ["link", "page"],
            "default": "link",
        },
        "items": {
            "type": ["string", "null"],
            "title": "Path of the list",
            "description": "Such as data.items; empty when the body is the list.",
            "default": None,
        },
        "to": {
            "type": "string",
            "title": "File",
            "default": "pulled.json",
            "minLength": 1,
        },
        "maxPages": {
            "type": "integer",
            "title": "Most pages",
            "minimum": 1,
            "maximum": 10000,
            "default": 100,
        },
    },
    "required": ["url"],
    "additionalProperties": False,
}


# workflow.json:60: step by_link (http)
def when_of_by_link(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "by") == "link"


def input_of_by_link(scope: Scope) -> Json:
    return {
        "url": values.look_up(scope.inputs, "inputs", "url"),
        "paginate": {
            "by": "link",
            "items": values.look_up(scope.inputs, "inputs", "items"),
            "maxPages": values.look_up(scope.inputs, "inputs", "maxPages"),
        },
    }


STEP_BY_LINK = StepPlan(
    id="by_link",
    type="http",
    name="Follow the Link header",
    when=when_of_by_link,
    input=input_of_by_link,
    retry=RetryPlan(
        max_attempts=4,
        delay=0.5,
        on=("http.5xx", "http.connect", "http.timeout", "http.429"),
    ),
    line=60,
    pointer="/steps/0",
)


# workflow.json:85: step by_page (http)
def when_of_by_page(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "by") == "page"


def input_of_by_page(scope: Scope) -> Json:
    return {
        "url": values.look_up(scope.inputs, "inputs", "url"),
        "paginate": {
            "by": "page",
            "param": "page",
            "items": values.look_up(scope.inputs, "inputs", "items"),
            "maxPages": values.look_up(scope.inputs, "inputs", "maxPages"),
        },
    }


STEP_BY_PAGE = StepPlan(
    id="by_page",
    type="http",
    name="Count pages up",
    when=when_of_by_page,
    input=input_of_by_page,
    retry=RetryPlan(
        max_attempts=4,
        delay=0.5,
        on=("http.5xx", "http.connect", "http.timeout", "http.429"),
    ),
    line=85,
    pointer="/steps/1",
)


# workflow.json:111: step all_items (set)
def input_of_all_items(scope: Scope) -> Json:
    return {
        "items": values.default(
            lambda: values.output(scope, "by_link", "body"),
            lambda: values.default(
                lambda: values.output(scope, "by_page", "body"),
                list,
            ),
        ),
        "truncated": values.default(
            lambda: values.output(scope, "by_link", "truncated"),
            lambda: values.default(
                lambda: values.output(scope, "by_page", "truncated"),
                lambda: False,
            ),
        ),
    }


STEP_ALL_ITEMS = StepPlan(
    id="all_items",
    type="set",
    name="Take what came",
    needs=("by_link", "by_page"),
    join="none_failed",
    input=input_of_all_items,
    line=111,
    pointer="/steps/2",
)


# workflow.json:125: step save (file)
def input_of_save(scope: Scope) -> Json:
    return {
        "action": "write",
        "path": values.look_up(scope.inputs, "inputs", "to"),
        "format": "json",
        "content": values.output(scope, "all_items", "items"),
    }


STEP_SAVE = StepPlan(
    id="save",
    type="file",
    name="Save",
    needs=("all_items",),
    input=input_of_save,
    line=125,
    pointer="/steps/3",
)


# workflow.json:140: outputs
@values.null_when_skipped
def output_count(scope: Scope) -> Json:
    return filters_lists.length(values.output(scope, "all_items", "items"))


@values.null_when_skipped
def output_truncated(scope: Scope) -> Json:
    return values.output(scope, "all_items", "truncated")


@values.null_when_skipped
def output_file(scope: Scope) -> Json:
    return values.output(scope, "save", "path")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("when_of_by_link", 1): SourceSpot(pointer="/steps/0/when", line=65, column=16),
    ("input_of_by_link", 2): SourceSpot(
        pointer="/steps/0/input/url",
        line=67,
        column=20,
    ),
    ("input_of_by_link", 5): SourceSpot(
        pointer="/steps/0/input/paginate/items",
        line=70,
        column=24,
    ),
    ("input_of_by_link", 6): SourceSpot(
        pointer="/steps/0/input/paginate/maxPages",
        line=71,
        column=27,
    ),
    ("when_of_by_page", 1): SourceSpot(pointer="/steps/1/when", line=90, column=16),
    ("input_of_by_page", 2): SourceSpot(
        pointer="/steps/1/input/url",
        line=92,
        column=20,
    ),
    ("input_of_by_page", 6): SourceSpot(
        pointer="/steps/1/input/paginate/items",
        line=96,
        column=24,
    ),
    ("input_of_by_page", 7): SourceSpot(
        pointer="/steps/1/input/paginate/maxPages",
        line=97,
        column=27,
    ),
    ("input_of_all_items", 2): SourceSpot(
        pointer="/steps/2/input/items",
        line=121,
        column=22,
    ),
    ("input_of_all_items", 9): SourceSpot(
        pointer="/steps/2/input/truncated",
        line=122,
        column=26,
    ),
    ("input_of_save", 3): SourceSpot(
        pointer="/steps/3/input/path",
        line=134,
        column=21,
    ),
    ("input_of_save", 5): SourceSpot(
        pointer="/steps/3/input/content",
        line=136,
        column=24,
    ),
    ("output_count", 2): SourceSpot(pointer="/outputs/count", line=141, column=18),
    ("output_truncated", 2): SourceSpot(
        pointer="/outputs/truncated",
        line=142,
        column=22,
    ),
    ("output_file", 2): SourceSpot(pointer="/outputs/file", line=143, column=17),
}

WORKFLOW = WorkflowPlan(
    id="http_pull",
    name="Pull all pages",
    version="1.0.0",
    description="Pulls every page of a JSON list over HTTP into one JSON file, trying again when the server stumbles.",
    source_hash="sha256:b6e967d4ed7c9ca76cbf142e591eda9390212cdeedf2897fc59e737a13c15f00",
    compiler="wftui output 2",
    input_schema=INPUT_SCHEMA,
    timeout=3600.0,
    steps=(STEP_BY_LINK, STEP_BY_PAGE, STEP_ALL_ITEMS, STEP_SAVE),
    outputs={"count": output_count, "truncated": output_truncated, "file": output_file},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
