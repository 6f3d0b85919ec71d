"""The `export` command: a run as a file."""

import argparse
from pathlib import Path

from wftui.cli.options import Command
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode
from wftui.workbench import Workbench


def export(arguments: argparse.Namespace) -> int:
    """Run `export RUN`."""

    async def work(workbench: Workbench) -> int:
        from wftui.workbench.past_runs.transfer_service import SUFFIXES

        terminal = Terminal()
        run_id = await workbench.runs.find(arguments.run)
        summary = await workbench.records.summary(run_id)
        path = arguments.output or Path(f"{summary.workflow_id}-{run_id}{SUFFIXES[arguments.format]}")
        await workbench.transfer.export(run_id, path, arguments.format)
        size = path.stat().st_size
        if arguments.json:
            terminal.json({"runId": run_id, "file": str(path), "format": arguments.format, "bytes": size})
        else:
            terminal.line(f"{path}  {size:,} bytes")
        return ExitCode.DONE

    return with_workbench(arguments, work)


COMMANDS: dict[str, Command] = {"export": export}
