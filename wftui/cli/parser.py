"""The argument parser; imported on every start, so it imports little."""

import argparse
from pathlib import Path
from typing import Any

from wftui import __version__
from wftui.cli.options import CommandParser, add_common, add_connections, add_inputs, add_json, add_pool


class _Command(CommandParser):
    """A command or action; each accepts the options of locations."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)
        add_common(self, default=argparse.SUPPRESS)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `wftui` with all commands."""
    parser = CommandParser(
        prog="wftui",
        description="A terminal workbench for workflows. Opens the terminal UI without a command.",
        epilog="Exit codes: 0 success, 1 the run failed, 2 invalid usage or inputs, 3 compilation errors, "
        "4 not found, 130 cancelled.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"wftui {__version__}")
    add_common(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Command)

    def command(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help)

    new = command("new", "Create a workflow.")
    new.add_argument("id", nargs="?", help="id of the workflow, also the name of its folder")
    new.add_argument("--example", nargs="+", metavar="NAME", help="copy shipped examples, or bring them up to date")
    new.add_argument("--replace", action="store_true", help="examples that were changed, too; these go to .trash")
    new.add_argument("--examples", action="store_true", help="list the shipped examples and what the workspace has")
    add_json(new)
    listing = command("list", "List workflows.")
    add_json(listing)
    compiling = command("compile", "Compile workflows to Python.")
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
    steps = command("steps", "List step types, create new ones.")
    add_json(steps)
    actions = steps.add_subparsers(dest="action", metavar="ACTION")
    added = actions.add_parser("new", help="create a package with a step type and a passing test")
    added.add_argument("word", help="the step type, such as acme.fetch")
    added.add_argument("--folder", type=Path, default=Path(), help="parent folder of the package")
    added = actions.add_parser("trust", help="trust the current contents of a file in the workspace's steps folder")
    added.add_argument("file", type=Path, help="path of the file")
    added = actions.add_parser("curl", help="convert a curl command to a step")
    added.add_argument("command_line", metavar="COMMAND", help="the whole command, quoted; - reads it from stdin")
    _add_connections(command("connections", "List, add, edit, test and remove connections."))
    mcp = command("mcp", "Lock the tools of MCP servers, or be one: workflows as tools of an agent.")
    actions = mcp.add_subparsers(dest="action", metavar="ACTION", required=True)
    locking = actions.add_parser("lock", help="record the servers' tools, so that the workflow compiles offline")
    locking.add_argument("id", help="id of the workflow")
    locking.add_argument("--check", action="store_true", help="write nothing; exit 1 if tools have changed")
    add_inputs(locking)
    add_json(locking)
    serving = actions.add_parser("serve", help="serve an MCP client over stdin and stdout, or many over HTTP")
    serving.add_argument("--all", action="store_true", help='offer all workflows, not only those with `"mcp": true`')
    serving.add_argument(
        "--allow-authoring",
        action="store_true",
        help="let agents write workflows, which is code execution; over HTTP with a token of the scope admin only",
    )
    serving.add_argument("--http", action="store_true", help="serve streamable HTTP with the tokens of `wftui serve`")
    http = serving.add_argument_group("with --http")
    _add_address(http, 8789, needed=False)
    _add_on_stop(http, needed=False)
    serving.add_argument("--attached", type=int, help=argparse.SUPPRESS)

    run = command("run", "Run a workflow.")
    run.add_argument("id", help="id of the workflow")
    add_inputs(run)
    _add_run_output(run)
    add_connections(run)
    add_pool(run)
    run.add_argument("--key", help="start one run only: repeated with the same inputs, follow the run of this key")
    run.add_argument("--detach", action="store_true", help="run in a background process; print the run id and exit")
    run.add_argument("--announce", type=int, help=argparse.SUPPRESS)
    watch = command("watch", "Follow a run of any process: past events, then live.")
    watch.add_argument("run", help=_RUN)
    _add_run_output(watch)
    cancel = command("cancel", "Cancel a run of any process.")
    cancel.add_argument("run", help=_RUN)
    approve = command("approve", "Approve or reject a step waiting for approval.")
    approve.add_argument("run", help=_RUN)
    approve.add_argument("step", help="step path, such as prune or build[3].confirm")
    approve.add_argument("--reject", action="store_true", help="reject instead of approve")
    approve.add_argument("--data", metavar="JSON", help="data for the approval form")
    rerun = command("rerun", "Rerun with the same or changed inputs.")
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
    resume = command("resume", "Resume a run whose process died.")
    resume.add_argument("run", help=_RUN)
    resume.add_argument("--plan", action="store_true", help="only print the steps to reuse and to run, with reasons")
    _add_confirmed(resume)
    add_inputs(resume)
    _add_run_output(resume)

    history = command("history", "List runs, newest first.")
    _add_filters(history)
    history.add_argument("--text", help="text in ids, user or error message")
    history.add_argument("--no-children", action="store_true", help="exclude runs started by steps of other runs")
    history.add_argument("--limit", type=_positive, default=50, help="maximum number of runs per page")
    history.add_argument("--cursor", help="`next` of the previous page")
    add_json(history)
    taking = history.add_subparsers(dest="action", metavar="ACTION").add_parser(
        "import", help="take a run from a run file into the history"
    )
    taking.add_argument("file", type=Path, help="a file that `export` wrote")
    taking.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
    history.add_argument(
        "--format", choices=["table", "csv", "ndjson"], default="table", help="all pages as CSV, or as JSON lines"
    )
    show = command("show", "Show a run.")
    show.add_argument("run", help=_RUN_OR_FILE)
    show.add_argument("--logs", action="store_true", help="print log lines with date and time")
    show.add_argument("--events", action="store_true", help="print events")
    show.add_argument("--step", metavar="PATH", help="one step and its nested steps, such as build or build[3].fetch")
    show.add_argument("--failed", action="store_true", help="only steps that failed, or their log lines or events")
    show.add_argument("--level", choices=["debug", "info", "warn", "error"], help="with --logs: the lowest level")
    show.add_argument("--stream", choices=["stdout", "stderr", "log"], help="with --logs: only what was written there")
    show.add_argument("--text", help="with --logs: only lines with this text; its case matters only with a capital")
    show.add_argument("--regex", action="store_true", help="the text is a regular expression")
    add_json(show)
    compare = command("compare", "Compare two runs: the first difference, then all.")
    compare.add_argument("runs", nargs="+", metavar="RUN", help=f"the earlier run, then the later; {_RUN_OR_FILE}")
    compare.add_argument("--last-good", action="store_true", help="compare a run with the last completed one before")
    add_json(compare)
    grep = command("grep", "Search logs, inputs, outputs and errors of runs, newest first.")
    grep.add_argument("text", help="text to find; its case matters only with a capital in it")
    grep.add_argument("--in", dest="where", action="append", choices=_PLACES, help="only there; can be repeated")
    grep.add_argument("--regex", action="store_true", help="the text is a regular expression")
    _add_filters(grep)
    grep.add_argument("--limit", type=_positive, default=1000, help="maximum number of matches")
    add_json(grep)
    stats = command("stats", "Show success rate, durations, slow and failing steps, frequent errors.")
    stats.add_argument("workflow", nargs="?", metavar="ID", help="of this workflow; default: of all")
    stats.add_argument("--since", metavar="WHEN", help="only runs since; default: 30 days")
    add_json(stats)
    export = command("export", "Write a run to a file that `show`, `compare` and `history import` read.")
    export.add_argument("run", help=_RUN)
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="the new file; default: named by the run")
    export.add_argument(
        "--format",
        choices=["run", "html", "ndjson", "otlp"],
        default="run",
        help="a run file, a page to read, the events as JSON lines, or OpenTelemetry spans",
    )
    add_json(export)
    cleanup = command(
        "cleanup", "Remove finished runs by the retention settings or by options, and shrink the database."
    )
    cleanup.add_argument(
        "--older-than", metavar="AGE", help='ignore the settings; remove runs older than this, such as "30d"'
    )
    cleanup.add_argument(
        "--keep", type=_positive, metavar="N", help="ignore the settings; keep the newest N runs of each workflow"
    )
    cleanup.add_argument("--workflow", metavar="ID", help="only runs of this workflow")
    cleanup.add_argument("--dry-run", action="store_true", help="remove nothing; print what would be removed")
    add_json(cleanup)
    doctor = command(
        "doctor",
        "Show versions, places, sizes, what is missing; check database and permissions; exit 1 if a problem remains.",
    )
    doctor.add_argument(
        "--repair", action="store_true", help="repair what can be: recover a damaged database, and so on"
    )
    add_json(doctor)
    _add_serve(command("serve", "Serve workflows and runs over HTTP, with access tokens."))
    _add_address(command("web", "Serve the terminal UI to browsers; see docs/web.md."), 8788)
    _add_worker(command("worker", "Do the steps of a pool, for runs on other machines."))
    _add_workers(command("workers", "List the workers of all pools, make their key."))
    completing = command("completion", "Print the script by which a shell completes wftui.")
    completing.add_argument("shell", choices=["bash", "zsh", "fish"], help="the shell")
    keys = command("keys", "List the keys of all screens, give an action other keys.")
    keys.add_argument("keys_action", nargs="?", metavar="ACTION", help="such as editor.save")
    keys.add_argument("keys", nargs="*", metavar="KEY", help="its keys from now on, such as f2 ctrl+w")
    keys.add_argument("--reset", action="store_true", help="give the action its own keys again")
    add_json(keys)
    _add_settings(command("settings", "List settings with their origin, change them."))
    return parser


