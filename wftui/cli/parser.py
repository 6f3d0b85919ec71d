"""The argument parser; imported on every start, so it imports little."""

import argparse
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, cast

from wftui import __version__
from wftui.cli import setup_arguments
from wftui.cli.options import CommandParser, add_common, add_connections, add_inputs, add_json, add_pool, positive
from wftui.cli.remote import takes_remote


class _Command(CommandParser):
    """A command or action; each accepts the options of locations."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)
        command, action, *_ = [*self.prog.split()[1:], None, None]
        add_common(self, default=argparse.SUPPRESS, takes_remote=takes_remote(command, action))


def build_parser(words: Collection[str] | None = None) -> argparse.ArgumentParser:
    """Return the parser of `wftui`.

    Args:
        words: a command line; only the commands that it names get a parser, which takes a twentieth of a start. The
            others are listed, and share one that never parses.
    """
    listed = CommandParser(add_help=False)

    def parser_of(*, is_named: bool = True, **options: Any) -> CommandParser:
        return _Command(**options) if is_named else listed

    parser = CommandParser(
        prog="wftui",
        description="A terminal workbench for workflows. Opens the terminal UI without a command.",
        epilog="Exit codes: 0 success, 1 the run failed, 2 invalid usage or inputs, 3 compilation errors, "
        "4 not found, 130 cancelled.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"wftui {__version__}")
    parser.add_argument(
        "--read-only", action="store_true", help="terminal UI that changes nothing: no edits, no runs, no answers"
    )
    add_common(parser)
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", parser_class=cast("type[CommandParser]", parser_of)
    )

    for name, (about, add_arguments) in _COMMANDS.items():
        if words is None or name in words:
            add_arguments(commands.add_parser(name, help=about, description=about))
        else:
            commands.add_parser(name, help=about, is_named=False)
    return parser


def _add_new(new: argparse.ArgumentParser) -> None:
    new.add_argument("id", nargs="?", help="id of the workflow, also the name of its folder")
    new.add_argument("--example", nargs="+", metavar="NAME", help="copy shipped examples, or bring them up to date")
    new.add_argument(
        "--replace", action="store_true", help="also replace changed examples; the changed files go to .trash"
    )
    new.add_argument("--examples", action="store_true", help="list the shipped examples and what the workspace has")
    add_json(new)


def _add_compile(compiling: argparse.ArgumentParser) -> None:
    compiling.add_argument("ids", nargs="*", metavar="ID", help="ids of the workflows")
    compiling.add_argument("--all", action="store_true", help="all workflows")
    compiling.add_argument("--check", action="store_true", help="write nothing; exit 1 on errors")
    compiling.add_argument(
        "--stale",
        action="store_true",
        help="like --check; exit 1 also if the generated Python or the registry is out of date",
    )
    compiling.add_argument("--fix", action="store_true", help="apply safe fixes and list them")
    compiling.add_argument(
        "--format",
        choices=["human", "json", "sarif", "github"],
        default="human",
        help="format of diagnostics: human-readable, JSON, SARIF 2.1.0 or GitHub annotations",
    )
    add_json(compiling)


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("id", help="id of the workflow")
    add_inputs(run)
    _add_run_output(run)
    add_connections(run)
    add_pool(run)
    run.add_argument("--key", help="start one run per key: repeated with the same inputs, follow that run")
    run.add_argument("--detach", action="store_true", help="run in a background process; print the run id and exit")
    run.add_argument("--announce", type=int, help=argparse.SUPPRESS)


def _add_watch(watch: argparse.ArgumentParser) -> None:
    watch.add_argument("run", help=_RUN)
    _add_run_output(watch)


def _add_monitor(monitor: argparse.ArgumentParser) -> None:
    monitor.add_argument("run", help=_RUN_OR_FILE)


def _add_cancel(cancel: argparse.ArgumentParser) -> None:
    cancel.add_argument("run", help=_RUN)


def _add_approve(approve: argparse.ArgumentParser) -> None:
    approve.add_argument("run", help=_RUN)
    approve.add_argument("step", help="step path, such as prune or build[3].confirm")
    approve.add_argument("--reject", action="store_true", help="reject instead of approve")
    approve.add_argument("--data", metavar="JSON", help="data for the approval form")


def _add_rerun(rerun: argparse.ArgumentParser) -> None:
    rerun.add_argument("run", help=_RUN)
    begin = rerun.add_mutually_exclusive_group()
    begin.add_argument("--from", dest="from_step", metavar="STEP", help="reuse completed steps before this step")
    begin.add_argument("--from-failed", action="store_true", help="reuse completed steps; run failed and changed ones")
    rerun.add_argument("--plan", action="store_true", help="only print the steps to reuse and to run, with reasons")
    _add_confirmed(rerun)
    add_inputs(rerun)
    add_connections(rerun)
    add_pool(rerun)
    _add_run_output(rerun)


def _add_resume(resume: argparse.ArgumentParser) -> None:
    resume.add_argument("run", help=_RUN)
    resume.add_argument("--plan", action="store_true", help="only print the steps to reuse and to run, with reasons")
    _add_confirmed(resume)
    add_inputs(resume)
    _add_run_output(resume)


def _add_history(history: argparse.ArgumentParser) -> None:
    _add_filters(history)
    history.add_argument("--text", help="text in ids, user or error message")
    history.add_argument(
        "--contains", metavar="TEXT", help="text in inputs, outputs and errors; re: begins a regular expression"
    )
    history.add_argument("--sort", choices=_SORTS, help="order; a leading - means descending; default: -started")
    history.add_argument(
        "--group", choices=_GROUPS, help="print how many runs have each workflow, status, error or user"
    )
    history.add_argument("--no-children", action="store_true", help="exclude runs started by steps of other runs")
    history.add_argument(
        "--limit",
        type=positive,
        help="maximum number of runs per page, or of groups; default: 50, with --group --json all",
    )
    history.add_argument("--cursor", help="`next` of the previous page")
    add_json(history)
    taking = history.add_subparsers(dest="action", metavar="ACTION").add_parser(
        "import", help="import a run from a run file into the history"
    )
    taking.add_argument("file", type=Path, help="a file that `export` wrote")
    taking.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
    history.add_argument(
        "--format", choices=["table", "csv", "ndjson"], default="table", help="all pages as CSV, or as JSON lines"
    )


def _add_show(show: argparse.ArgumentParser) -> None:
    show.add_argument("run", help=_RUN_OR_FILE)
    show.add_argument("--logs", action="store_true", help="print log lines with date and time")
    show.add_argument("--events", action="store_true", help="print events")
    show.add_argument("--step", metavar="PATH", help="one step and its nested steps, such as build or build[3].fetch")
    show.add_argument("--failed", action="store_true", help="only steps that failed, or their log lines or events")
    show.add_argument("--level", choices=["debug", "info", "warn", "error"], help="with --logs: the minimum level")
    show.add_argument("--stream", choices=["stdout", "stderr", "log"], help="with --logs: only this stream")
    show.add_argument(
        "--text", help="with --logs: only lines with this text; case-sensitive only if it has a capital letter"
    )
    show.add_argument("--regex", action="store_true", help="the text is a regular expression")
    add_json(show)


def _add_compare(compare: argparse.ArgumentParser) -> None:
    compare.add_argument("runs", nargs="+", metavar="RUN", help=f"the earlier run, then the later; {_RUN_OR_FILE}")
    compare.add_argument("--last-good", action="store_true", help="compare a run with the last completed one before")
    add_json(compare)


def _add_grep(grep: argparse.ArgumentParser) -> None:
    grep.add_argument("text", help="text to find; case-sensitive only if it has a capital letter")
    grep.add_argument("--in", dest="where", action="append", choices=_PLACES, help="search only there; can be repeated")
    grep.add_argument("--regex", action="store_true", help="the text is a regular expression")
    _add_filters(grep)
    grep.add_argument("--limit", type=positive, default=1000, help="maximum number of matches")
    add_json(grep)


def _add_stats(stats: argparse.ArgumentParser) -> None:
    stats.add_argument("workflow", nargs="?", metavar="ID", help="only this workflow; default: all")
    stats.add_argument("--since", metavar="WHEN", help="only runs since; default: 30 days")
    add_json(stats)


def _add_export(export: argparse.ArgumentParser) -> None:
    export.add_argument("run", help=_RUN)
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="the new file; default: named after the run")
    export.add_argument(
        "--format",
        choices=["run", "html", "ndjson", "otlp"],
        default="run",
        help="a run file, a page to read, the events as JSON lines, or OpenTelemetry spans",
    )
    add_json(export)


def _add_cleanup(cleanup: argparse.ArgumentParser) -> None:
    cleanup.add_argument(
        "--older-than", metavar="AGE", help='ignore the settings; remove runs older than this, such as "30d"'
    )
    cleanup.add_argument(
        "--keep", type=positive, metavar="N", help="ignore the settings; keep the newest N runs of each workflow"
    )
    cleanup.add_argument("--workflow", metavar="ID", help="only runs of this workflow")
    cleanup.add_argument("--dry-run", action="store_true", help="remove nothing; print what would be removed")
    add_json(cleanup)


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--repair", action="store_true", help="repair what can be repaired, such as a damaged database")
    add_json(doctor)


_RUN = 'run id, a unique prefix or suffix, or "last"'
_RUN_OR_FILE = f"{_RUN}; or a run file"
_STATUSES = ["pending", "running", "completed", "failed", "cancelled", "interrupted"]


_SORTS = [f"{sign}{name}" for name in ("started", "duration", "workflow", "status", "user") for sign in ("-", "")]
_GROUPS = ["workflow", "status", "error", "user"]
_PLACES = ["log", "inputs", "input", "output", "outputs", "error"]


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workflow", metavar="ID", help="only runs of this workflow")
    parser.add_argument(
        "--status", action="append", choices=_STATUSES, help="only runs with this status; can be repeated"
    )
    parser.add_argument("--user", help="only runs of this user")
    parser.add_argument("--label", metavar="NAME[=VALUE]", help="only runs of workflows that had this label")
    parser.add_argument(
        "--since",
        metavar="WHEN",
        help="only runs since: a date, today, yesterday, monday, last week, 2 days ago, or an age such as 24h",
    )
    parser.add_argument("--until", metavar="WHEN", help="only runs until then; a day includes all of it")
    parser.add_argument("--longer-than", metavar="TIME", help="only runs that took at least this long, such as 5m")
    parser.add_argument("--saved", metavar="NAME", help="a filter saved on the screen; other options narrow it")
    parser.add_argument("--error", metavar="TYPE", help="only runs that failed with this error; http includes http.5xx")


def _add_confirmed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--confirmed", action="store_true", help="repeat work that may already be done")


def _add_run_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the run record as one JSON document at the end")
    output.add_argument("--events", action="store_true", help="print events as JSON lines as they happen")
    output.add_argument("--quiet", "-q", action="store_true", help="print only the outputs")


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "new": ("Create a workflow.", _add_new),
    "list": ("List workflows.", add_json),
    "compile": ("Compile workflows to Python.", _add_compile),
    "steps": ("List step types, create new ones.", setup_arguments.add_steps),
    "connections": ("List, add, edit, test and remove connections.", setup_arguments.add_connection_actions),
    "mcp": ("Lock the tools that a workflow calls, or serve workflows as tools over MCP.", setup_arguments.add_mcp),
    "run": ("Run a workflow.", _add_run),
    "watch": ("Follow a run of any process: past events, then live.", _add_watch),
    "monitor": ("Open the terminal UI at a run, or at the run in a run file.", _add_monitor),
    "cancel": ("Cancel a run of any process.", _add_cancel),
    "approve": ("Approve or reject a step waiting for approval.", _add_approve),
    "rerun": ("Rerun with the same or changed inputs.", _add_rerun),
    "resume": ("Resume a run whose process died.", _add_resume),
    "history": ("List runs, newest first.", _add_history),
    "show": ("Show a run.", _add_show),
    "compare": ("Compare two runs: the first difference, then all.", _add_compare),
    "grep": ("Search logs, inputs, outputs and errors of runs, newest first.", _add_grep),
    "stats": ("Show success rate, durations, slow and failing steps, frequent errors.", _add_stats),
    "export": ("Write a run to a file that `show`, `compare` and `history import` read.", _add_export),
    "cleanup": ("Remove finished runs by the retention settings or by options, and shrink the database.", _add_cleanup),
    "doctor": (
        "Show versions, paths, sizes and what is missing; check database and permissions; exit 1 if a problem remains.",
        _add_doctor,
    ),
    "schedule": ("Print a crontab line or systemd units that start runs.", setup_arguments.add_schedule),
    "serve": ("Serve workflows and runs over HTTP, with access tokens.", setup_arguments.add_serve),
    "web": ("Serve the terminal UI to browsers; see docs/web.md.", setup_arguments.add_web),
    "worker": ("Run the steps of a pool for runs on other machines.", setup_arguments.add_worker),
    "workers": ("List the workers of all pools, create their key.", setup_arguments.add_workers),
    "completion": ("Print a script for shell completion.", setup_arguments.add_completion),
    "keys": ("List the keys of all screens, change those of an action.", setup_arguments.add_keys),
    "settings": ("List settings with their origin, change them.", setup_arguments.add_settings),
}
"""Each command: its help text, and the function that adds its arguments."""
