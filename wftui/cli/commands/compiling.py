"""The `compile` command: check workflows, apply fixes, write Python, report."""

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from wftui.cli.options import Command
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.compiler.diagnostics import report
from wftui.model.errors import ExitCode, UsageError
from wftui.model.workflow.compilation import CompilationError, CompilationResult
from wftui.workbench import Workbench
from wftui.workspace.regular import read_regular


def compile_(arguments: argparse.Namespace) -> int:
    """Run `compile`: exit 3 on compilation errors (1 with `--check` or `--stale`)."""
    if bool(arguments.ids) == arguments.all:
        raise UsageError("expected workflow ids or --all", code="usage.compile")
    checks = arguments.check or arguments.stale
    if arguments.fix and checks:
        given = "--check" if arguments.check else "--stale"
        raise UsageError(f"--fix and {given} are mutually exclusive", code="usage.compile")

    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        ids = workbench.workspace.ids() if arguments.all else arguments.ids
        if arguments.fix:
            for workflow_id in ids:
                await _fix(terminal, workbench, workflow_id)
        if arguments.stale:
            results = [await workbench.workflows.check_written(each) for each in ids]
        elif arguments.check:
            results = [
                await workbench.workflows.check(each, (await workbench.workflows.read(each)).text) for each in ids
            ]
        elif arguments.all:
            results = await workbench.workflows.compile_all()
        else:
            results = [await workbench.workflows.compile(each) for each in ids]
        _print_results(terminal, workbench, results, arguments)
        if all(result.success for result in results):
            return ExitCode.DONE
        return ExitCode.FAILED if checks else ExitCode.NOT_COMPILED

    return with_workbench(arguments, work)


async def _fix(terminal: Terminal, workbench: Workbench, workflow_id: str) -> None:
    for applied in await workbench.workflows.fix(workflow_id):
        place = f"{_path(workbench, workflow_id)}:{applied.diagnostic.line}"
        # On stderr: stdout holds only the requested document.
        terminal.error(f"{place}: fixed[{applied.diagnostic.code}] {applied.fix.title}")


def _print_results(
    terminal: Terminal, workbench: Workbench, results: Sequence[CompilationResult], arguments: argparse.Namespace
) -> None:
    found = {_path(workbench, result.workflow_id): [*result.errors, *result.warnings] for result in results}
    if arguments.json or arguments.format == "json":
        wires = [result.to_wire() for result in results]
        terminal.json(wires if arguments.all or len(results) != 1 else wires[0])
    elif arguments.format == "sarif":
        terminal.json(report.sarif(found))
    elif arguments.format == "github":
        for path, problems in found.items():
            for line in report.github(path, problems).split("\n")[:-1]:
                terminal.line(line)
    else:
        for result in results:
            _print_human(terminal, workbench, result)


def _print_human(terminal: Terminal, workbench: Workbench, result: CompilationResult) -> None:
    problems: list[CompilationError] = [*result.errors, *result.warnings]
    path = workbench.workspace.source_path(result.workflow_id)
    if problems:
        source = ""
        with contextlib.suppress(OSError):  # which is the problem that is reported
            source = read_regular(path).decode("utf-8", "replace")
        terminal.error(report.human(_path(workbench, result.workflow_id), source, problems).rstrip("\n"))
    state = terminal.paint("Ready", "green") if result.success else terminal.paint("Failed", "red")
    counts = f" · {report.summary([result])}" if problems else ""
    terminal.line(f"{result.workflow_id}: {state}{counts}")


def _path(workbench: Workbench, workflow_id: str) -> str:
    """Return the source path, relative to the current folder where possible."""
    path = workbench.workspace.source_path(workflow_id)
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or the current folder has been deleted
        return str(path)


COMMANDS: dict[str, Command] = {"compile": compile_}