def _add_connections(connections: argparse.ArgumentParser) -> None:
    add_json(connections)
    actions = connections.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="list connections; secrets are shown as references")
    kinds = actions.add_parser("kinds", help="list kinds and their fields")
    for name, help_text in [("add", "add a connection"), ("edit", "change values")]:
        added = actions.add_parser(name, help=help_text)
        added.add_argument("name", help="name of the connection")
        if name == "add":
            added.add_argument("--kind", required=True, help="kind of the connection; see `connections kinds`")
        added.add_argument("--description", help="description of the connection")
        added.add_argument(
            "-s",
            dest="settings",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="a value; KEY.NAME sets an entry of a mapping; for a secret env:NAME, file:PATH, cmd:PROGRAM, "
            "store:NAME, or ? to prompt or read from a pipe; an empty value removes it",
        )
    for name, help_text in [("test", "test a connection"), ("remove", "remove a connection and its stored secrets")]:
        actions.add_parser(name, help=help_text).add_argument("name", help="name of the connection")
    accounts = actions.add_parser("accounts", help="list your accounts of composio connections")
    accounts.add_argument("name", nargs="?", help="the connection; default: all")
    connect = actions.add_parser("connect", help="connect an account by opening a link")
    connect.add_argument("name", help="a connection of kind composio")
    connect.add_argument("toolkit", help="toolkit of the account, such as github")
    connect.add_argument("--wait", action="store_true", help="wait until the account is connected or the link expires")
    secret = actions.add_parser("secret", help="manage encrypted secrets for workflows (secrets.NAME)")
    kept = secret.add_subparsers(dest="secret_action", metavar="ACTION")
    names = kept.add_parser("list", help="list names")
    for added in (listing, kinds, accounts, connect, secret, names):
        # Without a default, it keeps the value given before the action.
        added.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
    for name, help_text in [("set", "store a secret; prompts, or reads a pipe"), ("remove", "remove a secret")]:
        kept.add_parser(name, help=help_text).add_argument("name", help="name of the secret")


