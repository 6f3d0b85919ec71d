"""The `stats` command: success, durations and errors of many runs."""

import argparse
from datetime import timedelta

from wftui.cli.inputs import parse_when
from wftui.cli.options import Command
from wftui.cli.session import with_any_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode
from wftui.model.text.local_times import DATE_AND_MINUTE, local_text
from wftui.workbench.protocols import AnyWorkbench

_SINCE = timedelta(days=30)


def stats(arguments: argparse.Namespace) -> int:
    """Run `stats`."""

    async def work(workbench: AnyWorkbench) -> int:
        from wftui.cli.report import print_report
        from wftui.model.reports import statistics_lines

        terminal, now = Terminal(), workbench.clock()
        since = parse_when(arguments.since, now) if arguments.since else now - _SINCE
        found = await workbench.statistics.of(arguments.workflow, since)
        if arguments.json:
            terminal.json(found.to_wire())
        elif not found.total.runs:
            whose = f" of {arguments.workflow}" if arguments.workflow else ""
            terminal.line(f"no runs{whose} since {local_text(since, DATE_AND_MINUTE)}")
        else:
            print_report(terminal, statistics_lines(found, ascii_only=not terminal.is_unicode))
        return ExitCode.DONE

    return with_any_workbench(arguments, work)


COMMANDS: dict[str, Command] = {"stats": stats}
