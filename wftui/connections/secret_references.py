"""Secret references: `env:NAME`, `file:PATH`, `cmd:PROGRAM …`, `store:NAME`."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.secret_store import SecretStore

COMMAND_SECONDS = 60.0
"""Time limit of a program that prints a secret; it may have to ask the user to unlock it."""

_REFERENCE = re.compile(r"^(env|file|cmd|store):(.+)$", re.DOTALL)


def is_reference(text: str) -> bool:
    """Return whether a text is a secret reference."""
    return _REFERENCE.match(text) is not None


def resolve_reference(text: str, store: SecretStore, environment: Mapping[str, str] = os.environ) -> str:
    """Return the secret behind a reference, without a final newline.

    Blocks: a program may take some time.

    Raises:
        ConnectionsError: `connection.reference` when it cannot be found, naming where.
    """
    found = _REFERENCE.match(text)
    if found is None:
        raise ConnectionsError(
            "not a secret reference; write env:NAME, file:PATH, cmd:PROGRAM or store:NAME",
            code="connection.reference",
        )
    kind, rest = found[1], found[2].strip()
    match kind:
        case "env":
            secret = environment.get(rest)
            where = f"the environment variable {rest} is not set"
        case "file":
            secret, where = _from_file(Path(rest).expanduser())
        case "cmd":
            secret, where = _from_command(rest, environment)
        case _:
            secret = store.get(rest)
            where = f"the secret store has no secret {rest}"
    if not secret:
        raise ConnectionsError(where if secret is None else f"{text} is empty", code="connection.reference")
    return secret


def _from_file(path: Path) -> tuple[str | None, str]:
    try:
        return path.read_text("utf-8").removesuffix("\n").removesuffix("\r"), ""
    except UnicodeDecodeError:
        return None, f"{path} is not UTF-8 text"
    except OSError as error:
        return None, f"cannot read {path}: {(error.strerror or str(error)).lower()}"


def _from_command(line: str, environment: Mapping[str, str]) -> tuple[str | None, str]:
    try:
        argv = shlex.split(line)
    except ValueError as error:
        return None, f"the command of a secret cannot be parsed: {str(error).lower()}"
    if not argv:
        return None, "the command of a secret is empty"
    try:
        done = subprocess.run(
            argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS, env=dict(environment)
        )
    except FileNotFoundError:
        return None, f"the program {argv[0]} was not found"
    except subprocess.TimeoutExpired:
        return None, f"the program {argv[0]} printed no secret within {COMMAND_SECONDS:g} s"
    except OSError as error:
        return None, f"the program {argv[0]} could not be started: {(error.strerror or str(error)).lower()}"
    if done.returncode != 0:
        # Its output is left out: it may contain part of the secret.
        return None, f"the program {argv[0]} ended with exit code {done.returncode}"
    return done.stdout.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r"), ""
