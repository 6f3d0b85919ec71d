"""The workflow mcp_repo_notes, compiled from workflow.json. Change that file and compile, not this one.

Source: sha256:da5b17f88dd22b6a0b1e6f6874cd978def1ab144da8823faad050e36c30b11c8
Compiler: wftui output 2
Digest: sha256:d1dec957bec652a3d49d31a432864699deed5ce02a729b3979a5acead451a235
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, values
from wftui.runtime.plan import ForEachPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "mcp_repo_notes",
    "name": "Repository notes over MCP",
    "version": "1.0.0",
    "description": 'Release notes of a git repository, read and written through MCP servers. Needs: pip install "wftui[mcp]" mcp-server-git mcp-server-time; to write a file also npm install -g @modelcontextprotocol/server-filesystem',
    "labels": {"example": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "repo": {
            "type": "string",
            "title": "Repository",
            "description": "A folder with a git repository.",
            "default": ".",
            "minLength": 1,
        },
        "commits": {
            "type": "integer",
            "title": "Commits",
            "description": "How many of the newest commits are told of.",
            "minimum": 1,
            "maximum": 100,
            "default": 10,
        },
        "timezone": {
            "type": "string",
            "title": "Time zone",
            "description": "IANA name, such as Europe/Paris.",
            "default": "UTC",
            "minLength": 1,
        },
        "folder": {
            "type": "string",
            "title": "Folder",
            "description": "Where NOTES.md is written; empty: nowhere. The file server sees this folder and nothing else.",
            "default": "",
        },
    },
    "additionalProperties": False,
}


# workflow.json:47: step clock (mcp)
def input_of_clock(scope: Scope) -> Json:
    return {
        "server": {"command": ["mcp-server-time"]},
        "tool": "get_current_time",
        "arguments": {"timezone": values.look_up(scope.inputs, "inputs", "timezone")},
    }


STEP_CLOCK = StepPlan(
    id="clock",
    type="mcp",
    name="Ask for the time",
    input=input_of_clock,
    programs=("mcp-server-time",),
    line=47,
    pointer="/steps/0",
)


# workflow.json:64: step status (mcp)
def input_of_status(scope: Scope) -> Json:
    return {
        "server": {"command": ["mcp-server-git"]},
        "tool": "git_status",
        "arguments": {"repo_path": values.look_up(scope.inputs, "inputs", "repo")},
    }


STEP_STATUS = StepPlan(
    id="status",
    type="mcp",
    name="See what is not committed",
    input=input_of_status,
    programs=("mcp-server-git",),
    line=64,
    pointer="/steps/1",
)


# workflow.json:81: step log (mcp)
def input_of_log(scope: Scope) -> Json:
    return {
        "server": {"command": ["mcp-server-git"]},
        "tool": "git_log",
        "arguments": {
            "repo_path": values.look_up(scope.inputs, "inputs", "repo"),
            "max_count": values.look_up(scope.inputs, "inputs", "commits"),
        },
    }


STEP_LOG = StepPlan(
    id="log",
    type="mcp",
    name="Read the history",
    input=input_of_log,
    programs=("mcp-server-git",),
    line=81,
    pointer="/steps/2",
)


# workflow.json:99: step commits (python)
def input_of_commits(scope: Scope) -> Json:
    return {
        "code": """\
import re

COMMIT = re.compile(r'^Commit: (\\S+)\\nAuthor: (.*)\\nDate: (.*)\\nMessage: (.*)', re.M)


def main(text):
    return [
        {'commit': commit, 'author': author, 'date': date, 'subject': subject}
        for commit, author, date, subject in COMMIT.findall(text)
    ]