def _add_settings(settings: argparse.ArgumentParser) -> None:
    add_json(settings)
    actions = settings.add_subparsers(dest="action", metavar="ACTION")
    added = actions.add_parser("set", help="change a setting")
    added.add_argument("key", help="such as history.keep_days")
    added.add_argument("value", help="value as in the settings file; text needs no quotes")
    actions.add_parser("unset", help="restore the default").add_argument("key", help="such as history.keep_days")


_SERVER = "URL of PostgreSQL without a password (default: WFTUI_WORKERS, settings)"


def _add_worker(worker: argparse.ArgumentParser) -> None:
    worker.add_argument(
        "--pool", dest="pools", action="append", required=True, metavar="NAME", help="pool to work for; can be repeated"
    )
    worker.add_argument("-j", dest="jobs", type=_positive, default=1, metavar="N", help="jobs at once (default: 1)")
    worker.add_argument("url", nargs="?", metavar="URL", help=_SERVER)


def _add_workers(workers: argparse.ArgumentParser) -> None:
    add_json(workers)
    workers.add_argument("--url", metavar="URL", help=_SERVER)
    key = workers.add_subparsers(dest="action", metavar="ACTION").add_parser(
        "key", help="make the key that seals jobs, unless there is one; print its path"
    )
    key.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")


