"""Write the generated pages of this folder: `python docs/make.py [--check]`.

With `--check`, pages are only compared. A page that begins with a note is generated as a whole: change the docstring,
the model or the action it is made from. In the other pages only the regions between `<!-- made: … -->` and
`<!-- end -->` are.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from making import command_line, recipes, workflow_format
from making.regions import Maker, fill
from making.tables import fields_table

from wftui.connections.connection_kinds import KINDS
from wftui.model.workflow.containers import CONTAINERS
from wftui.runtime.filters import FILTERS
from wftui.runtime.functions import FUNCTIONS
from wftui.runtime.language.declarations import Table
from wftui.runtime.predicates import TESTS
from wftui.settings.keys import KEYS
from wftui.steps.api.step_type import StepType
from wftui.steps.registry.step_registry import builtin_registry
from wftui.tui.actions import Action
from wftui.tui.keymap import actions_by_screen

HERE = Path(__file__).parent
NOTE = "<!-- Made by docs/make.py from the code. -->\n"

EXPRESSIONS = """\
# Expressions

A string in a step's `input`, or in `outputs`, may hold expressions in `{{ }}`. A string that is exactly one
`{{ expression }}` keeps the value's type; any other is text, with objects in it as JSON. `when`, `until`, `while`,
`stopWhen` and `forEach.in` are bare expressions, without braces. Expressions are compiled to plain Python when the
workflow is saved; their results are data and are never evaluated again.

## Names

| name | what it is |
|---|---|
| `inputs.x` | an input of the run, defaults applied |
| `steps.<id>.output`, `.status`, `.error`, `.attempts` | of an earlier step |
| the name after `as` (`item`), `index` | inside a `forEach` or a `loop` |
| `previous` | inside a `loop`, or a `forEach` of one item at a time: the output of the iteration before, or null |
| `error` | in the handlers of a `catch`: the error of the failed step |
| `run.id`, `run.startedAt`, `run.attempt`, `run.workflowId` | the run itself |
| `run.status`, `run.error` | only in `finally`: `completed`, `failed` or `cancelled`; the error or null |
| `vars.x` | a variable of the workflow |
| `env.NAME` | an environment variable that the workflow lists in `env` |
| `secrets.x`, `connection.x` | only in the fields of a step that take them |

`a.b` is always the key `b` of `a`, never a method. A missing value is an error that names the step, the field, the
column and the keys that do exist; `| default(x)` and `is defined` allow for it. Text and numbers are never converted
implicitly.

The language has literals, lists, objects, paths, slices, `+ - * / // % **`, `~` for text, comparisons, `and`, `or`,
`not`, `in`, and `a if b else c`. There are no statements, macros, methods or imports. Operations that could use
up memory or time have limits, and fail with an error beyond them.

## Literal braces

Everything between `{% raw %}` and `{% endraw %}` is text, in any string, script or code; the tags are removed:
`{% raw %}docker ps --format '{{.Names}}'{% endraw %}`. As in Jinja, a minus sign in a tag (`{%- raw -%}`) removes the
white space on its side. In the `template` of a `template` step these tags belong to the template language.

## Different from Jinja

The syntax is Jinja's. The differences make mistakes visible instead of passing them on:

- a missing value is an error, not an empty text; an `if` needs its `else`;
- `a.b` is the key `b`, never a method: write `value | split(",")`, not `value.split(",")`;
- text is never treated as a number: `"2" + 1` is an error, `"2" | int + 1` is 3, and `int` and `float` fail on text
  that is not a number, unless they have a default;
- values other than text are inserted into text as JSON (`true`, `null`, `[1, 2]`); `null` is `none`;
- the fallback of `default` is evaluated only when it is needed;
- `groupby` returns objects with `grouper` and `list`.

In the examples below, the line under an expression is its result.
"""


KEYS_PAGE = """\
# Keys

`?` or `F1` shows the keys of the screen you are on.

