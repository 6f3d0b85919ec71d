"""The `new` and `list` commands: workflow files."""

import argparse

from wftui.cli.options import Command
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode
from wftui.model.workflow.durations import format_duration
from wftui.workbench import Workbench


def new(arguments: argparse.Namespace) -> int:
    """Run `new ID`: exit 1 if the id is taken."""

    async def work(workbench: Workbench) -> int:
        source = await workbench.workflows.create(arguments.id)
        await workbench.workflows.compile(arguments.id)
        Terminal().line(f"created {source.path}; run it with: wftui run {arguments.id}")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def list_(arguments: argparse.Namespace) -> int:
    """Run `list`."""

    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        rows = await workbench.workflows.all()
        if arguments.json:
            terminal.json([row.to_wire() for row in rows])
            return ExitCode.DONE
        if not rows:
            terminal.line(f"no workflows in {workbench.workspace.root}; create one with: wftui new ID")
            return ExitCode.DONE
        states = {"ready": "green", "stale": "yellow", "errors": "red"}
        cells = []
        for row in rows:
            last, stats = row.stats.last, row.stats
            state = f"{row.errors} error{'s' * (row.errors != 1)}" if row.errors else row.state
            cells.append(
                [
                    row.id,
                    terminal.paint(state, states[row.state]),
                    f"{terminal.glyph(last.status)} {last.status}" if last else "-",
                    f"{last.started_at.astimezone():%Y-%m-%d %H:%M}" if last and last.started_at else "-",
                    "-" if stats.success_rate is None else f"{stats.success_rate:.0%}",
                    "-" if stats.median_ms is None else format_duration(stats.median_ms / 1000),
                    row.name,
                ]
            )
        header = ["ID", "STATE", "LAST RUN", "STARTED", "OK", "MEDIAN", "NAME"]
        terminal.table(header, cells, right=frozenset({4, 5}))
        return ExitCode.DONE

    return with_workbench(arguments, work)


COMMANDS: dict[str, Command] = {"new": new, "list": list_}
