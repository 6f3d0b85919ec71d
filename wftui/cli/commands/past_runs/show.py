"""The `show` command: one run, its log, its events."""

import argparse
import re
from collections.abc import AsyncIterator, Collection, Sequence
from typing import get_args

from wftui.cli.options import Command
from wftui.cli.progress import print_outputs
from wftui.cli.run_files import with_runs
from wftui.cli.terminal import Terminal
from wftui.model.data_class import dataclass
from wftui.model.errors import ExitCode, UsageError
from wftui.model.run.events import ExecutionEvent, Log
from wftui.model.run.paths import is_at_or_in
from wftui.model.run.record import ExecutionRecord, Interruption, steps_to_wire
from wftui.model.run.search import REGEX, finder
from wftui.model.run.steps import LogLevel, StepResult
from wftui.model.run_notes import OwnerWatch
from wftui.model.text.commands import shown_command
from wftui.model.text.local_times import local_text
from wftui.model.text.terminal_text import without_colors
from wftui.model.text.text_styles import split_styles, with_styles
from wftui.model.workflow.durations import format_duration
from wftui.workbench.past_runs.search_service import check_search
from wftui.workbench.protocols import AnyWorkbench

_PAGE = 1000
_LEVELS: tuple[LogLevel, ...] = get_args(LogLevel)
_COLORS = {"debug": "dim", "info": "dim", "warn": "yellow", "error": "red"}


@dataclass(frozen=True, slots=True)
class _Selection:
    """The part of a run to print.

    Attributes:
        paths: addresses of steps; None: the whole run.
        level: lowest level of log lines.
        stream: stream of log lines.
        text: text of log lines; None: any.
    """

    paths: Collection[str] | None
    level: LogLevel
    stream: str | None
    text: re.Pattern[str] | None

    def takes(self, event: ExecutionEvent) -> bool:
        """Return whether an event belongs to it."""
        if isinstance(event, Log) and _LEVELS.index(event.level) < _LEVELS.index(self.level):
            return False
        if self.stream is not None and not (isinstance(event, Log) and event.stream == self.stream):
            return False
        path = getattr(event, "path", None)
        return self.paths is None or (path is not None and any(is_at_or_in(path, wanted) for wanted in self.paths))

    def part(self, event: ExecutionEvent) -> ExecutionEvent | None:
        """Return the part of an event that matches: of a log, the lines with the text."""
        if not self.takes(event):
            return None
        if self.text is None or not isinstance(event, Log):
            return event
        from wftui.runtime.patterns.searching import first_match

        lines = with_styles(event.message, event.styles).split("\n")
        lines = [line for line in lines if first_match(self.text, without_colors(line))]
        message, styles = split_styles("\n".join(lines))
        return event.model_copy(update={"message": message, "styles": styles or None}) if lines else None


def show(arguments: argparse.Namespace) -> int:
    """Run `show RUN`: exit 4 if the run or the step does not exist."""
    for option in ("level", "stream", "text"):
        if getattr(arguments, option) is not None and not arguments.logs:
            raise UsageError(f"--{option} selects log lines; add --logs", code="usage.show")
    if arguments.regex and arguments.text is None:
        raise UsageError("--regex needs --text", code="usage.show")
    if arguments.logs and arguments.events:
        raise UsageError("--logs and --events are mutually exclusive; --events includes the log", code="usage.show")

    async def work(workbench: AnyWorkbench, ids: Sequence[str]) -> int:
        terminal, run_id = Terminal(), ids[0]
        if arguments.events or arguments.logs:
            await _print_events(terminal, workbench, run_id, arguments)
        elif arguments.step is not None or arguments.failed:
            paths = await _paths(workbench, run_id, arguments) or []
            steps = await workbench.runs.steps(run_id, paths, whole=True) if paths else []
            see = shown_command(["show", run_id], workbench.place)
            _print_selected(terminal, steps, see, as_json=arguments.json, values=arguments.step is not None)
        else:
            record = await workbench.runs.record(run_id, whole=True)
            if arguments.json:
                terminal.json(record.to_wire())
            else:
                await _print_run(terminal, workbench, record)
        return ExitCode.DONE

    return with_runs(arguments, [arguments.run], work)


