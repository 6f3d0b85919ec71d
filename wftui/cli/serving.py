"""Common parts of the commands that serve: packages, first token, a warning."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wftui.cli.terminal import Terminal
from wftui.model.installation import install_command, installed
from wftui.workbench import Workbench

if TYPE_CHECKING:
    from wftui.model.user.access import NewToken

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def needed_command(extra: str, packages: Sequence[str]) -> str | None:
    """Return the command that installs an extra, unless its packages are there."""
    return None if all(installed(package) for package in packages) else install_command(f"wftui[{extra}]")


async def first_token(workbench: Workbench, terminal: Terminal) -> "NewToken | None":
    """Make a token for everything unless there has been one, and print it.

    Raises:
        UserError: the tokens cannot be read: nobody could enter.
    """
    first = await workbench.tokens.add_first(workbench.settings.user_id)
    if first is not None:
        terminal.line(f"token {first.name} (scope {first.scope}), shown this once: {first.token}")
    else:
        await workbench.tokens.all()
    return first


def say_left(workbench: Workbench, terminal: Terminal) -> None:
    """Report how many runs continue in this process without its server."""
    left = len(workbench.runs.running())
    if left:
        terminal.error(f"wftui: runs of this process that continue without the server: {left}")


def warn_of_other_machines(host: str, terminal: Terminal) -> None:
    """Warn of an address that other machines reach."""
    if host not in _LOOPBACK:
        terminal.error(
            f"wftui: warning: {host} can be reached from other machines, and nothing is encrypted; put a"
            " reverse proxy with TLS in front"
        )
