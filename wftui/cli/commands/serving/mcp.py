"""The `mcp` command: lock the tools of a workflow's MCP servers."""

import argparse
from collections.abc import Mapping

from wftui.cli.inputs import read_inputs
from wftui.cli.options import Command
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.base import Json
from wftui.model.errors import ExitCode
from wftui.model.json.incremental import read_json
from wftui.model.schema.computed_defaults import with_computed_apart
from wftui.model.schema.json_schema import as_object
from wftui.workbench import Workbench


def mcp(arguments: argparse.Namespace) -> int:
    """Run `mcp lock`: exit 1 if a server fails, or on changes with `--check`."""

    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        source = await workbench.workflows.read(arguments.id)
        inputs = read_inputs(arguments, _input_schema(source.text))
        report = await workbench.steps.lock_tools(arguments.id, inputs, write=not arguments.check)
        if arguments.json:
            terminal.json({"changes": report.changes, "failures": report.failures, "lock": report.lock.to_wire()})
        else:
            for line in report.changes:
                terminal.line(line)
            if not report.changes and not report.failures:
                tools = sum(len(server.tools) for server in report.lock.servers)
                terminal.line(f"no changes: {tools} tools of {len(report.lock.servers)} servers")
        for failure in report.failures:
            terminal.error(f"wftui: error[mcp.lock] {failure}")
        if report.failures or (arguments.check and report.changes):
            return ExitCode.FAILED
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _input_schema(text: str) -> Mapping[str, Json]:
    """Return the input schema, also of a workflow that does not compile yet."""
    try:
        return with_computed_apart(as_object(as_object(read_json(text)).get("inputSchema")))
    except ValueError:
        return {}


COMMANDS: dict[str, Command] = {"mcp": mcp}
