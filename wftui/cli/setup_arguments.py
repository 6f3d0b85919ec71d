"""Arguments of the commands for step types, connections, servers and settings."""

import argparse
from pathlib import Path

from wftui.cli.options import add_inputs, add_json, positive

_SERVER = "URL of PostgreSQL without a password (default: WFTUI_WORKERS, settings)"


def _add_on_stop(parser: argparse._ActionsContainer, *, needed: bool = True) -> None:
    parser.add_argument(
        "--on-stop",
        choices=["finish", "cancel", "leave"],
        default="finish" if needed else None,
        help="at SIGTERM, runs of the server: serve until they end, cancel them, or finish them without the server"
        " (default: finish)",
    )


def add_steps(steps: argparse.ArgumentParser) -> None:
    """Add the arguments of `steps`."""
    add_json(steps)
    actions = steps.add_subparsers(dest="action", metavar="ACTION")
    added = actions.add_parser("new", help="create a package with a step type and a passing test")
    added.add_argument("word", help="the step type, such as acme.fetch")
    added.add_argument("--folder", type=Path, default=Path(), help="parent folder of the package")
    added = actions.add_parser("trust", help="trust the current contents of a file in the workspace's steps folder")
    added.add_argument("file", type=Path, help="path of the file")
    added = actions.add_parser("curl", help="convert a curl command to a step")
    added.add_argument("command_line", metavar="COMMAND", help="the whole command, quoted; - reads it from stdin")


def add_connection_actions(connections: argparse.ArgumentParser) -> None:
    """Add the arguments of `connections`."""
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


def add_mcp(mcp: argparse.ArgumentParser) -> None:
    """Add the arguments of `mcp`."""
    actions = mcp.add_subparsers(dest="action", metavar="ACTION", required=True)
    locking = actions.add_parser("lock", help="record the tools of MCP servers and of Composio, to check calls")
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


def add_serve(serve: argparse.ArgumentParser) -> None:
    """Add the arguments of `serve`."""
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
    removed = kept.add_parser("remove", help="remove a token; it is refused at once")
    removed.add_argument("name", help="name of the token")
    add_json(token)
    for each in (added, removed, kept.add_parser("list", help="list tokens")):
        # Without a default, it keeps the value given before the action.
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")


def add_schedule(schedule: argparse.ArgumentParser) -> None:
    """Add the arguments of `schedule`."""
    actions = schedule.add_subparsers(dest="action", metavar="ACTION", required=True)
    printed = actions.add_parser("print", help="print what cron or systemd needs to start a run at a time")
    printed.add_argument("format", choices=["cron", "systemd"], help="a crontab line, or a service and its timer")
    printed.add_argument("id", help="id of the workflow")
    printed.add_argument(
        "--at",
        default="02:00",
        metavar="WHEN",
        help="a time of day, cron fields, or OnCalendar of systemd (default: 02:00)",
    )
    printed.add_argument(
        "-i",
        dest="pairs",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="one input, passed on unchanged; a secret belongs in KEY=env:VARIABLE or KEY=@FILE",
    )


def add_web(web: argparse.ArgumentParser) -> None:
    """Add the arguments of `web`."""
    _add_address(web, 8788)


def _add_address(parser: argparse._ActionsContainer, port: int, *, needed: bool = True) -> None:
    """Add the options of an address.

    Args:
        needed: they have defaults; else None says that they were not given.
    """
    host = "127.0.0.1" if needed else None
    parser.add_argument("--host", default=host, help="address to listen on (default: this machine only)")
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


def add_worker(worker: argparse.ArgumentParser) -> None:
    """Add the arguments of `worker`."""
    worker.add_argument(
        "--pool", dest="pools", action="append", required=True, metavar="NAME", help="pool to work for; can be repeated"
    )
    worker.add_argument("-j", dest="jobs", type=positive, default=1, metavar="N", help="jobs at once (default: 1)")
    worker.add_argument("url", nargs="?", metavar="URL", help=_SERVER)


def add_workers(workers: argparse.ArgumentParser) -> None:
    """Add the arguments of `workers`."""
    add_json(workers)
    workers.add_argument("--url", metavar="URL", help=_SERVER)
    key = workers.add_subparsers(dest="action", metavar="ACTION").add_parser(
        "key", help="create the key that seals jobs, unless it exists; print its path"
    )
    key.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")


def add_keys(keys: argparse.ArgumentParser) -> None:
    """Add the arguments of `keys`."""
    keys.add_argument("keys_action", nargs="?", metavar="ACTION", help="such as editor.save")
    keys.add_argument("keys", nargs="*", metavar="KEY", help="its new keys, such as f2 ctrl+w")
    keys.add_argument("--reset", action="store_true", help="restore the default keys of the action")
    add_json(keys)


def add_settings(settings: argparse.ArgumentParser) -> None:
    """Add the arguments of `settings`."""
    add_json(settings)
    actions = settings.add_subparsers(dest="action", metavar="ACTION")
    added = actions.add_parser("set", help="change a setting")
    added.add_argument("key", help="such as history.keep_days")
    added.add_argument("value", help="value as in the settings file; text needs no quotes")
    actions.add_parser("unset", help="restore the default").add_argument("key", help="such as history.keep_days")


def add_completion(completing: argparse.ArgumentParser) -> None:
    """Add the arguments of `completion`."""
    completing.add_argument("shell", choices=["bash", "zsh", "fish"], help="the shell")
