"""The workflow repo_health, compiled from workflow.json. Change that file and compile, not this one.

Source: sha256:c12671d783cd7ae76ce934ef2623c39f969e655312b0c73009ac4d31e7b6a5e1
Compiler: wftui output 2
Digest: sha256:94b01d15c34d43e00333ce88748921428f1b05218de37ca1226e2fbcb171381f
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, filters_text, values
from wftui.runtime.plan import ForEachPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "repo_health",
    "name": "Repository health",
    "version": "1.0.0",
    "description": "Who works on a git repository, what is big, stale or left to do; as a Markdown report.",
    "labels": {"example": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "repo": {
            "type": "string",
            "title": "Repository",
            "description": "A folder inside any git repository.",
            "default": ".",
        },
        "weeks": {
            "type": "integer",
            "title": "Weeks",
            "description": "How many weeks back commits are counted.",
            "minimum": 1,
            "maximum": 520,
            "default": 12,
        },
        "staleDays": {
            "type": "integer",
            "title": "Stale after (days)",
            "description": "A branch without a commit for so long is stale.",
            "minimum": 1,
            "default": 90,
        },
        "top": {
            "type": "integer",
            "title": "Top",
            "description": "How many authors and files the report lists.",
            "minimum": 1,
            "maximum": 100,
            "default": 10,
        },
    },
    "additionalProperties": False,
}


# workflow.json:47: step repository (shell)
def input_of_repository(scope: Scope) -> Json:
    return {
        "script": """\
cd "$REPO"
root=$(git rev-parse --show-toplevel)
git rev-parse --verify --quiet HEAD >/dev/null || { echo "$root has no commits yet" >&2; exit 1; }
{
  printf 'root=%s\\n' "$root"
  printf 'branch=%s\\n' "$(git rev-parse --abbrev-ref HEAD)"
  printf 'commits=%s\\n' "$(git rev-list --count HEAD)"
} >> "$WFTUI_OUTPUT\"""",
        "programs": ["awk", "git"],
        "env": {"REPO": values.look_up(scope.inputs, "inputs", "repo")},
    }


STEP_REPOSITORY = StepPlan(
    id="repository",
    type="shell",
    name="Find the repository",
    input=input_of_repository,
    programs=("awk", "git"),
    line=47,
    pointer="/steps/0",
)


# workflow.json:57: step commits (python)
def input_of_commits(scope: Scope) -> Json:
    return {
        "code": """\
import subprocess
from collections import Counter


def main(root, weeks, top):
    command = ['git', '-C', root, 'log', f'--since={weeks} weeks ago', '--date=format:%G-W%V', '--format=%ad%x09%aN']
    authors, by_week = Counter(), Counter()
    pairs = Counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors='replace') as log:
        for line in log.stdout:
            week, _, author = line.rstrip('\\n').partition('\\t')
            authors[author] += 1
            by_week[week] += 1
            pairs[author, week] += 1
    if log.returncode:
        raise SystemExit(f'git log ended with {log.returncode}')
    best = [name for name, _ in authors.most_common(top)]
    return {
        'total': sum(authors.values()),
        'authorCount': len(authors),
        'authors': best,
        'weeks': [{'week': week, 'commits': by_week[week]} for week in sorted(by_week)],
        'byAuthor': [
            {'author': name, 'commits': authors[name], 'weeks': {w: n for (a, w), n in sorted(pairs.items()) if a == name}}
            for name in best
        ],
    }
""",
        "args": {
            "root": values.output(scope, "repository", "outputs", "root"),
            "weeks": values.look_up(scope.inputs, "inputs", "weeks"),
            "top": values.look_up(scope.inputs, "inputs", "top"),
        },
    }


STEP_COMMITS = StepPlan(
    id="commits",
    type="python",
    name="Count commits by author and week",
    needs=("repository",),
    input=input_of_commits,
    line=57,
    pointer="/steps/1",
)


# workflow.json:71: step authors (shell)
def items_of_authors(scope: Scope) -> Json:
    return values.output(scope, "commits", "authors")


