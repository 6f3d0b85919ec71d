"""The workflow log_triage, compiled from workflow.json. Change that file and compile, not this one.

Source: sha256:3c9fc49e0e254ba3cd64e5e9cd29a2bc6c77a0f8974a9b610b6a4e4b59616b1b
Compiler: wftui output 2
Digest: sha256:34a962d87fcb2f529be33d86e079dd1d34c03067e91b7f68b1e417171e0f43bf
"""

from wftui.model.base import Json
from wftui.runtime import values
from wftui.runtime.plan import SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "log_triage",
    "name": "Log triage",
    "version": "1.0.0",
    "description": "Reads log files, groups lines that are alike, counts by level and hour; as JSON and Markdown.",
    "labels": {"example": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "path": {
            "type": "string",
            "title": "Log file or folder",
            "minLength": 1,
            "examples": ["/var/log/dpkg.log"],
        },
        "pattern": {
            "type": "string",
            "title": "Files in the folder",
            "description": "A glob, for a folder; .gz files are read too.",
            "default": "*.log*",
        },
        "out": {
            "type": "string",
            "title": "Where reports go",
            "default": "log-triage",
            "minLength": 1,
        },
        "groups": {
            "type": "integer",
            "title": "Groups",
            "description": "How many groups of similar lines the report lists.",
            "minimum": 1,
            "maximum": 1000,
            "default": 25,
        },
    },
    "required": ["path"],
    "additionalProperties": False,
}


# workflow.json:50: step files (python)
def input_of_files(scope: Scope) -> Json:
    return {
        "code": """\
import os
from pathlib import Path


def main(path, pattern, max_files):
    start = Path(path).expanduser()
    if start.is_file():
        return [str(start)]
    if not start.is_dir():
        raise SystemExit(f'{start} is no file and no folder')
    found = sorted(p for p in start.rglob(pattern) if p.is_file() and os.access(p, os.R_OK))
    if not found:
        raise SystemExit(f'no file in {start} matches {pattern}')
    if len(found) > max_files:
        raise SystemExit(f'{len(found)} files match {pattern}, more than {max_files}')
    return [str(p) for p in found]
""",
        "args": {
            "path": values.look_up(scope.inputs, "inputs", "path"),
            "pattern": values.look_up(scope.inputs, "inputs", "pattern"),
            "max_files": 10000,
        },
    }


STEP_FILES = StepPlan(
    id="files",
    type="python",
    name="Find the files",
    input=input_of_files,
    line=50,
    pointer="/steps/0",
)