async def _paths(workbench: AnyWorkbench, run_id: str, arguments: argparse.Namespace) -> list[str] | None:
    """Return the addresses of the steps to print; None: all.

    Raises:
        NotFoundError: the run has no step at the address of `--step`.
    """
    if not arguments.failed:
        if arguments.step is None:
            return None
        await workbench.runs.steps(run_id, [arguments.step])
        return [arguments.step]
    record = await workbench.runs.record(run_id)
    failed = [step for step in record.step_results if step.status == "failed"]
    if arguments.step is not None:
        failed = [step for step in await workbench.runs.steps(run_id, [arguments.step]) if step.status == "failed"]
    outer = {step.parent for step in failed}
    return [step.path for step in failed if step.path not in outer]


async def _print_events(
    terminal: Terminal, workbench: AnyWorkbench, run_id: str, arguments: argparse.Namespace
) -> None:
    text = f"{REGEX}{arguments.text}" if arguments.regex else arguments.text
    if text is not None:
        check_search(text)
    wanted = finder(text) if text is not None else None
    paths = await _paths(workbench, run_id, arguments)
    selection = _Selection(paths, arguments.level or "debug", arguments.stream, wanted)
    source = workbench.records.logs(run_id) if arguments.logs else _pages(workbench, run_id)
    pages = ([part for event in page if (part := selection.part(event)) is not None] async for page in source)
    if arguments.json:
        terminal.json([event.to_wire() async for page in pages for event in page])
        return
    async for page in pages:
        if arguments.logs:
            _print_logs(terminal, page)
        else:
            terminal.json_lines(event.to_json() for event in page)


async def _pages(workbench: AnyWorkbench, run_id: str) -> AsyncIterator[Sequence[ExecutionEvent]]:
    after = 0
    while page := await workbench.runs.events(run_id, after=after, limit=_PAGE):
        after = page[-1].seq
        yield page


def _print_logs(terminal: Terminal, events: Sequence[ExecutionEvent]) -> None:
    for event in events:
        if isinstance(event, Log):
            time = local_text(event.timestamp)
            word = "2>" if event.stream == "stderr" and event.level == "info" else event.level
            level = terminal.paint(f"{word:<5}", "yellow" if word == "2>" else _COLORS[event.level])
            for line in with_styles(event.message, event.styles).split("\n"):
                terminal.line(f"{time} {level} {event.path or '-'}  {line}")


def _print_selected(terminal: Terminal, steps: Sequence[StepResult], see: str, *, as_json: bool, values: bool) -> None:
    if as_json:
        terminal.json(steps_to_wire(list(steps)))
    elif not steps:
        terminal.line("no step has failed")
    else:
        _print_steps(terminal, steps, see)
        if values:
            _print_values(terminal, steps[0])


async def _print_run(terminal: Terminal, workbench: AnyWorkbench, record: ExecutionRecord) -> None:
    _print_record(terminal, record, workbench.place)
    for step in record.step_results:
        if step.waiting is not None and step.waiting.reason == "approval" and record.status == "running":
            _print_approval(terminal, record, step, workbench.place)
    if record.status == "running" and (owner := (await workbench.records.summary(record.id)).owner) is not None:
        since = f" since {local_text(owner.since)}" if owner.since is not None else ""
        terminal.line(f"running in process {owner.pid} on {owner.host}{since}")
        if sentence := OwnerWatch().unresponsive(owner):
            terminal.line(terminal.paint(sentence, "yellow"))
    if record.status == "interrupted":
        for sentence in await workbench.runs.left_running(record.id):
            terminal.line(terminal.paint(sentence, "yellow"))


