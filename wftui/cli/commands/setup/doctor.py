"""The `doctor` command: examine and repair the user's files."""

import argparse
import os
from collections.abc import Mapping, Sequence

from wftui.cli.options import Command
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.base import Json
from wftui.model.errors import ExitCode
from wftui.workbench import Settings, Workbench
from wftui.workbench.setup.doctor_service import Finding, Overview

_LISTED = 20
_NAMED = 5


def doctor(arguments: argparse.Namespace) -> int:
    """Run `doctor [--repair]`: exit 1 if a problem remains."""

    async def work(workbench: Workbench) -> int:
        findings = await workbench.doctor.examine()
        if arguments.repair:
            findings = [await workbench.doctor.repair(finding) for finding in findings]
        terminal = Terminal()
        requirements = await workbench.doctor.requirements()
        is_usable = all(finding.area not in ("place", "database") or finding.result is not None for finding in findings)
        orphans = await workbench.doctor.orphans() if is_usable else {}
        if arguments.json:
            rows: list[Json] = [_wire(finding) for finding in findings]
            overview = await workbench.doctor.overview()
            more: dict[str, Json] = {"orphans": _lists(orphans), "requirements": _lists(requirements)}
            terminal.json(
                {"database": str(workbench.settings.database), "findings": rows, **_overview_wire(overview)} | more
            )
            return _code(findings)
        _print_overview(terminal, await workbench.doctor.overview())
        for run_id, sentences in orphans.items():
            for sentence in sentences:
                terminal.line(f"{terminal.glyph('interrupted')} run {run_id}: {sentence}")
        for message, workflows in requirements.items():
            terminal.line(f"{terminal.glyph('interrupted')} {message} ({_listed(workflows)})")
        if not findings:
            terminal.line(f"{terminal.glyph('completed')} no problems found in {workbench.settings.database}")
        else:
            for finding in findings:
                glyph = terminal.glyph("failed" if finding.result is None else "completed")
                repaired = f"; {finding.result}" if finding.result else ""
                terminal.line(f"{glyph} {finding.area} {finding.path}: {finding.problem}{repaired}")
        return _code(findings)

    return with_workbench(arguments, work, Settings.resolve(arguments.tables, arguments.db, tolerant=True))


def _listed(workflows: Sequence[str]) -> str:
    more = len(workflows) - _NAMED
    return ", ".join(workflows[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _lists(found: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    return {name: list(values) for name, values in found.items()}


def _code(findings: Sequence[Finding]) -> ExitCode:
    return ExitCode.FAILED if any(finding.result is None for finding in findings) else ExitCode.DONE


def _print_overview(terminal: Terminal, overview: Overview) -> None:
    terminal.line(", ".join(f"{name} {version}" for name, version in overview.versions.items()))
    for name, (path, state) in overview.places.items():
        terminal.line(f"{name:<10} {path}  {state}")
    colors = "colors" if terminal.is_colored else "no colors"
    signs = "Unicode" if terminal.is_unicode else "ASCII"
    kind = os.environ.get("TERM", "not set") if terminal.is_live else "none"
    terminal.line(f"{'terminal':<10} {kind}, {terminal.width} columns, {colors}, {signs}")
    if overview.sizes:
        terminal.line(f"{'history':<10} {overview.database_bytes:,} bytes")
        rows = [[size.workflow_id, *(f"{number:,}" for number in size[1:])] for size in overview.sizes[:_LISTED]]
        terminal.table(["WORKFLOW", "RUNS", "EVENTS", "VALUES", "LOGS"], rows, right=frozenset({1, 2, 3, 4}))


def _overview_wire(overview: Overview) -> dict[str, Json]:
    return {
        "versions": overview.versions,
        "places": {name: {"path": str(path), "state": state} for name, (path, state) in overview.places.items()},
        "databaseBytes": overview.database_bytes,
        "sizes": [
            {
                "workflowId": size.workflow_id,
                "runs": size.runs,
                "eventBytes": size.event_bytes,
                "valueBytes": size.value_bytes,
                "logBytes": size.log_bytes,
            }
            for size in overview.sizes
        ],
    }


def _wire(finding: Finding) -> dict[str, Json]:
    return {
        "area": finding.area,
        "path": str(finding.path),
        "problem": finding.problem,
        "code": finding.code,
        "repaired": finding.result,
    }


COMMANDS: dict[str, Command] = {"doctor": doctor}