def input_of_authors(scope: Scope) -> Json:
    return {
        "script": """\
git -C "$ROOT" log --since="$WEEKS weeks ago" --no-merges --use-mailmap --fixed-strings --author="$AUTHOR" --numstat --format= |
  awk '$1 != "-" { added += $1; removed += $2 } END { printf "{\\"added\\": %d, \\"removed\\": %d}\\n", added, removed }'""",
        "env": {
            "ROOT": values.output(scope, "repository", "outputs", "root"),
            "WEEKS": values.look_up(scope.inputs, "inputs", "weeks"),
            "AUTHOR": values.local(scope, "author"),
        },
        "parse": "json",
    }


STEP_AUTHORS = StepPlan(
    id="authors",
    type="shell",
    name="Lines changed by each author",
    needs=("repository", "commits"),
    for_each=ForEachPlan(
        items=items_of_authors,
        as_="author",
        max_parallel=4,
        max_items=100,
    ),
    input=input_of_authors,
    line=71,
    pointer="/steps/2",
)


# workflow.json:92: step biggest (shell)
def input_of_biggest(scope: Scope) -> Json:
    return {
        "script": """\
cd "$ROOT"
git ls-tree -r -l --full-tree HEAD | awk -F '\\t' '{ split($1, head, / +/); if (head[4] != "-") print head[4] "\\t" $2 }' | sort -rn > "$WFTUI_OUTPUT.sizes"
head -n "$TOP" "$WFTUI_OUTPUT.sizes"
rm -f "$WFTUI_OUTPUT.sizes\"""",
        "env": {
            "ROOT": values.output(scope, "repository", "outputs", "root"),
            "TOP": filters_text.string(values.look_up(scope.inputs, "inputs", "top")),
        },
        "parse": "lines",
    }


STEP_BIGGEST = StepPlan(
    id="biggest",
    type="shell",
    name="Biggest files",
    needs=("repository",),
    input=input_of_biggest,
    line=92,
    pointer="/steps/3",
)


# workflow.json:103: step stale (shell)
def input_of_stale(scope: Scope) -> Json:
    return {
        "script": """\
before=$(( $(date +%s) - DAYS * 86400 ))
git -C "$ROOT" for-each-ref --sort=committerdate --format='%(committerdate:unix)%09%(committerdate:short)%09%(refname:short)' refs/heads refs/remotes |
  awk -F '\\t' -v before="$before" '$1 < before { print $2 "\\t" $3 }'""",
        "env": {
            "ROOT": values.output(scope, "repository", "outputs", "root"),
            "DAYS": filters_text.string(
                values.look_up(scope.inputs, "inputs", "staleDays"),
            ),
        },
        "parse": "lines",
    }


STEP_STALE = StepPlan(
    id="stale",
    type="shell",
    name="Stale branches",
    needs=("repository",),
    input=input_of_stale,
    line=103,
    pointer="/steps/4",
)


# workflow.json:117: step todos (shell)
def input_of_todos(scope: Scope) -> Json:
    return {
        "script": """\
set +o pipefail
git -C "$ROOT" grep -I -w -c -E 'TODO|FIXME|XXX' HEAD -- | awk -F: '{ lines += $NF; files += 1 } END { printf "{\\"lines\\": %d, \\"files\\": %d}\\n", lines, files }'""",
        "env": {"ROOT": values.output(scope, "repository", "outputs", "root")},
        "parse": "json",
    }


STEP_TODOS = StepPlan(
    id="todos",
    type="shell",
    name="Count what is left to do",
    needs=("repository",),
    input=input_of_todos,
    line=117,
    pointer="/steps/5",
)


# workflow.json:129: step open_changes (python)
def input_of_open_changes(scope: Scope) -> Json:
    return {
        "code": """\
import os
import subprocess
import time


def main(root):
    status = subprocess.run(
        ['git', '-C', root, 'status', '--porcelain=v1', '-z', '--untracked-files=normal', '--no-renames'],
        capture_output=True, check=True,
    ).stdout
    names = [os.fsdecode(entry[3:]) for entry in status.split(b'\\0') if entry]
    ages = []
    for name in names:
        try:
            ages.append((time.time() - os.lstat(os.path.join(root, name)).st_mtime, name))
        except FileNotFoundError:
            pass  # a deletion has no time of its own
    oldest = max(ages, default=None)
    return {
        'count': len(names),
        'oldestDays': round(oldest[0] / 86400, 1) if oldest else None,
        'oldestFile': oldest[1] if oldest else None,
    }
""",
        "args": {"root": values.output(scope, "repository", "outputs", "root")},
    }