# workflow.json:63: step load (python)
def input_of_load(scope: Scope) -> Json:
    return {
        "code": """\
import gzip
import os
import re
import sqlite3
from pathlib import Path

LEVEL = re.compile(
    r'(?<![\\w./-])(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|EMERG|ALERT)(?![\\w/-]|\\.\\w)', re.I
)
HOUR = re.compile(r'(\\d{4}-\\d\\d-\\d\\d)[T ](\\d\\d):\\d\\d|(\\d\\d)/(\\w{3})/(\\d{4}):(\\d\\d):|^(\\w{3}) +(\\d{1,2}) (\\d\\d):\\d\\d')
VARIABLE = [
    (re.compile(r'^\\S*\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d\\S*|^\\w{3} +\\d{1,2} \\d\\d:\\d\\d:\\d\\d'), '<time>'),
    (re.compile(r'\\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\\b'), '<uuid>'),
    (re.compile(r'\\b\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?\\b'), '<ip>'),
    (re.compile(r'\\b0x[0-9a-fA-F]+\\b|\\b[0-9a-fA-F]{12,}\\b'), '<hex>'),
    (re.compile(r'"[^"]*"|\\'[^\\']*\\''), '<text>'),
    (re.compile(r'[^\\s"\\'/=,;()\\[\\]{}<>]*\\d[^\\s"\\'/=,;()\\[\\]{}<>]*'), '<n>'),
]
NAMES = {'WARNING': 'WARN', 'ERR': 'ERROR', 'CRITICAL': 'CRIT', 'EMERG': 'FATAL', 'ALERT': 'FATAL'}


def read(path):
    if path.suffix == '.gz':
        return gzip.open(path, 'rt', encoding='utf-8', errors='replace')
    return open(path, encoding='utf-8', errors='replace')


def describe(line):
    level = LEVEL.search(line[:300])
    level = level[1].upper() if level else 'NONE'
    hour = HOUR.search(line[:200])
    if hour is None:
        hour = 'unknown'
    elif hour[1]:
        hour = f'{hour[1]} {hour[2]}:00'
    elif hour[3]:
        hour = f'{hour[5]} {hour[4]} {hour[3]} {hour[6]}:00'
    else:
        hour = f'{hour[7]} {int(hour[8]):02d} {hour[9]}:00'
    shape = line[:500]
    for pattern, name in VARIABLE:
        shape = pattern.sub(name, shape)
    return NAMES.get(level, level), hour, shape.strip()


def main(files, database):
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    Path(database).unlink(missing_ok=True)
    db = sqlite3.connect(database)
    db.execute('CREATE TABLE lines (file TEXT, number INTEGER, level TEXT, hour TEXT, shape TEXT, text TEXT)')
    sizes = [os.path.getsize(name) for name in files]
    total, done, count = sum(sizes) or 1, 0, 0
    for name, size in zip(files, sizes):
        rows = []
        with read(Path(name)) as lines:
            for number, line in enumerate(lines, 1):
                line = line.rstrip('\\n')
                if line.strip():
                    rows.append((name, number, *describe(line), line[:1000]))
                if len(rows) == 5000:
                    db.executemany('INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?)', rows)
                    count += len(rows)
                    rows.clear()
        db.executemany('INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?)', rows)
        count += len(rows)
        done += size
        progress(done / total, Path(name).name)
    db.commit()
    db.close()
    return {'lines': count, 'files': len(files)}
""",
        "args": {
            "files": values.output(scope, "files"),
            "database": values.text(
                values.look_up(scope.inputs, "inputs", "out"),
                "/triage.db",
            ),
        },
    }


STEP_LOAD = StepPlan(
    id="load",
    type="python",
    name="Parse every line",
    needs=("files",),
    input=input_of_load,
    line=63,
    pointer="/steps/1",
)


# workflow.json:75: step levels (sql)
def input_of_levels(scope: Scope) -> Json:
    return {
        "database": values.text(
            values.look_up(scope.inputs, "inputs", "out"),
            "/triage.db",
        ),
        "readOnly": True,
        "query": "SELECT level, count(*) AS lines FROM lines GROUP BY level ORDER BY lines DESC",
    }


STEP_LEVELS = StepPlan(
    id="levels",
    type="sql",
    name="Count by level",
    needs=("load",),
    input=input_of_levels,
    line=75,
    pointer="/steps/2",
)


# workflow.json:88: step hours (sql)
def input_of_hours(scope: Scope) -> Json:
    return {
        "database": values.text(
            values.look_up(scope.inputs, "inputs", "out"),
            "/triage.db",
        ),
        "readOnly": True,
        "maxRows": 10000,
        "query": "SELECT hour, count(*) AS lines, sum(level IN ('ERROR', 'CRIT', 'FATAL')) AS errors FROM lines GROUP BY hour ORDER BY min(rowid)",
    }


STEP_HOURS = StepPlan(
    id="hours",
    type="sql",
    name="Count by hour",
    needs=("load",),
    input=input_of_hours,
    line=88,
    pointer="/steps/3",
)


# workflow.json:102: step groups (sql)
def input_of_groups(scope: Scope) -> Json:
    return {
        "database": values.text(
            values.look_up(scope.inputs, "inputs", "out"),
            "/triage.db",
        ),
        "readOnly": True,
        "query": "SELECT shape, min(level) AS level, count(*) AS lines, min(text) AS example, min(hour) AS first FROM lines GROUP BY shape ORDER BY level IN ('ERROR', 'CRIT', 'FATAL') DESC, lines DESC LIMIT :groups",
        "params": {"groups": values.look_up(scope.inputs, "inputs", "groups")},
    }