""",
        "args": {"text": values.output(scope, "log", "text")},
    }


STEP_COMMITS = StepPlan(
    id="commits",
    type="python",
    name="Find the commits",
    needs=("log",),
    input=input_of_commits,
    line=99,
    pointer="/steps/3",
)


# workflow.json:110: step patches (mcp)
def items_of_patches(scope: Scope) -> Json:
    return values.output(scope, "commits")


def input_of_patches(scope: Scope) -> Json:
    return {
        "server": {"command": ["mcp-server-git"]},
        "tool": "git_show",
        "arguments": {
            "repo_path": values.look_up(scope.inputs, "inputs", "repo"),
            "revision": values.local(scope, "commit", "commit"),
        },
    }


STEP_PATCHES = StepPlan(
    id="patches",
    type="mcp",
    name="Read each commit",
    needs=("commits",),
    for_each=ForEachPlan(
        items=items_of_patches,
        as_="commit",
        max_parallel=4,
        max_items=100,
    ),
    input=input_of_patches,
    programs=("mcp-server-git",),
    line=110,
    pointer="/steps/4",
)


# workflow.json:133: step notes (python)
def input_of_notes(scope: Scope) -> Json:
    return {
        "code": """\
import re


def main(commits, patches):
    notes = []
    for commit, patch in zip(commits, patches):
        files = sorted({a if b == '/dev/null' else b for a, b in re.findall(r'^--- (.+)\\n\\+\\+\\+ (.+)', patch, re.M)})
        lines = patch.splitlines()
        notes.append({
            **commit,
            'files': [re.sub(r'^[ab]/', '', name) for name in files],
            'added': sum(line.startswith('+') and not line.startswith('+++') for line in lines),
            'removed': sum(line.startswith('-') and not line.startswith('---') for line in lines),
        })
    return notes
""",
        "args": {
            "commits": values.output(scope, "commits"),
            "patches": filters_lists.apply(
                values.output(scope, "patches"),
                lambda each: values.look_up(each, "item", "text"),
            ),
        },
    }


STEP_NOTES = StepPlan(
    id="notes",
    type="python",
    name="Count lines and files",
    needs=("commits", "patches"),
    input=input_of_notes,
    line=133,
    pointer="/steps/5",
)


# workflow.json:145: step report (template)
def input_of_report(scope: Scope) -> Json:
    return {
        "template": """\
# Notes on [[ repo ]]

Written [[ now.day_of_week ]], [[ now.datetime ]] ([[ now.timezone ]]).

{% for note in notes %}
## [[ note.subject ]]

`[[ note.commit[:10] ]]` by [[ note.author ]], [[ note.date ]]: [[ note.added ]] lines added, [[ note.removed ]] removed.

{% for file in note.files %}
- [[ file ]]
{% endfor %}

{% endfor %}
## Not committed

