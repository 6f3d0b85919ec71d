"""The `schedule` command: crontab lines and systemd units that start runs."""

import argparse
import re
import shlex
from pathlib import Path

from wftui.cli.inputs import check_pairs
from wftui.cli.options import Command
from wftui.cli.session import settings_of, with_workbench
from wftui.cli.terminal import Terminal
from wftui.cli.units import own_command, search_path, unit_words
from wftui.model.errors import ExitCode, UsageError
from wftui.workbench import Workbench

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_WORDS = "reboot|yearly|annually|monthly|weekly|daily|midnight|hourly"
_CRON = re.compile(rf"@(?:{_WORDS})|[\w*/,~-]+(?:[ \t]+[\w*/,~-]+){{4}}")


def schedule(arguments: argparse.Namespace) -> int:
    """Run `schedule print cron|systemd ID`."""

    async def work(workbench: Workbench) -> int:
        check_pairs(arguments.pairs, await workbench.workflows.input_schema(arguments.id))
        text = _cron(arguments) if arguments.format == "cron" else _systemd(arguments)
        Terminal().line(text.rstrip("\n"))
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _cron(arguments: argparse.Namespace) -> str:
    """Return a line of a crontab."""
    at = arguments.at
    if time := _TIME.fullmatch(at):
        at = f"{int(time[2])} {int(time[1])} * * *"
    elif not _CRON.fullmatch(at):
        message = (
            f"--at takes a time such as 02:30, five fields such as '*/15 * * * *', or a word such as @hourly: {at!r}"
        )
        raise UsageError(message, code="schedule.at")
    command = shlex.join(_command(arguments))
    line = f"cd {shlex.quote(str(Path.cwd()))} && PATH={shlex.quote(search_path())} {command}"
    if "\n" in line:
        raise UsageError("a crontab line cannot contain a line break; give the input as @FILE", code="schedule.line")
    return f"{at} {line}".replace("%", r"\%")


def _systemd(arguments: argparse.Namespace) -> str:
    """Return a service and its timer, each below the name of its file."""
    at = arguments.at
    if time := _TIME.fullmatch(at):
        at = f"*-*-* {int(time[1]):02}:{time[2]}:00"
    if not at.strip() or "\n" in at:
        raise UsageError(f"--at takes a time such as 02:30 or an OnCalendar expression, not {at!r}", code="schedule.at")
    return f"""\
# wftui-{arguments.id}.service
[Unit]
Description=wftui run {arguments.id}

[Service]
Type=oneshot
WorkingDirectory={str(Path.cwd()).replace("%", "%%")}
ExecStart={unit_words(_command(arguments))}
Environment={unit_words([f"PATH={search_path()}"])}
# One signal to the run, which cancels it; what remains is killed with it.
KillMode=mixed
UMask=0077

# wftui-{arguments.id}.timer
[Unit]
Description=wftui run {arguments.id}

[Timer]
OnCalendar={at}
Persistent=true

[Install]
WantedBy=timers.target
"""


def _command(arguments: argparse.Namespace) -> list[str]:
    settings = settings_of(arguments)
    words = [*own_command(), "run", arguments.id, "--quiet"]
    words += ["--tables", str(settings.tables), "--db", str(settings.database)]
    for pair in arguments.pairs:
        words += ["-i", pair]
    return words


COMMANDS: dict[str, Command] = {"schedule": schedule}