STEP_OPEN_CHANGES = StepPlan(
    id="open_changes",
    type="python",
    name="Age of the oldest open change",
    needs=("repository",),
    input=input_of_open_changes,
    line=129,
    pointer="/steps/6",
)


# workflow.json:139: step report (python)
def input_of_report(scope: Scope) -> Json:
    return {
        "code": """\
def main(root, branch, history, weeks, commits, lines, biggest, stale, stale_days, todos, changes):
    out = [f'# Repository health: {root}', '']
    out += [f'- branch `{branch}`, {history} commits in all, {commits["total"]} in the last {weeks} weeks by {commits["authorCount"]} people']
    out += [f'- {todos["lines"]} lines marked TODO, FIXME or XXX in {todos["files"]} files']
    if changes['count']:
        age = f', the oldest {changes["oldestDays"]} days old: `{changes["oldestFile"]}`' if changes['oldestFile'] else ''
        out += [f'- {changes["count"]} open changes{age}']
    else:
        out += ['- no open changes']
    out += ['', '## Authors', '', '| author | commits | added | removed |', '|---|---:|---:|---:|']
    for author, changed in zip(commits['byAuthor'], lines):
        name = author['author'].replace('|', '\\\\|')
        out += [f'| {name} | {author["commits"]} | {changed["value"]["added"]} | {changed["value"]["removed"]} |']
    most = max((week['commits'] for week in commits['weeks']), default=0)
    out += ['', '## Weeks', '', '| week | commits | |', '|---|---:|---|']
    out += [f'| {w["week"]} | {w["commits"]} | {"#" * max(1, round(w["commits"] / most * 30))} |' for w in commits['weeks']]
    out += ['', '## Biggest files', '', '| bytes | file |', '|---:|---|']
    out += [f'| {int(size):,} | `{name}` |' for size, name in (line.split('\\t', 1) for line in biggest)]
    out += ['', f'## Branches without a commit for {stale_days} days', '']
    out += [f'- {date} `{name}`' for date, name in (line.split('\\t', 1) for line in stale)] or ['None.']
    return '\\n'.join(out) + '\\n'
""",
        "args": {
            "root": values.output(scope, "repository", "outputs", "root"),
            "branch": values.output(scope, "repository", "outputs", "branch"),
            "history": values.output(scope, "repository", "outputs", "commits"),
            "weeks": values.look_up(scope.inputs, "inputs", "weeks"),
            "commits": values.output(scope, "commits"),
            "lines": values.output(scope, "authors"),
            "biggest": values.output(scope, "biggest", "value"),
            "stale": values.output(scope, "stale", "value"),
            "stale_days": values.look_up(scope.inputs, "inputs", "staleDays"),
            "todos": values.output(scope, "todos", "value"),
            "changes": values.output(scope, "open_changes"),
        },
    }


STEP_REPORT = StepPlan(
    id="report",
    type="python",
    name="Write the report",
    needs=(
        "repository",
        "commits",
        "authors",
        "biggest",
        "stale",
        "todos",
        "open_changes",
    ),
    input=input_of_report,
    line=139,
    pointer="/steps/7",
)


# workflow.json:162: outputs
@values.null_when_skipped
def output_commits(scope: Scope) -> Json:
    return values.output(scope, "commits", "total")


@values.null_when_skipped
def output_2(scope: Scope) -> Json:
    return filters_lists.length(values.output(scope, "stale", "value"))


@values.null_when_skipped
def output_3(scope: Scope) -> Json:
    return values.output(scope, "todos", "value", "lines")