def _add_address(parser: argparse._ActionsContainer, port: int, *, needed: bool = True) -> None:
    """Add the options of an address.

    Args:
        needed: they have defaults; else None says that they were not given.
    """
    host = "127.0.0.1" if needed else None
    parser.add_argument("--host", default=host, help="address to listen at (default: this machine only)")
    parser.add_argument(
        "--port", type=int, default=port if needed else None, help=f"port; 0 takes a free one (default: {port})"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="host name by which clients reach the server, such as that of a reverse proxy; can be repeated",
    )


def _add_on_stop(parser: argparse._ActionsContainer, *, needed: bool = True) -> None:
    parser.add_argument(
        "--on-stop",
        choices=["finish", "cancel", "leave"],
        default="finish" if needed else None,
        help="at SIGTERM, runs of the server: serve until they end, cancel them, or finish them without the server"
        " (default: finish)",
    )


def _add_serve(serve: argparse.ArgumentParser) -> None:
    _add_address(serve, 8787)
    _add_on_stop(serve)
    serve.add_argument("--print-unit", action="store_true", help="print a systemd unit for this command, and exit")
    actions = serve.add_subparsers(dest="action", metavar="ACTION")
    token = actions.add_parser("token", help="manage access tokens")
    kept = token.add_subparsers(dest="token_action", metavar="ACTION")
    added = kept.add_parser("add", help="make a token; its text is shown once")
    added.add_argument("name", help="name of the token, the user of the runs it starts")
    added.add_argument(
        "--scope", choices=["read", "run", "admin"], required=True, help="read; start and change runs; compile, too"
    )
    added.add_argument("--workflow", nargs="+", metavar="ID", help="only these workflows (default: all)")
    removed = kept.add_parser("remove", help="remove a token, which is refused at once")
    removed.add_argument("name", help="name of the token")
    add_json(token)
    for each in (added, removed, kept.add_parser("list", help="list tokens")):
        # Without a default, it keeps the value given before the action.
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")


_RUN = 'run id, a unique prefix or suffix, or "last"'
_RUN_OR_FILE = f"{_RUN}; or a run file"
_STATUSES = ["pending", "running", "completed", "failed", "cancelled", "interrupted"]


_PLACES = ["log", "inputs", "input", "output", "outputs", "error"]


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workflow", metavar="ID", help="only runs of this workflow")
    parser.add_argument("--status", action="append", choices=_STATUSES, help="only of this status; can be repeated")
    parser.add_argument("--user", help="only of this user")
    parser.add_argument(
        "--since", metavar="WHEN", help="only runs since: a date, today, yesterday, or an age such as 24h"
    )
    parser.add_argument("--until", metavar="WHEN", help="only runs until; a day means its end")
    parser.add_argument("--longer-than", metavar="TIME", help="only runs that took at least this long, such as 5m")
    parser.add_argument("--error", metavar="TYPE", help="only runs that failed with this error; http is http.5xx, too")


def _add_confirmed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--confirmed", action="store_true", help="repeat work that may be done already")


def _add_run_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the run record as one JSON document at the end")
    output.add_argument("--events", action="store_true", help="print events as JSON lines as they happen")
    output.add_argument("--quiet", "-q", action="store_true", help="print only the outputs")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
