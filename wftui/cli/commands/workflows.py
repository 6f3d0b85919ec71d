"""The `new` and `list` commands: workflow files."""

import argparse

from wftui.cli.options import Command
from wftui.cli.session import with_any_workbench, with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode, UsageError
from wftui.model.run_notes import shown_status
from wftui.model.text.commands import shown_command
from wftui.model.text.local_times import DATE_AND_MINUTE, local_text
from wftui.model.workflow.durations import format_duration
from wftui.workbench import Workbench
from wftui.workbench.protocols import AnyWorkbench


def new(arguments: argparse.Namespace) -> int:
    """Run `new`.

    Exit 1 if the id is taken or an example has been changed, 3 if generated files cannot be written.
    """
    asked = [arguments.id is not None, bool(arguments.example), arguments.examples]
    if sum(asked) != 1:
        raise UsageError("give one of an id, --example NAME and --examples", code="usage.new")
    if arguments.replace and not arguments.example:
        raise UsageError("--replace requires --example", code="usage.new")
    if arguments.json and not arguments.examples:
        raise UsageError("--json requires --examples", code="usage.new")

    async def work(workbench: Workbench) -> int:
        if arguments.examples:
            return await _list_examples(workbench, Terminal(), as_json=arguments.json)
        if arguments.example:
            return max([await _add_example(workbench, Terminal(), name, arguments) for name in arguments.example])
        source = await workbench.workflows.create(arguments.id)
        code = await _compile(workbench, Terminal(), arguments.id)
        command = shown_command(["run", arguments.id], workbench.place)
        Terminal().line(f"created {source.path}; run it with: {command}")
        return code

    return with_workbench(arguments, work)


async def _list_examples(workbench: Workbench, terminal: Terminal, *, as_json: bool) -> int:
    rows = await workbench.workflows.examples()
    if as_json:
        terminal.json([row.to_wire() for row in rows])
    else:
        terminal.table(["ID", "STATE", "DESCRIPTION"], [[row.id, row.state, row.description] for row in rows])
    return ExitCode.DONE


async def _compile(workbench: Workbench, terminal: Terminal, workflow_id: str) -> int:
    """Compile what was just created; print what could not be written."""
    result = await workbench.workflows.compile(workflow_id)
    for error in result.errors:
        terminal.error(f"wftui: error[{error.code}] {error.message}")
    return ExitCode.DONE if result.success else ExitCode.NOT_COMPILED


async def _add_example(workbench: Workbench, terminal: Terminal, name: str, arguments: argparse.Namespace) -> int:
    trash = await workbench.workflows.add_example(name, replace=arguments.replace)
    code = await _compile(workbench, terminal, name)
    moved = f"; the changed one is in {trash}" if trash is not None else ""
    terminal.line(f"{workbench.workspace.source_path(name)} is the shipped example{moved}")
    return code


def list_(arguments: argparse.Namespace) -> int:
    """Run `list`."""

    async def work(workbench: AnyWorkbench) -> int:
        terminal = Terminal()
        rows = await workbench.workflows.all()
        if arguments.json:
            terminal.json([row.to_wire() for row in rows])
            return ExitCode.DONE
        if not rows:
            if workbench.server is not None:  # those of a server are created there
                terminal.line(f"no workflows in {workbench.server}")
            else:
                command = shown_command(["new", "ID"], workbench.place)
                terminal.line(f"no workflows in {workbench.local.workspace.root}; create one with: {command}")
            return ExitCode.DONE
        states = {"ready": "green", "stale": "yellow", "errors": "red"}
        cells = []
        for row in rows:
            last, stats = row.stats.last, row.stats
            state = f"{row.errors} error{'s' * (row.errors != 1)}" if row.errors else row.state
            state += ", read-only" * row.read_only
            cells.append(
                [
                    row.id,
                    terminal.paint(state, states[row.state]),
                    f"{terminal.glyph(shown_status(last))} {shown_status(last)}" if last else "-",
                    local_text(last.started_at, DATE_AND_MINUTE) if last and last.started_at else "-",
                    "-" if stats.success_rate is None else f"{stats.success_rate:.0%}",
                    "-" if stats.median_ms is None else format_duration(stats.median_ms / 1000),
                    row.name,
                ]
            )
        header = ["ID", "STATE", "LAST RUN", "STARTED", "OK", "MEDIAN", "NAME"]
        terminal.table(header, cells, right=frozenset({4, 5}))
        return ExitCode.DONE

    return with_any_workbench(arguments, work)


COMMANDS: dict[str, Command] = {"new": new, "list": list_}
