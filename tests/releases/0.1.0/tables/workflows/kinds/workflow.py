"""The workflow kinds, compiled from workflow.json. Change that file and compile; changes made here are lost.

Source: sha256:4e9f9e0986c46b2fb867030815cccc45f238905d704f8293ce9218355bc6f59d
Compiler: wftui 0.1.0
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, functions, operators, values
from wftui.runtime.plan import (
    CasePlan,
    ForEachPlan,
    LoopPlan,
    SourceSpot,
    StepPlan,
    WorkflowPlan,
)
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "kinds",
    "name": "Every kind of step",
    "version": "1.2.0",
    "description": "One step of each kind whose result is the same everywhere.",
    "labels": {"fixture": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "Ada"},
        "count": {"type": "integer", "minimum": 1, "default": 3},
    },
    "additionalProperties": False,
}


# workflow.json:32: step settle (set)
def input_of_settle(scope: Scope) -> Json:
    return {
        "greeting": values.text(
            "Grüße, ",
            values.look_up(scope.inputs, "inputs", "name"),
            "!",
        ),
        "numbers": filters_lists.to_list(
            functions.numbers(values.look_up(scope.inputs, "inputs", "count")),
        ),
    }


STEP_SETTLE = StepPlan(
    id="settle",
    type="set",
    name="settle",
    input=input_of_settle,
    timeout=60.0,
    line=32,
    pointer="/steps/0",
)


# workflow.json:40: step count (shell)
def input_of_count(scope: Scope) -> Json:
    return {
        "script": 'printf \'%s\' "$TEXT" | wc -c | tr -d \' \'\necho "word=${TEXT%%,*}" >> "$WFTUI_OUTPUT"',
        "env": {"TEXT": values.output(scope, "settle", "greeting")},
        "parse": "json",
    }


STEP_COUNT = StepPlan(
    id="count",
    type="shell",
    name="count",
    needs=("settle",),
    input=input_of_count,
    timeout=60.0,
    line=40,
    pointer="/steps/1",
)


# workflow.json:51: step total (python)
def input_of_total(scope: Scope) -> Json:
    return {
        "code": "def main(numbers, factor=2):\n    print('adding', len(numbers), 'numbers')\n    return {'sum': sum(numbers), 'scaled': [n * factor for n in numbers]}\n",
        "args": {"numbers": values.output(scope, "settle", "numbers")},
    }


STEP_TOTAL = StepPlan(
    id="total",
    type="python",
    name="total",
    needs=("settle",),
    input=input_of_total,
    output_schema={
        "type": "object",
        "required": ["sum"],
        "properties": {"sum": {"type": "integer"}, "scaled": {"type": "array"}},
    },
    timeout=60.0,
    line=51,
    pointer="/steps/2",
)


# workflow.json:76: step note (file)
def input_of_note(scope: Scope) -> Json:
    return {
        "action": "write",
        "path": "kinds.json",
        "content": {
            "bytes": values.output(scope, "count", "value"),
            "sum": values.output(scope, "total", "sum"),
        },
    }


STEP_NOTE = StepPlan(
    id="note",
    type="file",
    name="note",
    needs=("count", "total"),
    input=input_of_note,
    timeout=60.0,
    line=76,
    pointer="/steps/3",
)


# workflow.json:91: step read_back (file)
def input_of_read_back(scope: Scope) -> Json:
    return {"action": "read", "path": "kinds.json"}


STEP_READ_BACK = StepPlan(
    id="read_back",
    type="file",
    name="read_back",
    needs=("note",),
    input=input_of_read_back,
    timeout=60.0,
    line=91,
    pointer="/steps/4",
)


# workflow.json:109: step big_size (set)
def input_of_big_size(scope: Scope) -> Json:
    return {"size": "big"}


STEP_BIG_SIZE = StepPlan(
    id="big_size",
    type="set",
    name="big_size",
    input=input_of_big_size,
    timeout=60.0,
    line=109,
    pointer="/steps/5/cases/0/steps/0",
)


# workflow.json:121: step middle_size (set)
def input_of_middle_size(scope: Scope) -> Json:
    return {"size": "middle"}


STEP_MIDDLE_SIZE = StepPlan(
    id="middle_size",
    type="set",
    name="middle_size",
    input=input_of_middle_size,
    timeout=60.0,
    line=121,
    pointer="/steps/5/cases/1/steps/0",
)


# workflow.json:133: step small_size (set)
def input_of_small_size(scope: Scope) -> Json:
    return {"size": "small"}


STEP_SMALL_SIZE = StepPlan(
    id="small_size",
    type="set",
    name="small_size",
    input=input_of_small_size,
    timeout=60.0,
    line=133,
    pointer="/steps/5/default/steps/0",
)


# workflow.json:102: step size (switch)
def case_1_of_size(scope: Scope) -> Json:
    return operators.compare(values.output(scope, "total", "sum"), ">", 100)


def case_2_of_size(scope: Scope) -> Json:
    return operators.compare(values.output(scope, "total", "sum"), ">", 1)


STEP_SIZE = StepPlan(
    id="size",
    type="switch",
    name="size",
    needs=("total",),
    after=("read_back",),
    cases=(
        CasePlan(when=case_1_of_size, steps=(STEP_BIG_SIZE,)),
        CasePlan(when=case_2_of_size, steps=(STEP_MIDDLE_SIZE,)),
        CasePlan(when=None, steps=(STEP_SMALL_SIZE,)),
    ),
    line=102,
    pointer="/steps/5",
)


# workflow.json:143: step never (set)
def when_of_never(scope: Scope) -> Json:
    return operators.compare(values.look_up(scope.inputs, "inputs", "count"), ">", 1000)


def input_of_never(scope: Scope) -> Json:
    return {"n": 1}


STEP_NEVER = StepPlan(
    id="never",
    type="set",
    name="never",
    after=("size",),
    when=when_of_never,
    input=input_of_never,
    timeout=60.0,
    line=143,
    pointer="/steps/6",
)


# workflow.json:151: step off (set)
def input_of_off(scope: Scope) -> Json:
    return {"n": 1}


STEP_OFF = StepPlan(
    id="off",
    type="set",
    name="off",
    after=("never",),
    disabled=True,
    input=input_of_off,
    timeout=60.0,
    line=151,
    pointer="/steps/7",
)


# workflow.json:168: step double (set)
def input_of_double(scope: Scope) -> Json:
    return {
        "index": values.local(scope, "index"),
        "double": operators.multiply(values.local(scope, "number"), 2),
    }


STEP_DOUBLE = StepPlan(
    id="double",
    type="set",
    name="double",
    input=input_of_double,
    timeout=60.0,
    line=168,
    pointer="/steps/8/steps/0",
)


# workflow.json:176: step label (set)
def input_of_label(scope: Scope) -> Json:
    return {
        "label": values.text(
            values.output(scope, "double", "double"),
            " of ",
            values.local(scope, "number"),
        ),
    }


STEP_LABEL = StepPlan(
    id="label",
    type="set",
    name="label",
    needs=("double",),
    input=input_of_label,
    timeout=60.0,
    line=176,
    pointer="/steps/8/steps/1",
)


# workflow.json:159: step each (group)
def items_of_each(scope: Scope) -> Json:
    return values.output(scope, "settle", "numbers")


STEP_EACH = StepPlan(
    id="each",
    type="group",
    name="each",
    needs=("settle",),
    after=("off",),
    for_each=ForEachPlan(items=items_of_each, as_="number", max_parallel=2),
    body=(STEP_DOUBLE, STEP_LABEL),
    line=159,
    pointer="/steps/8",
)


# workflow.json:191: step probe (set)
def input_of_probe(scope: Scope) -> Json:
    return {
        "square": operators.multiply(
            values.local(scope, "index"),
            values.local(scope, "index"),
        ),
    }


STEP_PROBE = StepPlan(
    id="probe",
    type="set",
    name="probe",
    input=input_of_probe,
    timeout=60.0,
    line=191,
    pointer="/steps/9/steps/0",
)


# workflow.json:185: step search (loop)
def until_of_search(scope: Scope) -> Json:
    return operators.compare(values.output(scope, "probe", "square"), ">", 8)


STEP_SEARCH = StepPlan(
    id="search",
    type="loop",
    name="search",
    after=("each",),
    body=(STEP_PROBE,),
    loop=LoopPlan(until=until_of_search, max_iterations=6),
    line=185,
    pointer="/steps/9",
)


# workflow.json:200: step square (workflow)
def input_of_square(scope: Scope) -> Json:
    return {
        "workflow": "square",
        "inputs": {"n": values.look_up(scope.inputs, "inputs", "count")},
    }


def early_of_square(scope: Scope) -> Json:
    return {"workflow": "square"}


STEP_SQUARE = StepPlan(
    id="square",
    type="workflow",
    name="square",
    after=("search",),
    input=input_of_square,
    early=early_of_square,
    timeout=60.0,
    line=200,
    pointer="/steps/10",
)


# workflow.json:210: step check (assert)
def input_of_check(scope: Scope) -> Json:
    value_2 = values.output(scope, "square", "square")
    value_3 = operators.multiply(
        values.look_up(scope.inputs, "inputs", "count"),
        values.look_up(scope.inputs, "inputs", "count"),
    )
    value_1 = value_2 == value_3
    return {"that": value_1, "message": "the square is wrong"}


STEP_CHECK = StepPlan(
    id="check",
    type="assert",
    name="check",
    needs=("square",),
    input=input_of_check,
    timeout=60.0,
    line=210,
    pointer="/steps/11",
)


# workflow.json:218: step pause (delay)
def input_of_pause(scope: Scope) -> Json:
    return {"for": "10ms"}


STEP_PAUSE = StepPlan(
    id="pause",
    type="delay",
    name="pause",
    after=("check",),
    input=input_of_pause,
    line=218,
    pointer="/steps/12",
)


# workflow.json:236: step goodbye (set)
def input_of_goodbye(scope: Scope) -> Json:
    return {
        "text": values.text(
            "Goodbye, ",
            values.look_up(scope.inputs, "inputs", "name"),
            ".",
        ),
    }


STEP_GOODBYE = StepPlan(
    id="goodbye",
    type="set",
    name="goodbye",
    input=input_of_goodbye,
    timeout=60.0,
    line=236,
    pointer="/finally/0",
)


# workflow.json:226: outputs
@values.null_when_skipped
def output_sum(scope: Scope) -> Json:
    return values.output(scope, "total", "sum")


@values.null_when_skipped
def output_bytes(scope: Scope) -> Json:
    return values.output(scope, "read_back", "value", "bytes")


@values.null_when_skipped
def output_word(scope: Scope) -> Json:
    return values.output(scope, "count", "outputs", "word")


@values.null_when_skipped
def output_size(scope: Scope) -> Json:
    return values.output(scope, "size", "size")


@values.null_when_skipped
def output_labels(scope: Scope) -> Json:
    return values.output(scope, "each")


@values.null_when_skipped
def output_square(scope: Scope) -> Json:
    return values.output(scope, "square", "square")


@values.null_when_skipped
def output_never(scope: Scope) -> Json:
    return values.default(lambda: values.output(scope, "never"), lambda: "skipped")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_settle", 4): SourceSpot(
        pointer="/steps/0/input/greeting",
        line=36,
        column=32,
    ),
    ("input_of_settle", 7): SourceSpot(
        pointer="/steps/0/input/numbers",
        line=37,
        column=24,
    ),
    ("input_of_count", 3): SourceSpot(
        pointer="/steps/1/input/env/TEXT",
        line=46,
        column=23,
    ),
    ("input_of_total", 3): SourceSpot(
        pointer="/steps/2/input/args/numbers",
        line=58,
        column=26,
    ),
    ("input_of_note", 5): SourceSpot(
        pointer="/steps/3/input/content/bytes",
        line=86,
        column=24,
    ),
    ("input_of_note", 6): SourceSpot(
        pointer="/steps/3/input/content/sum",
        line=87,
        column=22,
    ),
    ("case_1_of_size", 1): SourceSpot(
        pointer="/steps/5/cases/0/when",
        line=107,
        column=20,
    ),
    ("case_2_of_size", 1): SourceSpot(
        pointer="/steps/5/cases/1/when",
        line=119,
        column=20,
    ),
    ("when_of_never", 1): SourceSpot(pointer="/steps/6/when", line=146, column=16),
    ("input_of_double", 2): SourceSpot(
        pointer="/steps/8/steps/0/input/index",
        line=172,
        column=26,
    ),
    ("input_of_double", 3): SourceSpot(
        pointer="/steps/8/steps/0/input/double",
        line=173,
        column=27,
    ),
    ("input_of_label", 3): SourceSpot(
        pointer="/steps/8/steps/1/input/label",
        line=180,
        column=26,
    ),
    ("input_of_label", 5): SourceSpot(
        pointer="/steps/8/steps/1/input/label",
        line=180,
        column=62,
    ),
    ("items_of_each", 1): SourceSpot(
        pointer="/steps/8/forEach/in",
        line=163,
        column=16,
    ),
    ("input_of_probe", 2): SourceSpot(
        pointer="/steps/9/steps/0/input/square",
        line=195,
        column=27,
    ),
    ("until_of_search", 1): SourceSpot(pointer="/steps/9/until", line=189, column=17),
    ("input_of_square", 3): SourceSpot(
        pointer="/steps/10/input/inputs/n",
        line=206,
        column=20,
    ),
    ("input_of_check", 1): SourceSpot(
        pointer="/steps/11/input/that",
        line=214,
        column=21,
    ),
    ("input_of_goodbye", 4): SourceSpot(
        pointer="/finally/0/input/text",
        line=240,
        column=30,
    ),
    ("output_sum", 2): SourceSpot(pointer="/outputs/sum", line=227, column=16),
    ("output_bytes", 2): SourceSpot(pointer="/outputs/bytes", line=228, column=18),
    ("output_word", 2): SourceSpot(pointer="/outputs/word", line=229, column=17),
    ("output_size", 2): SourceSpot(pointer="/outputs/size", line=230, column=17),
    ("output_labels", 2): SourceSpot(pointer="/outputs/labels", line=231, column=19),
    ("output_square", 2): SourceSpot(pointer="/outputs/square", line=232, column=19),
    ("output_never", 2): SourceSpot(pointer="/outputs/never", line=233, column=18),
}

WORKFLOW = WorkflowPlan(
    id="kinds",
    name="Every kind of step",
    version="1.2.0",
    description="One step of each kind whose result is the same everywhere.",
    source_hash="sha256:4e9f9e0986c46b2fb867030815cccc45f238905d704f8293ce9218355bc6f59d",
    compiler="wftui 0.1.0",
    input_schema=INPUT_SCHEMA,
    timeout=300.0,
    max_parallel=4,
    steps=(
        STEP_SETTLE,
        STEP_COUNT,
        STEP_TOTAL,
        STEP_NOTE,
        STEP_READ_BACK,
        STEP_SIZE,
        STEP_NEVER,
        STEP_OFF,
        STEP_EACH,
        STEP_SEARCH,
        STEP_SQUARE,
        STEP_CHECK,
        STEP_PAUSE,
    ),
    outputs={
        "sum": output_sum,
        "bytes": output_bytes,
        "word": output_word,
        "size": output_size,
        "labels": output_labels,
        "square": output_square,
        "never": output_never,
    },
    finally_=(STEP_GOODBYE,),
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
