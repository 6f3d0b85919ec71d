"""The `doctor` command: examine and repair the user's files."""

import argparse

from wftui.cli.options import Command
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.base import Json
from wftui.model.errors import ExitCode
from wftui.workbench import Workbench
from wftui.workbench.doctor_service import Finding


def doctor(arguments: argparse.Namespace) -> int:
    """Run `doctor [--repair]`: exit 1 if a problem remains."""

    async def work(workbench: Workbench) -> int:
        findings = await workbench.doctor.examine()
        if arguments.repair:
            findings = [await workbench.doctor.repair(finding) for finding in findings]
        terminal = Terminal()
        if arguments.json:
            rows: list[Json] = [_wire(finding) for finding in findings]
            terminal.json({"database": str(workbench.settings.database), "findings": rows})
        elif not findings:
            terminal.line(f"{terminal.glyph('completed')} no problems found in {workbench.settings.database}")
        else:
            for finding in findings:
                glyph = terminal.glyph("failed" if finding.result is None else "completed")
                repaired = f"; {finding.result}" if finding.result else ""
                terminal.line(f"{glyph} {finding.area} {finding.path}: {finding.problem}{repaired}")
        return ExitCode.FAILED if any(finding.result is None for finding in findings) else ExitCode.DONE

    return with_workbench(arguments, work)


def _wire(finding: Finding) -> dict[str, Json]:
    return {
        "area": finding.area,
        "path": str(finding.path),
        "problem": finding.problem,
        "code": finding.code,
        "repaired": finding.result,
    }


COMMANDS: dict[str, Command] = {"doctor": doctor}
