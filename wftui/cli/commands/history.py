"""The `history`, `show` and `cleanup` commands: past runs."""

import argparse
from collections.abc import AsyncIterator, Sequence

from wftui.cli.inputs import parse_timestamp
from wftui.cli.options import Command
from wftui.cli.progress import print_outputs
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode
from wftui.model.run.events import ExecutionEvent, Log
from wftui.model.run.record import ExecutionRecord, steps_to_wire
from wftui.model.run.steps import StepResult
from wftui.model.run.summary import CleanupReport, ExecutionFilters
from wftui.model.workflow.durations import format_duration
from wftui.workbench import Workbench

_PAGE = 1000


def history(arguments: argparse.Namespace) -> int:
    """Run `history`."""

    async def work(workbench: Workbench) -> int:
        terminal, now = Terminal(), workbench.clock()
        filters = ExecutionFilters(
            workflow_id=arguments.workflow,
            status=arguments.status,
            user_id=arguments.user,
            since=parse_timestamp(arguments.since, now) if arguments.since else None,
            until=parse_timestamp(arguments.until, now) if arguments.until else None,
            text=arguments.text,
            children=not arguments.no_children,
        )
        page = await workbench.runs.history(filters, limit=arguments.limit, cursor=arguments.cursor)
        if arguments.json:
            terminal.json(page.to_wire())
            return ExitCode.DONE
        rows = [
            [
                run.id,
                f"{terminal.glyph(run.status)} {run.status}",
                run.workflow_id,
                f"{run.started_at.astimezone():%Y-%m-%d %H:%M:%S}" if run.started_at else "-",
                format_duration(run.duration / 1000) if run.duration is not None else "-",
                run.user_id,
                run.error.message.splitlines()[0][:60] if run.error and run.error.message else "",
            ]
            for run in page.executions
        ]
        if rows:
            terminal.table(
                ["RUN", "STATUS", "WORKFLOW", "STARTED", "TIME", "USER", "ERROR"], rows, right=frozenset({4})
            )
        else:
            terminal.line("no runs" + (" match" if filters != ExecutionFilters() else " yet"))
        if page.next:
            terminal.line(terminal.paint(f"next page: --cursor {page.next}", "dim"))
        return ExitCode.DONE

    return with_workbench(arguments, work)


def show(arguments: argparse.Namespace) -> int:
    """Run `show RUN`: exit 4 if the run does not exist."""

    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        run_id = await workbench.runs.find(arguments.run)
        if arguments.events or arguments.logs:
            pages = _pages(workbench, run_id, logs_only=arguments.logs)
            if arguments.json:
                terminal.json([event.to_wire() async for page in pages for event in page])
                return ExitCode.DONE
            async for page in pages:
                if arguments.logs:
                    _print_logs(terminal, page)
                else:
                    terminal.json_lines(event.to_json() for event in page)
            return ExitCode.DONE
        if arguments.step is not None:
            steps = await workbench.runs.steps(run_id, [arguments.step], whole=True)
            if arguments.json:
                terminal.json(steps_to_wire(steps))
            else:
                _print_steps(terminal, steps)
                _print_values(terminal, steps[0])
            return ExitCode.DONE
        record = await workbench.runs.record(run_id, whole=True)
        if arguments.json:
            terminal.json(record.to_wire())
        else:
            _print_record(terminal, record)
            if record.status == "interrupted":
                for sentence in await workbench.runs.left_running(run_id):
                    terminal.line(terminal.paint(sentence, "yellow"))
        return ExitCode.DONE

    return with_workbench(arguments, work)


async def _pages(workbench: Workbench, run_id: str, *, logs_only: bool) -> AsyncIterator[list[ExecutionEvent]]:
    after = 0
    while page := await workbench.runs.events(run_id, after=after, limit=_PAGE):
        after = page[-1].seq
        yield [event for event in page if isinstance(event, Log)] if logs_only else page


def _print_logs(terminal: Terminal, events: list[ExecutionEvent]) -> None:
    colours = {"debug": "dim", "info": "dim", "warn": "yellow", "error": "red"}
    for event in events:
        if isinstance(event, Log):
            time = f"{event.timestamp.astimezone():%H:%M:%S}"
            for line in event.message.splitlines():
                terminal.line(
                    f"{time} {terminal.paint(f'{event.level:<5}', colours[event.level])} {event.path or '-'}  {line}"
                )


