"""The `steps` command: step types, scaffolding, trust, import from curl."""

import argparse
import sys

from wftui.cli.options import Command
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode
from wftui.workbench import Workbench


def steps(arguments: argparse.Namespace) -> int:
    """Run `steps [list|new|trust|curl]`."""
    return _COMMANDS[arguments.action or "list"](arguments)


def _list(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        types = [*await workbench.steps.types(), *workbench.steps.containers()]
        if arguments.json:
            terminal.json([kind.to_wire() for kind in types])
        else:
            terminal.table(["TYPE", "TITLE", "DESCRIPTION"], [[t.type, t.title, t.description] for t in types])
        for problem in await workbench.steps.problems():
            terminal.error(f"{problem.source}: {problem.message}")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _new(arguments: argparse.Namespace) -> int:
    from wftui.steps.registry.scaffold import new_step_package

    for path in new_step_package(arguments.word, arguments.folder):
        Terminal().line(f"created {path}")
    return ExitCode.DONE


def _trust(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        words = await workbench.steps.trust(arguments.file)
        brings = f"; step types: {', '.join(words)}" if words else "; it declares no step type"
        Terminal().line(f"trusted the current contents of {arguments.file}{brings}")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _curl(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        command = sys.stdin.read() if arguments.command_line == "-" else arguments.command_line
        step, secrets = await workbench.steps.from_command(command)
        terminal = Terminal()
        terminal.json(step)
        for name in secrets:
            terminal.error(
                f"a secret of the command is not in the step, which reads secrets.{name}; store it:"
                f" wftui connections secret set {name}"
            )
        return ExitCode.DONE

    return with_workbench(arguments, work)


_COMMANDS: dict[str, Command] = {"list": _list, "new": _new, "trust": _trust, "curl": _curl}
COMMANDS: dict[str, Command] = {"steps": steps}
