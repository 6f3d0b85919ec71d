"""The `compare` command: two runs side by side."""

import argparse
from collections.abc import Sequence

from wftui.cli.options import Command
from wftui.cli.run_files import with_runs
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode, UsageError
from wftui.workbench.protocols import AnyWorkbench


def compare(arguments: argparse.Namespace) -> int:
    """Run `compare A B` or `compare --last-good RUN`."""
    wanted = 1 if arguments.last_good else 2
    if len(arguments.runs) != wanted:
        raise UsageError("give two runs, or one with --last-good", code="usage.compare")

    async def work(workbench: AnyWorkbench, ids: Sequence[str]) -> int:
        from wftui.cli.report import print_report
        from wftui.model.reports import comparison_lines

        terminal = Terminal()
        found = await workbench.comparisons.compare(*ids)
        if arguments.json:
            terminal.json(found.to_wire())
        else:
            print_report(terminal, comparison_lines(found, ascii_only=not terminal.is_unicode))
        return ExitCode.DONE

    return with_runs(arguments, arguments.runs, work, last_good=arguments.last_good)


COMMANDS: dict[str, Command] = {"compare": compare}