`wftui keys` lists all actions with their ids, and `wftui keys editor.save f2 ctrl+w` changes the keys of one, which
footer, help and command palette then show; `wftui keys editor.save --reset` restores the defaults. The settings file
has them as `save = ["f2", "ctrl+w"]` in a section `[keys.editor]`. A key that two actions of a screen would share is
refused; so are keys of a form that would all go into the text at the cursor.
"""


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` print those out of date (exit 1)."""
    stale = []
    for name in page_names():
        path, text = HERE / name, page(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
    if stale:
        print(f"{'not current' if '--check' in arguments else 'written'}: {', '.join(stale)}")
    return 1 if stale and "--check" in arguments else 0


def page_names() -> list[str]:
    """The pages that are made, wholly or in their regions."""
    marked = {path.name for path in HERE.glob("*.md") if "<!-- made: " in path.read_text(encoding="utf-8")}
    return sorted({*PAGES, *marked})


def page(name: str) -> str:
    """The current text of a page."""
    make = PAGES.get(name)
    return NOTE + make() if make else fill((HERE / name).read_text(encoding="utf-8"), REGIONS)


def expressions() -> str:
    """The expression language, with every filter, test and function."""
    parts = [EXPRESSIONS]
    for title, table, how in [
        ("Filters", FILTERS, "value | {}"),
        ("Tests", TESTS, "value is {}"),
        ("Functions", FUNCTIONS, "{}(…)"),
    ]:
        parts.append(f"\n## {title}\n")
        parts += _entries(table, how)
    return "".join(parts)


def _entries(table: Table, how: str) -> Iterable[str]:
    for name in sorted({entry.name for entry in table.values()}):
        entry = table[name]
        others = sorted(other for other, each in table.items() if each.name == name and other != name)
        also = f" (also {', '.join(f'`{other}`' for other in others)})" if others else ""
        yield f"\n### `{how.format(name)}`{also}\n\n{entry.description}\n"
        if entry.examples:
            lines = "".join(f"{expression}\n  {result}\n" for expression, result in entry.examples)
            yield f"\n```\n{lines}```\n"


def steps() -> str:
    """Every built-in step type with the fields of its input and output."""
    parts = [
        "# Step types\n\n`wftui steps --json` prints the same as JSON Schema. Packages and the"
        " workspace's own files can add more: see [plugins.md](plugins.md).\n"
    ]
    for kind in builtin_registry().types():
        parts.append(f"\n## `{kind.word}`: {kind.title}\n\n{kind.description}\n")
        kinds = [f"`{word}`" for word in KINDS if kind.takes_connection(word)]
        if kinds:
            parts.append(f"\nTakes a connection of kind {' or '.join(kinds)}.\n")
        parts.append(_example(kind))
        parts.append(_fields("input", kind.input_schema()))
        parts.append(_fields("output", dict(kind.output_schema)))
        parts.append(_fields("`error.details`", dict(kind.error_details)))
    return "".join([*parts, *_containers()])


def _containers() -> Iterable[str]:
    """The containers and the keys of any step, each with an example; tests run every one."""
    yield "\n# Containers, repetition, failure\n\n[workflow-format.md](workflow-format.md) has all of their keys.\n"
    for each in CONTAINERS:
        text = json.dumps(each.example, ensure_ascii=False, indent=2)
        yield f"\n## `{each.word}`: {each.title}\n\n{each.description}\n\n```json\n{text}\n```\n"


def _example(kind: StepType[Any]) -> str:
    """A step as written in workflow.json; tests run every one."""
    step: dict[str, Any] = {"id": kind.word, "type": kind.word}
    if kind.connection_required:
        step["connection"] = kind.connection_kind
    text = json.dumps({**step, "input": kind.example}, ensure_ascii=False, indent=2)
    return f"\n```json\n{text}\n```\n"


def _fields(title: str, schema: dict[str, Any]) -> str:
    """The fields of an object, and of the objects inside of it, each as a table."""
    inner = schema.get("$defs", {}).items()
    given = title == "input"
    others = "".join(fields_table(name, each, given=given) for name, each in inner if each.get("type") == "object")
    return fields_table(title, schema, given=given) + others


SETTINGS = """\
# Settings

A TOML file: `WFTUI_CONFIG`, else `settings.toml` in the user's configuration folder (on Linux `~/.config/wftui`).
`wftui settings` lists what is set and where it comes from; `wftui settings set KEY VALUE`, `wftui settings unset KEY`
and the settings screen change the file and keep its comments. The command line takes precedence over the environment,
the environment over the file, the file over the defaults. A relative path starts at the file's folder. An invalid file
is refused, with line and key, before anything starts.

| key | | takes | default |
|---|---|---|---|
{rows}
## Old runs

Without `keep_days` and `keep_runs` every run is kept. With them, a finished run is removed when neither keeps it. This
keeps the runs that ended within 90 days and, whatever their age, the newest 100 of each workflow; of `nightly` only the
newest 30:

```toml
[history]
keep_days = 90
keep_runs = 100

[history.workflows.nightly]
keep_runs = 30
```

The section of a workflow replaces the general one; an empty section, or `"all"`, keeps all its runs. A workflow that is
renamed gets a copy of its sections (also of `notify`); those of its old id stay, as its earlier runs do.

- A run that is running or waiting is never removed. An interrupted one, which can be resumed, is removed by the days
  since it was interrupted, never by the number of runs alone.
- Runs started by the steps of a run (sub-workflows) are kept and removed together with it. A rerun is a separate run.
- Every process that runs workflows checks at its start and every hour; of all processes that share a database, one
  removes old runs at most once an hour, in small steps, without blocking the runs. Removals are reported on the screen,
  by `wftui run` at its end, and on the settings screen. `wftui cleanup` removes old runs now, `wftui cleanup --dry-run`
  lists them.
- Days are counted to the present time, but at most to a day after the newest of the runs that began more than a day
  ago. So a clock that was set ahead removes nothing for a day, also where runs are started with it; after a long pause,
  old runs are removed a day after the first new run. `wftui cleanup --older-than 90d` goes by the clock alone.
- The events and values of a run are removed with it, and the file shrinks.

## Long logs

The first 8,000,000 characters of a step's log and its last 1,000 lines are events of the run. Everything in between is
stored compressed, in files of about 1 MB of text in a folder beside the database (`wftui.db-logs`), and is read from
there: on the screen, by `show --logs`, `grep` and over HTTP, searched to the first line. `export` includes it. When the
logs of a run or of all runs exceed `history.run_log_mb` or `history.log_mb`, the oldest files are removed, and a line
in the log says how many lines were there; the step continues. A database that is copied without the folder shows the
same lines. With `--remote`, what a screen has read of long logs is in a temporary file in the user's data folder, which
`history.log_mb` limits, too.

A step that logs faster than the disk stores waits for it: the output of its program is not read until then, so that no
line is lost. Timeouts and cancel still apply. If the files cannot be stored at all (the disk is full), the step
continues, and a line in the log has the number of lines that were omitted.

## Notifications

A program can be started when a run fails, waits for an approval, or ends. It is set here only, never in a workspace:

```toml
[notify]
command = ["~/bin/tell-me", "--quiet"]
on = ["failure", "approval", "end"]
after_minutes = 10

[notify.workflows.nightly]
on = ["failure"]

[notify.workflows.probe]
on = []
```

This starts it for every failure and approval, and for other ends if the run took ten minutes or more; for `nightly`
only at a failure, for `probe` never. A key in the section of a workflow replaces the general one.

The program is started without a shell, in the folder of the settings file, and reads one line of JSON:

```json
{{
  "event": "failure",
  "text": "nightly failed: The process ended with exit code 3.",
  "run": {{ "id": "ID", "workflowId": "nightly", "status": "failed", "duration": 61500.0 }}
}}
```

`run` has the fields of `wftui history --json`; with `approval`, `"approval": {{"path": …, "prompt": …}}` names the
step. Secrets are masked, as in the history. A program that shows the text:

```sh
#!/bin/sh
notify-send wftui "$(jq -r .text)"
```

- `failure` also means an interrupted run, which the next process notices. A run that fails after ten minutes is one
  event, `failure`.
- Of all processes, one sends the notification of an event, and once. Runs started by steps only notify of approvals.
- After `seconds` the program is ended with everything it has started, and so is what it leaves in the background.
  wftui waits for it before it ends, and Ctrl+C does not shorten that.
- A program that cannot be started, fails or takes too long never affects the run: `wftui run` prints a line, the screen
  shows a message.
"""


def settings() -> str:
    """What can be set."""
    rows = "".join(f"| `{key.name}` | {key.help} | {key.takes} | {key.default} |\n" for key in KEYS)
    return SETTINGS.format(rows=rows)


def keys() -> str:
    """The keys of every screen."""
    parts = [KEYS_PAGE]
    for title, actions in actions_by_screen():
        parts.append(f"\n## {title}\n\n| keys | |\n|---|---|\n{_keys(actions)}")
    return "".join(parts)


def _keys(actions: Iterable[Action]) -> str:
    return "".join(f"| {_code(action)} | {action.help} |\n" for action in actions if action.keys)


def _code(action: Action) -> str:
    return " ".join(f"`{key}`" if key != "|" else "`\\|`" for key in action.shown_keys)


PAGES: dict[str, Callable[[], str]] = {
    "expressions.md": expressions,
    "steps.md": steps,
    "keys.md": keys,
    "settings.md": settings,
}

REGIONS: dict[str, Maker] = {
    "commands": lambda _: command_line.commands(),
    "container": workflow_format.container,
    "durations": lambda _: workflow_format.durations(),
    "everywhere": lambda _: command_line.everywhere(),
    "joins": lambda _: workflow_format.joins(),
    "keys": workflow_format.keys,
    "kind_tables": lambda _: workflow_format.kind_tables(),
    "limits": lambda _: workflow_format.limits(),
    "recipe": recipes.recipe,
    "secret_fields": lambda _: workflow_format.secret_fields(),
}
"""What makes the regions of pages that are written by hand otherwise."""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
