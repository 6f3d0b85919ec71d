"""The workflow csv_report, compiled from workflow.json. Change that file and compile, not this one.

Source: sha256:26547ef05ddf558fe64d13a1b28ce641dc4653cd733f00e60a86c61d74dc0325
Compiler: wftui output 2
Digest: sha256:337c159d0b7b4b4d2c34314595962e9817a405618f480a6e18f9469337d19390
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, operators, values
from wftui.runtime.plan import SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "csv_report",
    "name": "CSV to report",
    "version": "1.0.0",
    "description": "Loads a CSV file into SQLite, sums a number column by a text column, and writes a Markdown report.",
    "labels": {"example": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "csv": {
            "type": "string",
            "title": "CSV file",
            "description": "Its first line names the columns.",
            "minLength": 1,
        },
        "groupBy": {"type": "string", "title": "Group by column", "minLength": 1},
        "sum": {"type": "string", "title": "Sum of column", "minLength": 1},
        "database": {
            "type": "string",
            "title": "SQLite file",
            "description": "Made or replaced table: rows.",
            "default": "csv-report.db",
            "minLength": 1,
        },
        "report": {
            "type": "string",
            "title": "Report file",
            "default": "csv-report.md",
            "minLength": 1,
        },
    },
    "required": ["csv", "groupBy", "sum"],
    "additionalProperties": False,
}


# workflow.json:53: step read (file)
def input_of_read(scope: Scope) -> Json:
    return {
        "action": "read",
        "path": values.look_up(scope.inputs, "inputs", "csv"),
        "format": "csv",
        "maxBytes": 104857600,
    }


STEP_READ = StepPlan(
    id="read",
    type="file",
    name="Read the file",
    input=input_of_read,
    line=53,
    pointer="/steps/0",
)


# workflow.json:64: step columns (assert)
def input_of_columns(scope: Scope) -> Json:
    value_1 = operators.compare(
        filters_lists.length(values.output(scope, "read", "value")),
        ">",
        0,
    )
    if value_1:
        value_1 = operators.contains(
            values.look_up(scope.inputs, "inputs", "groupBy"),
            values.output(scope, "read", "value", 0),
        )
    if value_1:
        value_1 = operators.contains(
            values.look_up(scope.inputs, "inputs", "sum"),
            values.output(scope, "read", "value", 0),
        )
    return {
        "that": value_1,
        "message": values.text(
            values.look_up(scope.inputs, "inputs", "csv"),
            " needs rows with the columns ",
            values.look_up(scope.inputs, "inputs", "groupBy"),
            " and ",
            values.look_up(scope.inputs, "inputs", "sum"),
        ),
    }


STEP_COLUMNS = StepPlan(
    id="columns",
    type="assert",
    name="Check the columns",
    needs=("read",),
    input=input_of_columns,
    line=64,
    pointer="/steps/1",
)


# workflow.json:73: step table (sql)
def input_of_table(scope: Scope) -> Json:
    return {
        "database": values.look_up(scope.inputs, "inputs", "database"),
        "script": """\
DROP TABLE IF EXISTS rows;
CREATE TABLE rows (name TEXT, amount REAL);""",
    }


STEP_TABLE = StepPlan(
    id="table",
    type="sql",
    name="Make the table",
    needs=("columns",),
    input=input_of_table,
    line=73,
    pointer="/steps/2",
)


# workflow.json:85: step pairs (python)
def input_of_pairs(scope: Scope) -> Json:
    return {
        "code": """\
def main(rows, name, amount):
    pairs = []
    for number, row in enumerate(rows, 2):
        try:
            pairs.append([row[name], float(row[amount] or 0)])
        except ValueError:
            raise SystemExit(f'line {number}: {row[amount]!r} is no number') from None
    return pairs
""",
        "args": {
            "rows": values.output(scope, "read", "value"),
            "name": values.look_up(scope.inputs, "inputs", "groupBy"),
            "amount": values.look_up(scope.inputs, "inputs", "sum"),
        },
    }


STEP_PAIRS = StepPlan(
    id="pairs",
    type="python",
    name="Pick the two columns",
    needs=("read", "columns"),
    input=input_of_pairs,
    line=85,
    pointer="/steps/3",
)


# workflow.json:101: step load (sql)
def input_of_load(scope: Scope) -> Json:
    return {
        "database": values.look_up(scope.inputs, "inputs", "database"),
        "query": "INSERT INTO rows VALUES (?, ?)",
        "many": values.output(scope, "pairs"),
    }


STEP_LOAD = StepPlan(
    id="load",
    type="sql",
    name="Load the rows",
    needs=("table", "pairs"),
    input=input_of_load,
    line=101,
    pointer="/steps/4",
)


# workflow.json:115: step sums (sql)
def input_of_sums(scope: Scope) -> Json:
    return {
        "database": values.look_up(scope.inputs, "inputs", "database"),
        "readOnly": True,
        "query": "SELECT name, count(*) AS count, sum(amount) AS total FROM rows GROUP BY name ORDER BY total DESC",
    }


STEP_SUMS = StepPlan(
    id="sums",
    type="sql",
    name="Sum up",
    needs=("load",),
    input=input_of_sums,
    line=115,
    pointer="/steps/5",
)


# workflow.json:128: step report (template)
def input_of_report(scope: Scope) -> Json:
    return {
        "template": """\
