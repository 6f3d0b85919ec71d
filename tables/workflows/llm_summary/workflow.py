"""The workflow llm_summary, compiled from workflow.json. Change that file and compile, not this one.

Source: sha256:f986249610964c0000f0fff9de227798704f848368780ebeb7103e65e8aff951
Compiler: wftui output 2
Digest: sha256:11e8389f820baf12620c6eb1f985a5bd54ae400f2d57d047a95eb148bfdb12ad
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, operators, predicates, values
from wftui.runtime.plan import (
    ForEachPlan,
    RetryPlan,
    SourceSpot,
    StepPlan,
    WorkflowPlan,
)
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "llm_summary",
    "name": "Summarise files",
    "version": "1.0.0",
    "description": "Asks a language model (Ollama, vLLM, llama.cpp, or any OpenAI-compatible server) for a summary of each file.",
    "labels": {"example": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "folder": {"type": "string", "title": "Folder", "minLength": 1},
        "pattern": {
            "type": "string",
            "title": "Files",
            "default": "*.md",
            "minLength": 1,
        },
        "baseUrl": {
            "type": "string",
            "title": "Server",
            "format": "uri",
            "default": "http://localhost:11434/v1",
        },
        "model": {
            "type": "string",
            "title": "Model",
            "default": "llama3.2",
            "minLength": 1,
        },
        "to": {
            "type": "string",
            "title": "File",
            "default": "summary.md",
            "minLength": 1,
        },
    },
    "required": ["folder"],
    "additionalProperties": False,
}


# workflow.json:51: step files (file)
def input_of_files(scope: Scope) -> Json:
    return {
        "action": "glob",
        "path": values.look_up(scope.inputs, "inputs", "folder"),
        "pattern": values.look_up(scope.inputs, "inputs", "pattern"),
        "maxFiles": 200,
    }


STEP_FILES = StepPlan(
    id="files",
    type="file",
    name="Find the files",
    input=input_of_files,
    line=51,
    pointer="/steps/0",
)


# workflow.json:74: step text (file)
def input_of_text(scope: Scope) -> Json:
    return {
        "action": "read",
        "path": values.local(scope, "file", "path"),
        "format": "text",
        "maxBytes": 200000,
    }


STEP_TEXT = StepPlan(
    id="text",
    type="file",
    name="Read",
    input=input_of_text,
    line=74,
    pointer="/steps/1/steps/0",
)


# workflow.json:85: step ask (llm)
def input_of_ask(scope: Scope) -> Json:
    return {
        "baseUrl": values.look_up(scope.inputs, "inputs", "baseUrl"),
        "model": values.look_up(scope.inputs, "inputs", "model"),
        "temperature": 0,
        "system": "You summarise documents for busy engineers. Say what a document is for and what follows from it.",
        "prompt": values.cut(values.output(scope, "text", "value"), None, 50000, None),
        "schema": {
            "type": "object",
            "properties": {"title": {"type": "string"}, "summary": {"type": "string"}},
            "required": ["title", "summary"],
        },
    }


def early_of_ask(scope: Scope) -> Json:
    return {}


STEP_ASK = StepPlan(
    id="ask",
    type="llm",
    name="Ask",
    needs=("text",),
    input=input_of_ask,
    early=early_of_ask,
    retry=RetryPlan(
        max_attempts=3,
        on=("llm.limit", "llm.overloaded", "llm.server", "http.timeout"),
    ),
    line=85,
    pointer="/steps/1/steps/1",
)


# workflow.json:122: step entry (set)
def input_of_entry(scope: Scope) -> Json:
    return {
        "file": values.local(scope, "file", "relative"),
        "title": values.output(scope, "ask", "value", "title"),
        "summary": values.output(scope, "ask", "value", "summary"),
    }


STEP_ENTRY = StepPlan(
    id="entry",
    type="set",
    name="Keep",
    needs=("ask",),
    input=input_of_entry,
    line=122,
    pointer="/steps/1/steps/2",
)


# workflow.json:62: step summaries (group)
def items_of_summaries(scope: Scope) -> Json:
    return values.output(scope, "files", "files")


STEP_SUMMARIES = StepPlan(
    id="summaries",
    type="group",
    name="Summarise each",
    needs=("files",),
    for_each=ForEachPlan(
        items=items_of_summaries,
        as_="file",
        max_parallel=2,
        on_item_error="continue",
        max_items=200,
    ),
    body=(STEP_TEXT, STEP_ASK, STEP_ENTRY),
    line=62,
    pointer="/steps/1",
)


# workflow.json:134: step some (assert)
def input_of_some(scope: Scope) -> Json:
    value_1 = values.output(scope, "files", "count") == 0
    if not value_1:
        value_1 = operators.compare(
            filters_lists.length(
                filters_lists.to_list(
                    filters_lists.select(values.output(scope, "summaries")),
                ),
            ),
            ">",
            0,
        )
    return {
        "that": value_1,
        "message": values.text(
            "No file could be summarised. Does the server at ",
            values.look_up(scope.inputs, "inputs", "baseUrl"),
            " run, and has it the model ",
            values.look_up(scope.inputs, "inputs", "model"),
            "?",
        ),
    }


STEP_SOME = StepPlan(
    id="some",
    type="assert",
    name="Is there any?",
    needs=("files", "summaries"),
    input=input_of_some,
    line=134,
    pointer="/steps/2",
)


# workflow.json:143: step report (template)
def input_of_report(scope: Scope) -> Json:
    return {
        "template": """\
