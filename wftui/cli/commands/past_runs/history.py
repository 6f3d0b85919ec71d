"""The `history` and `cleanup` commands: past runs."""

import argparse

from wftui.cli.inputs import parse_filters, parse_when
from wftui.cli.options import Command
from wftui.cli.saved_filters import with_saved
from wftui.cli.session import with_any_workbench, with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode, UsageError
from wftui.model.run.summary import CleanupReport, ExecutionFilters, ExecutionSummary, RunGroup, RunGroups
from wftui.model.run_notes import OwnerWatch, shown_status, waiting_note
from wftui.model.text.cuts import beginning
from wftui.model.text.local_times import local_text
from wftui.model.workflow.durations import format_duration
from wftui.workbench import Workbench
from wftui.workbench.protocols import AnyWorkbench

_PAGE = 500
_ERROR = 60
"""Characters of an error in a table."""
_LIMIT = 50
"""Runs or groups that are printed without `--limit`."""
_OPTIONS = (
    *("workflow", "status", "user", "label", "since", "until", "longer_than", "saved", "error", "text", "contains"),
    *("sort", "group", "no_children", "limit", "cursor", "format"),
)
"""Options of the list, by their names in the arguments."""


def history(arguments: argparse.Namespace) -> int:
    """Run `history`."""
    _refuse_ignored(arguments)
    if arguments.action == "import":
        return _import(arguments)

    async def work(workbench: AnyWorkbench) -> int:
        terminal, now = Terminal(), workbench.clock()
        filters = parse_filters(arguments, now).model_copy(
            update={
                "text": arguments.text,
                "contains": arguments.contains,
                "children": not arguments.no_children,
            }
        )
        filters = await with_saved(workbench, filters, arguments.saved)
        if arguments.group is not None:
            await _print_groups(terminal, workbench, filters, arguments)
            return ExitCode.DONE
        if arguments.format != "table":
            await _print_all(terminal, workbench, filters, arguments)
            return ExitCode.DONE
        page = await workbench.runs.history(
            filters, limit=arguments.limit or _LIMIT, cursor=arguments.cursor, sort=arguments.sort or "-started"
        )
        if arguments.json:
            terminal.json(page.to_wire())
            return ExitCode.DONE
        rows = [
            [
                run.id,
                f"{terminal.glyph(shown_status(run))} {shown_status(run)}",
                run.workflow_id,
                local_text(run.started_at) if run.started_at else "-",
                format_duration(run.duration / 1000) if run.duration is not None else "-",
                run.user_id,
                _note(run),
            ]
            for run in page.executions
        ]
        if rows:
            terminal.table(
                ["RUN", "STATUS", "WORKFLOW", "STARTED", "TIME", "USER", "ERROR"], rows, right=frozenset({4})
            )
        else:
            terminal.line("no runs" + (" match" if filters != ExecutionFilters() else " yet"))
        if page.next or arguments.cursor:
            total = await workbench.runs.count(filters)
            terminal.line(terminal.paint(f"{len(rows):,} of {total:,} runs", "dim"))
        if page.next:
            terminal.line(terminal.paint(f"next page: --cursor {page.next}", "dim"))
        return ExitCode.DONE

    return with_any_workbench(arguments, work)


def _refuse_ignored(arguments: argparse.Namespace) -> None:
    """Refuse options that would have no effect.

    Raises:
        UsageError: there is one.
    """
    given = [name for name in _OPTIONS if getattr(arguments, name) not in (None, False)]
    if arguments.format == "table":
        given.remove("format")
    if arguments.action == "import":
        without, why = given, "import takes one file"
    elif "format" in given:
        if arguments.json or arguments.group:
            other = "--json" if arguments.json else "--group"
            raise UsageError(f"{other} and --format are mutually exclusive", code="usage.history")
        without, why = [name for name in ("limit", "cursor") if name in given], "--format prints all runs"
    else:
        without = [name for name in ("cursor", "sort") if arguments.group is not None and name in given]
        why = "--group counts all runs"
    if without:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in without)
        raise UsageError(f"{why}: leave out {options}", code="usage.history")


def _note(run: ExecutionSummary) -> str:
    """Return the beginning of the error of a run, or its wait and its process."""
    if run.error is not None:
        return beginning(run.error.message.partition("\n")[0], _ERROR)
    return waiting_note(run, OwnerWatch().silence(run.owner) if run.owner is not None else "")


async def _print_groups(
    terminal: Terminal, workbench: AnyWorkbench, filters: ExecutionFilters, arguments: argparse.Namespace
) -> None:
    groups = await workbench.runs.groups(filters, arguments.group)
    limit = arguments.limit or _LIMIT
    if arguments.json:
        terminal.json(RunGroups(by=arguments.group, groups=groups[: arguments.limit]).to_wire())
    elif not groups:
        terminal.line("no runs" + (" match" if filters != ExecutionFilters() else " yet"))
    else:
        rows = [
            [
                f"{group.runs:,}",
                group.value,
                group.last_run,
                *([_error_line(group)] if group.message is not None else []),
            ]
            for group in groups[:limit]
        ]
        heading = ["RUNS", arguments.group.upper(), "NEWEST"]
        terminal.table([*heading, *(["MESSAGE"] if arguments.group == "error" else [])], rows, right=frozenset({0}))
        if len(groups) > limit:
            terminal.line(terminal.paint(f"{len(groups) - limit:,} more; --limit N shows them", "dim"))


def _error_line(group: RunGroup) -> str:
    """Return the beginning of the message of a group."""
    return beginning((group.message or "").partition("\n")[0], _ERROR)


async def _print_all(
    terminal: Terminal, workbench: AnyWorkbench, filters: ExecutionFilters, arguments: argparse.Namespace
) -> None:
    """Print the runs of all pages."""
    cursor: str | None = None
    is_first = True
    while cursor is not None or is_first:
        page = await workbench.runs.history(filters, limit=_PAGE, cursor=cursor, sort=arguments.sort or "-started")
        if arguments.format == "csv":
            from wftui.model.exports.csv_rows import csv_lines

            terminal.text(csv_lines(page.executions, header=is_first))
        else:
            terminal.json_lines(run.to_json() for run in page.executions)
        cursor, is_first = page.next, False


def _import(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        run_id = await workbench.transfer.import_file(arguments.file)
        if arguments.json:
            Terminal().json({"runId": run_id})
        else:
            Terminal().line(f"imported {run_id}")
        return ExitCode.DONE

    return with_workbench(arguments, work)


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
    older_than = parse_when(arguments.older_than, workbench.clock()) if arguments.older_than is not None else None
    return await workbench.retention.cleanup(older_than, keep=arguments.keep, workflow_id=only, dry_run=dry_run)


def _print_cleanup(terminal: Terminal, report: CleanupReport) -> None:
    terminal.line(f"{'would remove' if report.dry_run else 'removed'} {report.runs:,} run{'s' * (report.runs != 1)}")
    if len(report.workflows) > 1 or report.dry_run:
        for workflow_id, runs in report.workflows.items():
            terminal.line(f"  {workflow_id}  {runs:,}")
    if report.counted_to is not None:
        terminal.line(
            f"days are counted to {local_text(report.counted_to)}, because no run shows that the clock is right;"
        )
        terminal.line("--older-than AGE goes by the clock")
    if not report.dry_run:
        terminal.line(f"database size: {report.bytes_before:,} -> {report.bytes_after:,} bytes")


COMMANDS: dict[str, Command] = {"history": history, "cleanup": cleanup}