# [[ sum ]] by [[ name ]]

| [[ name ]] | rows | [[ sum ]] |
|---|---:|---:|
{% for row in rows %}| [[ row.name ]] | [[ row.count ]] | [[ '%.2f' | format(row.total) ]] |
{% endfor %}""",
        "values": {
            "name": values.look_up(scope.inputs, "inputs", "groupBy"),
            "sum": values.look_up(scope.inputs, "inputs", "sum"),
            "rows": values.output(scope, "sums", "rows"),
        },
        "to": values.look_up(scope.inputs, "inputs", "report"),
    }


STEP_REPORT = StepPlan(
    id="report",
    type="template",
    name="Write the report",
    needs=("sums",),
    input=input_of_report,
    line=128,
    pointer="/steps/6",
)


# workflow.json:143: outputs
@values.null_when_skipped
def output_rows(scope: Scope) -> Json:
    return values.output(scope, "load", "rowCount")


@values.null_when_skipped
def output_sums(scope: Scope) -> Json:
    return values.output(scope, "sums", "rows")


@values.null_when_skipped
def output_report(scope: Scope) -> Json:
    return values.output(scope, "report", "text")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_read", 3): SourceSpot(pointer="/steps/0/input/path", line=59, column=21),
    ("input_of_columns", 1): SourceSpot(
        pointer="/steps/1/input/that",
        line=69,
        column=21,
    ),
    ("input_of_columns", 19): SourceSpot(
        pointer="/steps/1/input/message",
        line=70,
        column=24,
    ),
    ("input_of_columns", 21): SourceSpot(
        pointer="/steps/1/input/message",
        line=70,
        column=69,
    ),
    ("input_of_columns", 23): SourceSpot(
        pointer="/steps/1/input/message",
        line=70,
        column=94,
    ),
    ("input_of_table", 2): SourceSpot(
        pointer="/steps/2/input/database",
        line=81,
        column=25,
    ),
    ("input_of_pairs", 13): SourceSpot(
        pointer="/steps/3/input/args/rows",
        line=95,
        column=23,
    ),
    ("input_of_pairs", 14): SourceSpot(
        pointer="/steps/3/input/args/name",
        line=96,
        column=23,
    ),
    ("input_of_pairs", 15): SourceSpot(
        pointer="/steps/3/input/args/amount",
        line=97,
        column=25,
    ),
    ("input_of_load", 2): SourceSpot(
        pointer="/steps/4/input/database",
        line=110,
        column=25,
    ),
    ("input_of_load", 4): SourceSpot(
        pointer="/steps/4/input/many",
        line=112,
        column=21,
    ),
    ("input_of_sums", 2): SourceSpot(
        pointer="/steps/5/input/database",
        line=123,
        column=25,
    ),
    ("input_of_report", 10): SourceSpot(
        pointer="/steps/6/input/values/name",
        line=135,
        column=23,
    ),
    ("input_of_report", 11): SourceSpot(
        pointer="/steps/6/input/values/sum",
        line=136,
        column=22,
    ),
    ("input_of_report", 12): SourceSpot(
        pointer="/steps/6/input/values/rows",
        line=137,
        column=23,
    ),
    ("input_of_report", 14): SourceSpot(
        pointer="/steps/6/input/to",
        line=139,
        column=19,
    ),
    ("output_rows", 2): SourceSpot(pointer="/outputs/rows", line=144, column=17),
    ("output_sums", 2): SourceSpot(pointer="/outputs/sums", line=145, column=17),
    ("output_report", 2): SourceSpot(pointer="/outputs/report", line=146, column=19),
}

WORKFLOW = WorkflowPlan(
    id="csv_report",
    name="CSV to report",
    version="1.0.0",
    description="Loads a CSV file into SQLite, sums a number column by a text column, and writes a Markdown report.",
    source_hash="sha256:26547ef05ddf558fe64d13a1b28ce641dc4653cd733f00e60a86c61d74dc0325",
    compiler="wftui output 2",
    input_schema=INPUT_SCHEMA,
    timeout=3600.0,
    steps=(
        STEP_READ,
        STEP_COLUMNS,
        STEP_TABLE,
        STEP_PAIRS,
        STEP_LOAD,
        STEP_SUMS,
        STEP_REPORT,
    ),
    outputs={"rows": output_rows, "sums": output_sums, "report": output_report},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
