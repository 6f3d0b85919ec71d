"""Dispatch of a command line to its command module; exit codes of errors."""

import argparse
import sys
from collections.abc import Sequence

from wftui.cli.options import Command
from wftui.cli.parser import build_parser
from wftui.cli.questions import is_answered
from wftui.cli.remote import check_remote
from wftui.cli.terminal import Terminal, take_cut
from wftui.model.errors import ExitCode, UsageError, UserError

_NO_THREAD = "can't start new thread"
"""Python's message at the limit of processes, raised wherever the first thread too many is started."""


def dispatch(words: Sequence[str]) -> int:
    """Run a command line; return the exit code (`wftui.model.errors.ExitCode`)."""
    if words and words[0].endswith(".wfrun"):
        words = ["monitor", *words]  # as a desktop opens a run file
    arguments = build_parser(words).parse_args(words)
    try:
        code = _until_answered(_command(arguments), arguments)
        return ExitCode.FAILED if take_cut() and code == ExitCode.DONE else code
    except BrokenPipeError:
        # The reader of stdout left (`wftui history | head`): there is nobody to report to.
        sys.stderr.close()
        return ExitCode.DONE
    except OSError as error:
        # A folder on the way that cannot be read or has been deleted: it may be met anywhere.
        subject = f"cannot use {error.filename}: " if error.filename is not None else ""
        return _report(UserError(f"{subject}{(error.strerror or str(error)).lower()}", code="system"))
    except RuntimeError as error:
        if str(error) != _NO_THREAD:
            Terminal().crash()
            return ExitCode.FAILED
        return _report(UserError("cannot start a thread: the limit of processes is reached (ulimit -u)", code="system"))
    except Exception:  # noqa: BLE001  (a defect of the program: its traceback may hold texts of files)
        Terminal().crash()
        return ExitCode.FAILED


def _report(error: UserError) -> int:
    Terminal().error(f"wftui: error[{error.code}] {error}")
    return error.exit_code


def _until_answered(command: Command, arguments: argparse.Namespace) -> int:
    """Run a command; repeat it with the answer to the question of an error."""
    while True:
        try:
            check_remote(arguments)
            if arguments.read_only and arguments.command not in (None, "monitor"):
                raise UsageError(
                    f"--read-only is for the terminal UI; it cannot be used with {arguments.command}",
                    code="session.options",
                )
            return command(arguments)
        except UserError as error:
            if not is_answered(error, arguments):
                return error.exit_code


def _command(arguments: argparse.Namespace) -> Command:
    match arguments.command:
        case None:
            from wftui.cli.commands.screen import open_screen

            return open_screen
        case "compare":
            from wftui.cli.commands.past_runs import comparing

            return comparing.COMMANDS[arguments.command]
        case "compile":
            from wftui.cli.commands import compiling

            return compiling.COMMANDS[arguments.command]
        case "completion":
            from wftui.cli.commands.setup import completion

            return completion.COMMANDS[arguments.command]
        case "connections":
            from wftui.cli.commands.setup import connections

            return connections.COMMANDS[arguments.command]
        case "doctor":
            from wftui.cli.commands.setup import doctor

            return doctor.COMMANDS[arguments.command]
        case "export":
            from wftui.cli.commands.past_runs import transfer

            return transfer.COMMANDS[arguments.command]
        case "grep":
            from wftui.cli.commands.past_runs import searching

            return searching.COMMANDS[arguments.command]
        case "keys":
            from wftui.cli.commands.setup import keys

            return keys.COMMANDS[arguments.command]
        case "mcp":
            from wftui.cli.commands.serving import mcp, mcp_serve

            commands = mcp_serve.COMMANDS if arguments.action == "serve" else mcp.COMMANDS
            return commands[arguments.command]
        case "monitor":
            from wftui.cli.commands import screen

            return screen.COMMANDS[arguments.command]
        case "schedule":
            from wftui.cli.commands.setup import schedule

            return schedule.COMMANDS[arguments.command]
        case "serve":
            from wftui.cli.commands.serving import serve

            return serve.COMMANDS[arguments.command]
        case "worker" | "workers":
            from wftui.cli.commands.serving import workers

            return workers.COMMANDS[arguments.command]
        case "settings":
            from wftui.cli.commands.setup import settings

            return settings.COMMANDS[arguments.command]
        case "show":
            from wftui.cli.commands.past_runs import show

            return show.COMMANDS[arguments.command]
        case "stats":
            from wftui.cli.commands.past_runs import statistics

            return statistics.COMMANDS[arguments.command]
        case "steps":
            from wftui.cli.commands import steps

            return steps.COMMANDS[arguments.command]
        case "web":
            from wftui.cli.commands.serving import web

            return web.COMMANDS[arguments.command]
        case "new" | "list":
            from wftui.cli.commands import workflows

            return workflows.COMMANDS[arguments.command]
        case "run" | "rerun" | "resume" | "watch" | "cancel" | "approve":
            from wftui.cli.commands import runs

            return runs.COMMANDS[arguments.command]
        case _:
            from wftui.cli.commands.past_runs import history

            return history.COMMANDS[arguments.command]