@values.null_when_skipped
def output_report(scope: Scope) -> Json:
    return values.output(scope, "report")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_repository", 12): SourceSpot(
        pointer="/steps/0/input/env/REPO",
        line=54,
        column=30,
    ),
    ("input_of_commits", 32): SourceSpot(
        pointer="/steps/1/input/args/root",
        line=65,
        column=23,
    ),
    ("input_of_commits", 33): SourceSpot(
        pointer="/steps/1/input/args/weeks",
        line=66,
        column=24,
    ),
    ("input_of_commits", 34): SourceSpot(
        pointer="/steps/1/input/args/top",
        line=67,
        column=22,
    ),
    ("items_of_authors", 1): SourceSpot(
        pointer="/steps/2/forEach/in",
        line=77,
        column=16,
    ),
    ("input_of_authors", 6): SourceSpot(
        pointer="/steps/2/input/env/ROOT",
        line=85,
        column=23,
    ),
    ("input_of_authors", 7): SourceSpot(
        pointer="/steps/2/input/env/WEEKS",
        line=86,
        column=24,
    ),
    ("input_of_authors", 8): SourceSpot(
        pointer="/steps/2/input/env/AUTHOR",
        line=87,
        column=25,
    ),
    ("input_of_biggest", 8): SourceSpot(
        pointer="/steps/3/input/env/ROOT",
        line=99,
        column=30,
    ),
    ("input_of_biggest", 9): SourceSpot(
        pointer="/steps/3/input/env/TOP",
        line=99,
        column=83,
    ),
    ("input_of_stale", 7): SourceSpot(
        pointer="/steps/4/input/env/ROOT",
        line=111,
        column=23,
    ),
    ("input_of_stale", 8): SourceSpot(
        pointer="/steps/4/input/env/DAYS",
        line=112,
        column=23,
    ),
    ("input_of_todos", 5): SourceSpot(
        pointer="/steps/5/input/env/ROOT",
        line=125,
        column=30,
    ),
    ("input_of_open_changes", 27): SourceSpot(
        pointer="/steps/6/input/args/root",
        line=136,
        column=31,
    ),
    ("input_of_report", 26): SourceSpot(
        pointer="/steps/7/input/args/root",
        line=147,
        column=23,
    ),
    ("input_of_report", 27): SourceSpot(
        pointer="/steps/7/input/args/branch",
        line=148,
        column=25,
    ),
    ("input_of_report", 28): SourceSpot(
        pointer="/steps/7/input/args/history",
        line=149,
        column=26,
    ),
    ("input_of_report", 29): SourceSpot(
        pointer="/steps/7/input/args/weeks",
        line=150,
        column=24,
    ),
    ("input_of_report", 30): SourceSpot(
        pointer="/steps/7/input/args/commits",
        line=151,
        column=26,
    ),
    ("input_of_report", 31): SourceSpot(
        pointer="/steps/7/input/args/lines",
        line=152,
        column=24,
    ),
    ("input_of_report", 32): SourceSpot(
        pointer="/steps/7/input/args/biggest",
        line=153,
        column=26,
    ),
    ("input_of_report", 33): SourceSpot(
        pointer="/steps/7/input/args/stale",
        line=154,
        column=24,
    ),
    ("input_of_report", 34): SourceSpot(
        pointer="/steps/7/input/args/stale_days",
        line=155,
        column=29,
    ),
    ("input_of_report", 35): SourceSpot(
        pointer="/steps/7/input/args/todos",
        line=156,
        column=24,
    ),
    ("input_of_report", 36): SourceSpot(
        pointer="/steps/7/input/args/changes",
        line=157,
        column=26,
    ),
    ("output_commits", 2): SourceSpot(pointer="/outputs/commits", line=163, column=20),
    ("output_2", 2): SourceSpot(pointer="/outputs/staleBranches", line=164, column=26),
    ("output_3", 2): SourceSpot(pointer="/outputs/todoLines", line=165, column=22),
    ("output_report", 2): SourceSpot(pointer="/outputs/report", line=166, column=19),
}

WORKFLOW = WorkflowPlan(
    id="repo_health",
    name="Repository health",
    version="1.0.0",
    description="Who works on a git repository, what is big, stale or left to do; as a Markdown report.",
    source_hash="sha256:c12671d783cd7ae76ce934ef2623c39f969e655312b0c73009ac4d31e7b6a5e1",
    compiler="wftui output 2",
    input_schema=INPUT_SCHEMA,
    timeout=1800.0,
    max_parallel=4,
    steps=(
        STEP_REPOSITORY,
        STEP_COMMITS,
        STEP_AUTHORS,
        STEP_BIGGEST,
        STEP_STALE,
        STEP_TODOS,
        STEP_OPEN_CHANGES,
        STEP_REPORT,
    ),
    outputs={
        "commits": output_commits,
        "staleBranches": output_2,
        "todoLines": output_3,
        "report": output_report,
    },
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