STEP_GROUPS = StepPlan(
    id="groups",
    type="sql",
    name="Group similar lines",
    needs=("load",),
    input=input_of_groups,
    line=102,
    pointer="/steps/4",
)


# workflow.json:118: step report (python)
def input_of_report(scope: Scope) -> Json:
    return {
        "code": """\
def table(header, rows):
    line = '| ' + ' | '.join(header) + ' |'
    rule = '|' + '---|' * len(header)
    return [line, rule, *('| ' + ' | '.join(str(cell).replace('|', '\\\\|') for cell in row) + ' |' for row in rows)]


def main(path, loaded, levels, hours, groups):
    out = [f'# Log triage: {path}', '', f'{loaded["lines"]} lines in {loaded["files"]} files.', '', '## Levels', '']
    out += table(['level', 'lines'], [(row['level'], row['lines']) for row in levels])
    most = max((row['lines'] for row in hours), default=1)
    out += ['', '## Hours', '']
    out += table(['hour', 'lines', 'errors', ''], [
        (row['hour'], row['lines'], row['errors'], '#' * max(1, round(row['lines'] / most * 30))) for row in hours
    ])
    out += ['', '## Similar lines', '']
    out += table(['lines', 'level', 'like', 'first seen'], [
        (row['lines'], row['level'], f'`{row["example"][:160]}`', row['first']) for row in groups
    ])
    return '\\n'.join(out) + '\\n'
""",
        "args": {
            "path": values.look_up(scope.inputs, "inputs", "path"),
            "loaded": values.output(scope, "load"),
            "levels": values.output(scope, "levels", "rows"),
            "hours": values.output(scope, "hours", "rows"),
            "groups": values.output(scope, "groups", "rows"),
        },
    }


STEP_REPORT = StepPlan(
    id="report",
    type="python",
    name="Write the report",
    needs=("load", "levels", "hours", "groups"),
    input=input_of_report,
    line=118,
    pointer="/steps/5",
)


# workflow.json:133: step save_markdown (file)
def input_of_save_markdown(scope: Scope) -> Json:
    return {
        "action": "write",
        "path": values.text(
            values.look_up(scope.inputs, "inputs", "out"),
            "/report.md",
        ),
        "content": values.output(scope, "report"),
    }


STEP_SAVE_MARKDOWN = StepPlan(
    id="save_markdown",
    type="file",
    name="Save the Markdown report",
    needs=("report",),
    input=input_of_save_markdown,
    line=133,
    pointer="/steps/6",
)


# workflow.json:146: step save_json (file)
def input_of_save_json(scope: Scope) -> Json:
    return {
        "action": "write",
        "path": values.text(
            values.look_up(scope.inputs, "inputs", "out"),
            "/report.json",
        ),
        "format": "json",
        "content": {
            "lines": values.output(scope, "load", "lines"),
            "levels": values.output(scope, "levels", "rows"),
            "hours": values.output(scope, "hours", "rows"),
            "groups": values.output(scope, "groups", "rows"),
        },
    }


STEP_SAVE_JSON = StepPlan(
    id="save_json",
    type="file",
    name="Save the JSON report",
    needs=("load", "levels", "hours", "groups"),
    input=input_of_save_json,
    line=146,
    pointer="/steps/7",
)


# workflow.json:168: outputs
@values.null_when_skipped
def output_lines(scope: Scope) -> Json:
    return values.output(scope, "load", "lines")


@values.null_when_skipped
def output_levels(scope: Scope) -> Json:
    return values.output(scope, "levels", "rows")


def output_markdown(scope: Scope) -> Json:
    return values.text(values.look_up(scope.inputs, "inputs", "out"), "/report.md")


def output_json(scope: Scope) -> Json:
    return values.text(values.look_up(scope.inputs, "inputs", "out"), "/report.json")