# [[ folder ]]
{% for entry in entries if entry %}

## [[ entry.title ]] ([[ entry.file ]])

[[ entry.summary ]]
{% endfor %}{% if missing %}

## Not summarised

{% for file in missing %}- [[ file ]]
{% endfor %}{% endif %}""",
        "values": {
            "folder": values.look_up(scope.inputs, "inputs", "folder"),
            "entries": values.output(scope, "summaries"),
            "missing": filters_lists.to_list(
                filters_lists.reject(
                    filters_lists.apply(
                        values.output(scope, "files", "files"),
                        lambda each: values.look_up(each, "item", "relative"),
                    ),
                    lambda each: predicates.is_in(
                        each,
                        filters_lists.to_list(
                            filters_lists.apply(
                                filters_lists.select(values.output(scope, "summaries")),
                                lambda each: values.look_up(each, "item", "file"),
                            ),
                        ),
                    ),
                ),
            ),
        },
        "to": values.look_up(scope.inputs, "inputs", "to"),
    }


STEP_REPORT = StepPlan(
    id="report",
    type="template",
    name="Write the summary",
    needs=("files", "summaries"),
    after=("some",),
    input=input_of_report,
    line=143,
    pointer="/steps/3",
)


# workflow.json:158: outputs
@values.null_when_skipped
def output_summaries(scope: Scope) -> Json:
    return values.output(scope, "summaries")


def output_file(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "to")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_files", 3): SourceSpot(
        pointer="/steps/0/input/path",
        line=57,
        column=21,
    ),
    ("input_of_files", 4): SourceSpot(
        pointer="/steps/0/input/pattern",
        line=58,
        column=24,
    ),
    ("input_of_text", 3): SourceSpot(
        pointer="/steps/1/steps/0/input/path",
        line=80,
        column=25,
    ),
    ("input_of_ask", 2): SourceSpot(
        pointer="/steps/1/steps/1/input/baseUrl",
        line=90,
        column=28,
    ),
    ("input_of_ask", 3): SourceSpot(
        pointer="/steps/1/steps/1/input/model",
        line=91,
        column=26,
    ),
    ("input_of_ask", 6): SourceSpot(
        pointer="/steps/1/steps/1/input/prompt",
        line=94,
        column=27,
    ),
    ("input_of_entry", 2): SourceSpot(
        pointer="/steps/1/steps/2/input/file",
        line=127,
        column=25,
    ),
    ("input_of_entry", 3): SourceSpot(
        pointer="/steps/1/steps/2/input/title",
        line=128,
        column=26,
    ),
    ("input_of_entry", 4): SourceSpot(
        pointer="/steps/1/steps/2/input/summary",
        line=129,
        column=28,
    ),
    ("items_of_summaries", 1): SourceSpot(
        pointer="/steps/1/forEach/in",
        line=67,
        column=16,
    ),
    ("input_of_some", 1): SourceSpot(
        pointer="/steps/2/input/that",
        line=139,
        column=21,
    ),
    ("input_of_some", 16): SourceSpot(
        pointer="/steps/2/input/message",
        line=140,
        column=72,
    ),
    ("input_of_some", 18): SourceSpot(
        pointer="/steps/2/input/message",
        line=140,
        column=119,
    ),
    ("input_of_report", 16): SourceSpot(
        pointer="/steps/3/input/values/folder",
        line=150,
        column=25,
    ),
    ("input_of_report", 17): SourceSpot(
        pointer="/steps/3/input/values/entries",
        line=151,
        column=26,
    ),
    ("input_of_report", 18): SourceSpot(
        pointer="/steps/3/input/values/missing",
        line=152,
        column=26,
    ),
    ("input_of_report", 36): SourceSpot(
        pointer="/steps/3/input/to",
        line=154,
        column=19,
    ),
    ("output_summaries", 2): SourceSpot(
        pointer="/outputs/summaries",
        line=159,
        column=22,
    ),
    ("output_file", 1): SourceSpot(pointer="/outputs/file", line=160, column=17),
}

WORKFLOW = WorkflowPlan(
    id="llm_summary",
    name="Summarise files",
    version="1.0.0",
    description="Asks a language model (Ollama, vLLM, llama.cpp, or any OpenAI-compatible server) for a summary of each file.",
    source_hash="sha256:f986249610964c0000f0fff9de227798704f848368780ebeb7103e65e8aff951",
    compiler="wftui output 2",
    input_schema=INPUT_SCHEMA,
    timeout=14400.0,
    steps=(STEP_FILES, STEP_SUMMARIES, STEP_SOME, STEP_REPORT),
    outputs={"summaries": output_summaries, "file": output_file},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
