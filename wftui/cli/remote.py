"""Commands that work with a server (`--remote`), and why others do not."""

import argparse

from wftui.model.errors import UsageError

_CODE = "remote.local"
_REMOTE = frozenset(
    {
        *(None, "list", "run", "watch", "cancel", "approve", "rerun", "resume"),
        *("history", "show", "compare", "grep", "stats"),
    }
)
_REASONS = {
    "cleanup": "old runs are removed on the machine of the server, by its settings",
    "compile": "files are compiled on the machine that has them; POST /api/workflows/compile asks a server to do it",
    "completion": "completion is for this machine",
    "connections": "connections and secrets never leave their machine; manage those of the server there",
    "doctor": "doctor examines its own machine; run it on that of the server",
    "export": "run files are written where the history is; run it on the machine of the server",
    "mcp": "MCP clients start their server on their own machine",
    "new": "workflows are created where their files are; do it on the machine of the server",
    "schedule": "timers start runs on their own machine; print them on that of the server",
    "serve": "a server has its own workspace and history",
    "settings": "settings are those of this machine; change those of the server there",
    "web": "the page of a server is served by its own machine",
    "worker": "a worker does its jobs on its own machine",
    "workers": "workers meet in PostgreSQL; ask it from any machine with --url",
    "steps": "step types are those of their machine",
}


_IMPORTS = "run files are imported where the history is; do it on the machine of the server"


def takes_remote(command: str | None, action: str | None = None) -> bool:
    """Return whether a command, or the screen (None), works with a server."""
    return command in _REMOTE and (command, action) != ("history", "import")


def check_remote(arguments: argparse.Namespace) -> None:
    """Refuse options and commands that do not go with `--remote`.

    Raises:
        UsageError: the sentence says why.
    """
    if arguments.remote is None:
        if arguments.token_file is not None:
            raise UsageError("--token-file requires --remote", code="remote.options")
        return
    action = getattr(arguments, "action", None)
    if not takes_remote(arguments.command, action):
        if takes_remote(arguments.command):
            raise UsageError(_IMPORTS, code=_CODE)
        reason = _REASONS.get(arguments.command, "it needs the files of the server")
        raise UsageError(f"--remote cannot be used with {arguments.command}: {reason}", code=_CODE)
    for option, given in (("--tables", arguments.tables), ("--db", arguments.db)):
        if given is not None:
            raise UsageError(f"{option} names files of this machine; the server has its own", code="remote.options")