def _print_record(terminal: Terminal, record: ExecutionRecord) -> None:
    took = format_duration(record.duration / 1000) if record.duration is not None else "-"
    terminal.line(f"{terminal.glyph(record.status)} {record.workflow_id} {record.status}  {record.id}")
    started = f"{record.started_at.astimezone():%Y-%m-%d %H:%M:%S}" if record.started_at else "never"
    terminal.line(f"  started {started}, duration {took}, user {record.user_id or '-'}")
    if record.parent_id:
        how = f"started by step {record.parent_path} of" if record.parent_path else "rerun of"
        terminal.line(f"  {how} {record.parent_id}")
    _print_steps(terminal, record.step_results)
    if record.error:
        terminal.line(terminal.paint(f"{record.error.type}: {record.error.message}", "red"))
    print_outputs(terminal, record.outputs)


def _print_steps(terminal: Terminal, steps: Sequence[StepResult]) -> None:
    """Print one line per step, nested steps after their parent."""
    inside: dict[str | None, list[StepResult]] = {}
    for step in steps:
        inside.setdefault(step.parent, []).append(step)
    paths = {step.path for step in steps}
    to_print = [step for step in reversed(steps) if step.parent not in paths]
    while to_print:
        step = to_print.pop()
        to_print += reversed(inside.get(step.path, []))
        time = format_duration(step.duration / 1000) if step.duration is not None else ""
        more = step.skip_reason or (f"{step.error.type}: {step.error.message}" if step.error else "")
        if step.iterations is not None and step.iterations.omitted:
            more = more or f"{step.iterations.omitted:,} more items; see: wftui show RUN --step '{step.path}[0]'"
        tries = f" x{len(step.attempts)}" if len(step.attempts) > 1 else ""
        terminal.line(f"  {terminal.glyph(step.status)} {step.path:<28} {time:>7}{tries}  {more}".rstrip())


def _print_values(terminal: Terminal, step: StepResult) -> None:
    """Print input and output of a step."""
    print_outputs(terminal, {"input": step.input, "output": step.output})
    if step.error is not None:
        terminal.line(terminal.paint(f"{step.error.type}: {step.error.message}", "red"))


def cleanup(arguments: argparse.Namespace) -> int:
    """Run `cleanup`: by the settings, unless options override them."""

    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        report = await _clean_up(workbench, arguments)
        if arguments.json:
            kept_all = CleanupReport(runs=0, bytes_before=0, bytes_after=0, dry_run=arguments.dry_run)
            terminal.json((report or kept_all).to_wire())
        elif report is None:
            terminal.line("no retention configured; set history.keep_days or history.keep_runs,")
            terminal.line("or use --older-than AGE or --keep N")
        else:
            _print_cleanup(terminal, report)
        return ExitCode.DONE

    return with_workbench(arguments, work)


async def _clean_up(workbench: Workbench, arguments: argparse.Namespace) -> CleanupReport | None:
    only, dry_run = arguments.workflow, arguments.dry_run
    if arguments.older_than is None and arguments.keep is None:
        return await workbench.retention.apply(only, dry_run=dry_run)
    older_than = parse_timestamp(arguments.older_than, workbench.clock()) if arguments.older_than else None
    return await workbench.retention.cleanup(older_than, keep=arguments.keep, workflow_id=only, dry_run=dry_run)


def _print_cleanup(terminal: Terminal, report: CleanupReport) -> None:
    terminal.line(f"{'would remove' if report.dry_run else 'removed'} {report.runs:,} run{'s' * (report.runs != 1)}")
    if len(report.workflows) > 1 or report.dry_run:
        for workflow_id, runs in report.workflows.items():
            terminal.line(f"  {workflow_id}  {runs:,}")
    if not report.dry_run:
        terminal.line(f"database size: {report.bytes_before:,} -> {report.bytes_after:,} bytes")


COMMANDS: dict[str, Command] = {"history": history, "show": show, "cleanup": cleanup}