```text
[[ status | trim ]]
```
""",
        "values": {
            "repo": values.look_up(scope.inputs, "inputs", "repo"),
            "now": values.output(scope, "clock", "structured"),
            "notes": values.output(scope, "notes"),
            "status": values.output(scope, "status", "text"),
        },
    }


STEP_REPORT = StepPlan(
    id="report",
    type="template",
    name="Write the notes",
    needs=("clock", "status", "notes"),
    input=input_of_report,
    line=145,
    pointer="/steps/6",
)


# workflow.json:159: step save (mcp)
def when_of_save(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "folder") != ""


def input_of_save(scope: Scope) -> Json:
    return {
        "server": {
            "command": [
                "mcp-server-filesystem",
                values.look_up(scope.inputs, "inputs", "folder"),
            ],
        },
        "tool": "write_file",
        "arguments": {
            "path": values.text(
                values.look_up(scope.inputs, "inputs", "folder"),
                "/NOTES.md",
            ),
            "content": values.output(scope, "report", "text"),
        },
    }


STEP_SAVE = StepPlan(
    id="save",
    type="mcp",
    name="Save them",
    needs=("report",),
    when=when_of_save,
    input=input_of_save,
    programs=("mcp-server-filesystem",),
    line=159,
    pointer="/steps/7",
)


# workflow.json:179: outputs
@values.null_when_skipped
def output_report(scope: Scope) -> Json:
    return values.output(scope, "report", "text")


@values.null_when_skipped
def output_commits(scope: Scope) -> Json:
    return filters_lists.length(values.output(scope, "commits"))


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_clock", 4): SourceSpot(
        pointer="/steps/0/input/arguments/timezone",
        line=60,
        column=27,
    ),
    ("input_of_status", 4): SourceSpot(
        pointer="/steps/1/input/arguments/repo_path",
        line=77,
        column=28,
    ),
    ("input_of_log", 5): SourceSpot(
        pointer="/steps/2/input/arguments/repo_path",
        line=94,
        column=28,
    ),
    ("input_of_log", 6): SourceSpot(
        pointer="/steps/2/input/arguments/max_count",
        line=95,
        column=28,
    ),
    ("input_of_commits", 14): SourceSpot(
        pointer="/steps/3/input/args/text",
        line=106,
        column=23,
    ),
    ("items_of_patches", 1): SourceSpot(
        pointer="/steps/4/forEach/in",
        line=115,
        column=16,
    ),
    ("input_of_patches", 5): SourceSpot(
        pointer="/steps/4/input/arguments/repo_path",
        line=128,
        column=28,
    ),
    ("input_of_patches", 6): SourceSpot(
        pointer="/steps/4/input/arguments/revision",
        line=129,
        column=27,
    ),
    ("input_of_notes", 20): SourceSpot(
        pointer="/steps/5/input/args/commits",
        line=140,
        column=26,
    ),
    ("input_of_notes", 21): SourceSpot(
        pointer="/steps/5/input/args/patches",
        line=141,
        column=26,
    ),
    ("input_of_report", 24): SourceSpot(
        pointer="/steps/6/input/values/repo",
        line=152,
        column=23,
    ),
    ("input_of_report", 25): SourceSpot(
        pointer="/steps/6/input/values/now",
        line=153,
        column=22,
    ),
    ("input_of_report", 26): SourceSpot(
        pointer="/steps/6/input/values/notes",
        line=154,
        column=24,
    ),
    ("input_of_report", 27): SourceSpot(
        pointer="/steps/6/input/values/status",
        line=155,
        column=25,
    ),
    ("when_of_save", 1): SourceSpot(pointer="/steps/7/when", line=163, column=16),
    ("input_of_save", 5): SourceSpot(
        pointer="/steps/7/input/server/command/1",
        line=168,
        column=17,
    ),
    ("input_of_save", 11): SourceSpot(
        pointer="/steps/7/input/arguments/path",
        line=173,
        column=23,
    ),
    ("input_of_save", 14): SourceSpot(
        pointer="/steps/7/input/arguments/content",
        line=174,
        column=26,
    ),
    ("output_report", 2): SourceSpot(pointer="/outputs/report", line=180, column=19),
    ("output_commits", 2): SourceSpot(pointer="/outputs/commits", line=181, column=20),
}

WORKFLOW = WorkflowPlan(
    id="mcp_repo_notes",
    name="Repository notes over MCP",
    version="1.0.0",
    description='Release notes of a git repository, read and written through MCP servers. Needs: pip install "wftui[mcp]" mcp-server-git mcp-server-time; to write a file also npm install -g @modelcontextprotocol/server-filesystem',
    source_hash="sha256:da5b17f88dd22b6a0b1e6f6874cd978def1ab144da8823faad050e36c30b11c8",
    compiler="wftui output 2",
    input_schema=INPUT_SCHEMA,
    timeout=600.0,
    steps=(
        STEP_CLOCK,
        STEP_STATUS,
        STEP_LOG,
        STEP_COMMITS,
        STEP_PATCHES,
        STEP_NOTES,
        STEP_REPORT,
        STEP_SAVE,
    ),
    outputs={"report": output_report, "commits": output_commits},
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