def _print_approval(terminal: Terminal, record: ExecutionRecord, step: StepResult, place: Sequence[str]) -> None:
    """Print what a step asks, since when, and the commands that answer."""
    assert step.waiting is not None
    begun = step.attempts[-1].started_at if step.attempts else step.started_at
    since = f" since {local_text(begun)}" if begun is not None else ""
    terminal.line(terminal.paint(f"{step.path} waits for approval{since}", "yellow"))
    for line in (step.waiting.prompt or "").splitlines():
        terminal.line(f"  {line}")
    if step.waiting.until is not None:
        terminal.line(f"  answered automatically at {local_text(step.waiting.until)}")
    words = ["approve", record.id, step.path]
    terminal.line(f"  {shown_command([*words, *(['--data', 'JSON'] if step.waiting.form else [])], place)}")
    terminal.line(f"  {shown_command([*words, '--reject'], place)}  # {step.waiting.rejection_effect}")


def _print_record(terminal: Terminal, record: ExecutionRecord, place: Sequence[str]) -> None:
    took = format_duration(record.duration / 1000) if record.duration is not None else "-"
    terminal.line(f"{terminal.glyph(record.status)} {record.workflow_id} {record.status}  {record.id}")
    started = local_text(record.started_at) if record.started_at else "never"
    terminal.line(f"  started {started}, duration {took}, user {record.user_id or '-'}")
    for gap in record.interruptions or ():
        until = f"for {_gap(gap)} until {local_text(gap.until)}" if gap.until else "since then"
        terminal.line(f"  interrupted at {local_text(gap.since)}, {until}; not counted in durations")
    if record.imported_from is not None:
        terminal.line(f"  imported from {record.imported_from}")
    if record.parent_id:
        how = f"started by step {record.parent_path} of" if record.parent_path else "rerun of"
        terminal.line(f"  {how} {record.parent_id}")
    if record.queued is not None:
        terminal.line(terminal.paint(f"  {record.queued.why}", "yellow"))
    see = shown_command(["show", record.id], place)
    _print_steps(terminal, record.step_results, see, is_interrupted=record.status == "interrupted")
    if record.error:
        terminal.line(terminal.paint(f"{record.error.type}: {record.error.message}", "red"))
    print_outputs(terminal, record.outputs)


def _gap(gap: Interruption) -> str:
    return format_duration((gap.until - gap.since).total_seconds()) if gap.until is not None else ""


def _print_steps(terminal: Terminal, steps: Sequence[StepResult], see: str, *, is_interrupted: bool = False) -> None:
    """Print one line per step, nested steps after their parent.

    Args:
        see: the command that prints the run.
        is_interrupted: the process of the run has ended, so that no step runs or waits.
    """
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
        if is_interrupted and step.status in {"running", "waiting"}:
            more = f"was {step.status} when its process ended"
        elif step.waiting is not None and step.waiting.reason == "worker":
            more = f"waiting: {step.waiting.why}"
        if step.iterations is not None and step.iterations.omitted:
            more = more or f"{step.iterations.omitted:,} more items; see: {see} --step '{step.path}[0]'"
        if step.kept_from is not None and (step.iterations is None or not step.iterations.omitted):
            more = f"kept from {step.kept_from}{f': {more}' if more else ''}"
        more = more or step.place or ""
        tries = f" x{len(step.attempts)}" if len(step.attempts) > 1 else ""
        terminal.line(f"  {terminal.glyph(step.status)} {step.path:<28} {time:>7}{tries}  {more}".rstrip())


def _print_values(terminal: Terminal, step: StepResult) -> None:
    """Print input and output of a step."""
    print_outputs(terminal, {"input": step.input, "output": step.output})
    if step.error is not None:
        terminal.line(terminal.paint(f"{step.error.type}: {step.error.message}", "red"))


COMMANDS: dict[str, Command] = {"show": show}