@values.null_when_skipped
def output_report(scope: Scope) -> Json:
    return values.output(scope, "report")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_files", 21): SourceSpot(
        pointer="/steps/0/input/args/path",
        line=57,
        column=23,
    ),
    ("input_of_files", 22): SourceSpot(
        pointer="/steps/0/input/args/pattern",
        line=58,
        column=26,
    ),
    ("input_of_load", 75): SourceSpot(
        pointer="/steps/1/input/args/files",
        line=70,
        column=24,
    ),
    ("input_of_load", 77): SourceSpot(
        pointer="/steps/1/input/args/database",
        line=71,
        column=27,
    ),
    ("input_of_levels", 3): SourceSpot(
        pointer="/steps/2/input/database",
        line=83,
        column=25,
    ),
    ("input_of_hours", 3): SourceSpot(
        pointer="/steps/3/input/database",
        line=96,
        column=25,
    ),
    ("input_of_groups", 3): SourceSpot(
        pointer="/steps/4/input/database",
        line=110,
        column=25,
    ),
    ("input_of_groups", 8): SourceSpot(
        pointer="/steps/4/input/params/groups",
        line=114,
        column=25,
    ),
    ("input_of_report", 24): SourceSpot(
        pointer="/steps/5/input/args/path",
        line=125,
        column=23,
    ),
    ("input_of_report", 25): SourceSpot(
        pointer="/steps/5/input/args/loaded",
        line=126,
        column=25,
    ),
    ("input_of_report", 26): SourceSpot(
        pointer="/steps/5/input/args/levels",
        line=127,
        column=25,
    ),
    ("input_of_report", 27): SourceSpot(
        pointer="/steps/5/input/args/hours",
        line=128,
        column=24,
    ),
    ("input_of_report", 28): SourceSpot(
        pointer="/steps/5/input/args/groups",
        line=129,
        column=25,
    ),
    ("input_of_save_markdown", 4): SourceSpot(
        pointer="/steps/6/input/path",
        line=142,
        column=21,
    ),
    ("input_of_save_markdown", 7): SourceSpot(
        pointer="/steps/6/input/content",
        line=143,
        column=24,
    ),
    ("input_of_save_json", 4): SourceSpot(
        pointer="/steps/7/input/path",
        line=157,
        column=21,
    ),
    ("input_of_save_json", 9): SourceSpot(
        pointer="/steps/7/input/content/lines",
        line=160,
        column=24,
    ),
    ("input_of_save_json", 10): SourceSpot(
        pointer="/steps/7/input/content/levels",
        line=161,
        column=25,
    ),
    ("input_of_save_json", 11): SourceSpot(
        pointer="/steps/7/input/content/hours",
        line=162,
        column=24,
    ),
    ("input_of_save_json", 12): SourceSpot(
        pointer="/steps/7/input/content/groups",
        line=163,
        column=25,
    ),
    ("output_lines", 2): SourceSpot(pointer="/outputs/lines", line=169, column=18),
    ("output_levels", 2): SourceSpot(pointer="/outputs/levels", line=170, column=19),
    ("output_markdown", 1): SourceSpot(
        pointer="/outputs/markdown",
        line=171,
        column=21,
    ),
    ("output_json", 1): SourceSpot(pointer="/outputs/json", line=172, column=17),
    ("output_report", 2): SourceSpot(pointer="/outputs/report", line=173, column=19),
}

WORKFLOW = WorkflowPlan(
    id="log_triage",
    name="Log triage",
    version="1.0.0",
    description="Reads log files, groups lines that are alike, counts by level and hour; as JSON and Markdown.",
    source_hash="sha256:3c9fc49e0e254ba3cd64e5e9cd29a2bc6c77a0f8974a9b610b6a4e4b59616b1b",
    compiler="wftui output 2",
    input_schema=INPUT_SCHEMA,
    timeout=7200.0,
    steps=(
        STEP_FILES,
        STEP_LOAD,
        STEP_LEVELS,
        STEP_HOURS,
        STEP_GROUPS,
        STEP_REPORT,
        STEP_SAVE_MARKDOWN,
        STEP_SAVE_JSON,
    ),
    outputs={
        "lines": output_lines,
        "levels": output_levels,
        "markdown": output_markdown,
        "json": output_json,
        "report": output_report,
    },
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
