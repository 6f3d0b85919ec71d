"""The whole command line as argparse sees it; imports nothing else, because every start builds it."""

import argparse
from pathlib import Path
from typing import Any

from wftui import __version__
from wftui.cli.options import add_common, add_connections, add_inputs, add_json


class _Command(argparse.ArgumentParser):
    """A command, or an action of one: where the workspace is may be said behind each."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)
        add_common(self, default=argparse.SUPPRESS)


def build_parser() -> argparse.ArgumentParser:
    """The parser of `wftui`, with all its commands."""
    parser = argparse.ArgumentParser(
        prog="wftui",
        description="A terminal workbench for workflows. Without a command it opens the screen.",
        epilog="Exit codes: 0 done, 1 the run failed, 2 wrong usage or inputs, 3 does not compile, "
        "4 not found, 130 cancelled.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"wftui {__version__}")
    add_common(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Command)

    def command(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help)

    new = command("new", "Make a new workflow.")
    new.add_argument("id", help="id of the new workflow: the name of its folder")
    listing = command("list", "List the workflows.")
    add_json(listing)
    compiling = command("compile", "Check workflows and write their Python.")
    compiling.add_argument("ids", nargs="*", metavar="ID", help="ids of the workflows")
    compiling.add_argument("--all", action="store_true", help="every workflow")
    compiling.add_argument("--check", action="store_true", help="write nothing; exit 1 when there are errors")
    compiling.add_argument(
        "--stale",
        action="store_true",
        help="as --check; exit 1 also when the written Python or the registry is not what the workflow compiles to",
    )
    compiling.add_argument("--fix", action="store_true", help="apply the fixes that are safe, and say which")
    compiling.add_argument(
        "--format",
        choices=["human", "json", "sarif", "github"],
        default="human",
        help="how problems are told: for people, as JSON, as SARIF 2.1.0, as GitHub annotations",
    )
    add_json(compiling)
    steps = command("steps", "List the step types; make new ones.")
    add_json(steps)
    actions = steps.add_subparsers(dest="action", metavar="ACTION")
    added = actions.add_parser("new", help="make a package with a step type and a test that passes")
    added.add_argument("word", help="the step type, such as acme.fetch")
    added.add_argument("--folder", type=Path, default=Path(), help="where the package's folder is made")
    added = actions.add_parser("trust", help="agree to run a file of the workspace's steps folder, as it is now")
    added.add_argument("file", type=Path, help="path of the file")
    added = actions.add_parser("curl", help="print the step that does what a curl command does")
    added.add_argument("command_line", metavar="COMMAND", help="the whole command in quotes; - reads it from stdin")
    _add_connections(command("connections", "List, add, edit, test and remove connections."))
    mcp = command("mcp", "Lock the tools of a workflow's MCP servers.")
    locking = mcp.add_subparsers(dest="action", metavar="ACTION", required=True).add_parser(
        "lock", help="ask the servers for their tools, so that the workflow compiles without them"
    )
    locking.add_argument("id", help="id of the workflow")
    locking.add_argument("--check", action="store_true", help="write nothing; exit 1 when tools have changed")
    add_inputs(locking)
    add_json(locking)

    run = command("run", "Run a workflow.")
    run.add_argument("id", help="id of the workflow")
    add_inputs(run)
    _add_run_output(run)
    add_connections(run)
    run.add_argument("--detach", action="store_true", help="run in a process of its own; print the run's id and leave")
    run.add_argument("--announce", type=int, help=argparse.SUPPRESS)
    watch = command("watch", "Follow a run of any process: what was, then live.")
    watch.add_argument("run", help=_RUN)
    _add_run_output(watch)
    cancel = command("cancel", "Cancel a run of any process.")
    cancel.add_argument("run", help=_RUN)
    approve = command("approve", "Answer the approval a step waits for.")
    approve.add_argument("run", help=_RUN)
    approve.add_argument("step", help="the step's address, such as prune or build[3].confirm")
    approve.add_argument("--reject", action="store_true", help="say no")
    approve.add_argument("--data", metavar="JSON", help="the answer's form data")
    rerun = command("rerun", "Run again with the same inputs, or with some changed.")
    rerun.add_argument("run", help=_RUN)
    begin = rerun.add_mutually_exclusive_group()
    begin.add_argument("--from", dest="from_step", metavar="STEP", help="keep what ended well before this step")
    begin.add_argument("--from-failed", action="store_true", help="keep what ended well; run what failed or changed")
    rerun.add_argument("--plan", action="store_true", help="only tell what would be kept and run, and why")
    _add_confirmed(rerun)
    add_inputs(rerun)
    add_connections(rerun)
    _add_run_output(rerun)
    resume = command("resume", "Go on with a run whose process died.")
    resume.add_argument("run", help=_RUN)
    _add_confirmed(resume)
    add_inputs(resume)
    _add_run_output(resume)

    history = command("history", "List runs, newest first.")
    history.add_argument("--workflow", metavar="ID", help="only of this workflow")
    history.add_argument(
        "--status", action="append", choices=_STATUSES, help="only of this status; may be given several times"
    )
    history.add_argument("--user", help="only of this user")
    history.add_argument(
        "--since", metavar="WHEN", help='only those started since then: a date, or an age such as "24h"'
    )
    history.add_argument("--until", metavar="WHEN", help="only those started before then")
    history.add_argument("--text", help="in ids, user and error message")
    history.add_argument("--no-children", action="store_true", help="without the runs that steps of others started")
    history.add_argument("--limit", type=_positive, default=50, help="most runs of one page")
    history.add_argument("--cursor", help="`next` of the page before")
    add_json(history)
    show = command("show", "Show a run.")
    show.add_argument("run", help=_RUN)
    show.add_argument("--logs", action="store_true", help="its log lines")
    show.add_argument("--events", action="store_true", help="its events")
    show.add_argument("--step", metavar="PATH", help="one step and what is inside it, as build or build[3].fetch")
    add_json(show)
    cleanup = command("cleanup", "Remove finished runs that the settings do not keep, or others; the file shrinks.")
    cleanup.add_argument("--older-than", metavar="AGE", help='not by the settings, but older ones, such as "30d"')
    cleanup.add_argument(
        "--keep", type=_positive, metavar="N", help="not by the settings; the newest N runs of each workflow stay"
    )
    cleanup.add_argument("--workflow", metavar="ID", help="only of this workflow")
    cleanup.add_argument("--dry-run", action="store_true", help="remove nothing; tell what would go")
    add_json(cleanup)
    _add_settings(command("settings", "List what is set and where from; change it."))
    return parser


def _add_connections(connections: argparse.ArgumentParser) -> None:
    add_json(connections)
    actions = connections.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="list them; secrets are shown as where they are")
    kinds = actions.add_parser("kinds", help="list the kinds and their fields")
    for name, help_text in [("add", "add one"), ("edit", "change some of its values")]:
        added = actions.add_parser(name, help=help_text)
        added.add_argument("name", help="name of the connection")
        if name == "add":
            added.add_argument("--kind", required=True, help="its kind; `connections kinds` lists them")
        added.add_argument("--description", help="what it is for")
        added.add_argument(
            "-s",
            dest="settings",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="a value, KEY.NAME one of several by name; of a secret: env:NAME, file:PATH, cmd:PROGRAM, store:NAME, "
            "or ? to be asked, or to read it from a pipe; empty removes it",
        )
    for name, help_text in [("test", "see whether it can work"), ("remove", "forget it and its stored secrets")]:
        actions.add_parser(name, help=help_text).add_argument("name", help="name of the connection")
    accounts = actions.add_parser("accounts", help="list your accounts behind connections of kind composio")
    accounts.add_argument("name", nargs="?", help="the connection; all when absent")
    connect = actions.add_parser("connect", help="connect an account, by a link that you open")
    connect.add_argument("name", help="the connection, of kind composio")
    connect.add_argument("toolkit", help="what the account is of, such as github")
    connect.add_argument("--wait", action="store_true", help="wait until it is connected, or the link has expired")
    secret = actions.add_parser("secret", help="keep secrets for workflows (secrets.NAME), encrypted")
    kept = secret.add_subparsers(dest="secret_action", metavar="ACTION")
    names = kept.add_parser("list", help="list their names")
    for added in (listing, kinds, accounts, connect, secret, names):
        # Without a default of its own it leaves alone what stood before the action.
        added.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
    for name, help_text in [("set", "keep one; it is asked for, or read from a pipe"), ("remove", "forget one")]:
        kept.add_parser(name, help=help_text).add_argument("name", help="name of the secret")


def _add_settings(settings: argparse.ArgumentParser) -> None:
    add_json(settings)
    actions = settings.add_subparsers(dest="action", metavar="ACTION")
    added = actions.add_parser("set", help="give a setting a value")
    added.add_argument("key", help="such as history.keep_days")
    added.add_argument("value", help="as the settings file writes it; text needs no quotes")
    actions.add_parser("unset", help="go back to the default").add_argument("key", help="such as history.keep_days")


_RUN = 'run id, a unique beginning or end of it, or "last"'
_STATUSES = ["pending", "running", "completed", "failed", "cancelled", "interrupted"]


def _add_confirmed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--confirmed", action="store_true", help='run again the interrupted steps that say "idempotent": false'
    )


def _add_run_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the run's record as one JSON document, at its end")
    output.add_argument("--events", action="store_true", help="print one JSON event a line, as they happen")
    output.add_argument("--quiet", "-q", action="store_true", help="print only the outputs")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
