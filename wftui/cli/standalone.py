"""Command line of a compiled workflow: `python workflow.py -i repo=.`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from wftui.cli.inputs import read_connections, read_inputs
from wftui.cli.options import CommandParser, add_connections, add_inputs, add_pool
from wftui.cli.progress import StepLines, exit_code, print_outputs
from wftui.cli.terminal import Terminal
from wftui.model.base import Json
from wftui.model.errors import ExitCode, UserError
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.reducer import apply, new_record
from wftui.model.workers_address import workers_address
from wftui.runtime.plan import WorkflowPlan
from wftui.settings.settings_file import read_settings, settings_path


def main(plan: WorkflowPlan, argv: Sequence[str] | None = None) -> int:
    """Run a compiled workflow from its own command line; return the exit code."""
    parser = CommandParser(
        description=f"{plan.name}: {plan.description}" if plan.description else plan.name,
        epilog=_describe_inputs(plan),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_inputs(parser)
    if plan.connections:
        add_connections(parser)
    add_pool(parser)
    parser.add_argument("--json", action="store_true", help="print the run's record as one JSON document")
    arguments = parser.parse_args(argv)
    terminal = Terminal(beside_run=True)
    try:
        inputs = read_inputs(arguments, plan.input_schema)
        connections = read_connections(arguments) if plan.connections else {}
        folder = Path(sys.argv[0]).resolve().parent
        return asyncio.run(_run(plan, inputs, connections, arguments.pool, terminal, folder, as_json=arguments.json))
    except UserError as error:
        Terminal().error(f"{parser.prog}: error[{error.code}] {error}")  # at once: nothing follows
        return error.exit_code
    except Exception:  # noqa: BLE001  (a defect of the program: its traceback may hold texts of files)
        terminal.crash()
        return ExitCode.FAILED


async def _run(
    plan: WorkflowPlan,
    inputs: dict[str, Json],
    connections: dict[str, str],
    pool: str | None,
    terminal: Terminal,
    folder: Path,
    *,
    as_json: bool,
) -> int:
    from wftui.engine.host.standalone_run import run_plan
    from wftui.engine.primitives.engine_settings import EngineSettings
    from wftui.workers.remote_work import RemoteWork

    lines = StepLines(terminal)
    seen = new_record("")

    def tell(event: ExecutionEvent) -> None:
        if not as_json:
            apply(seen, event)
            lines.event(seen, event)

    address = workers_address(os.environ, read_settings(settings_path()).workers)
    workers, settings = RemoteWork(address), EngineSettings(workers=address)
    try:
        record = await run_plan(
            plan, inputs, tell, connections=connections, pool=pool, workers=workers, settings=settings, folder=folder
        )
    finally:
        await workers.close()
    if as_json:
        terminal.json(record.to_wire())
    else:
        lines.end(record)
        print_outputs(terminal, record.outputs)
        if record.error is not None:
            terminal.error(f"error[{record.error.type}] {record.error.message}")
    await terminal.drained()
    return exit_code(record)


def _describe_inputs(plan: WorkflowPlan) -> str:
    properties = plan.input_schema.get("properties", {})
    required = plan.input_schema.get("required", [])
    lines = ["inputs:"] if properties else ["This workflow takes no inputs."]
    for name, schema in properties.items():
        kind = schema.get("type", "any") if isinstance(schema, dict) else "any"
        need = (
            "required" if name in required else f"default {schema['default']!r}" if "default" in schema else "optional"
        )
        lines.append(f"  -i {name}={str(kind).upper()}  ({need})  {schema.get('description', '')}".rstrip())
    return "\n".join(lines)
