"""The `run`, `rerun`, `resume`, `watch`, `cancel` and `approve` commands."""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from wftui.cli.inputs import read_connections, read_inputs
from wftui.cli.options import Command
from wftui.cli.progress import StepLines, exit_code, print_outputs
from wftui.cli.session import with_any_workbench
from wftui.cli.terminal import Terminal
from wftui.engine.restart.restart_plan import StepDecision, repetition
from wftui.model.base import Json
from wftui.model.errors import ConflictError, ExitCode, NotFoundError, UsageError, UserError
from wftui.model.json.incremental import read_json
from wftui.model.run.record import ExecutionRecord
from wftui.model.run_notes import OwnerWatch
from wftui.model.text.commands import shown_command
from wftui.steps.process.process_mark import MARK
from wftui.workbench import Settings
from wftui.workbench.c_heap import use_one_arena
from wftui.workbench.forced_exit import call_on_signal, ignore_signals
from wftui.workbench.protocols import AnyWorkbench

ResultT = TypeVar("ResultT")

_PATIENCE = 5.0
"""Seconds to wait for a reader who reads nothing, after a signal to end."""
_LOOK_SECONDS = 2.0
"""Seconds between two looks at the process of a run that is waited for."""


def run(arguments: argparse.Namespace) -> int:
    """Run `run ID`."""

    async def work(workbench: AnyWorkbench) -> int:
        inputs = read_inputs(arguments, await workbench.workflows.input_schema(arguments.id))
        if arguments.detach and workbench.server is None:
            return await asyncio.to_thread(_detach, arguments, workbench.local.settings, inputs)
        run_id = await workbench.runs.start(
            arguments.id, inputs, connections=read_connections(arguments), pool=arguments.pool, key=arguments.key
        )
        if arguments.detach:  # the run does not depend on this process
            Terminal().line(run_id)
            return ExitCode.DONE
        if arguments.announce is not None:
            with suppress(BrokenPipeError):  # the process that started this one has ended
                os.write(arguments.announce, f"{run_id}\n".encode())
            os.close(arguments.announce)
        if workbench.server is None and run_id not in workbench.runs.running():  # the key has started it before
            terminal = Terminal(beside_run=True)
            return await _naming_silence(workbench, run_id, terminal, _follow(workbench, run_id, arguments, terminal))
        return await _follow_own(workbench, run_id, arguments)

    if arguments.remote is None:
        use_one_arena()
    return with_any_workbench(arguments, work)


def rerun(arguments: argparse.Namespace) -> int:
    """Run `rerun RUN`: start a child run; `--plan` only prints the plan."""
    reuse = arguments.from_step is not None or arguments.from_failed
    if arguments.plan and not reuse:
        raise UsageError("--plan requires --from STEP or --from-failed; otherwise every step runs", code="usage.plan")

    async def work(workbench: AnyWorkbench) -> int:
        record = await workbench.runs.record(arguments.run)
        inputs = read_inputs(arguments, await workbench.workflows.input_schema(record.workflow_id))
        chosen = read_connections(arguments)
        if arguments.plan:
            decisions = await workbench.runs.plan_restart(
                record.id, inputs, from_step=arguments.from_step, connections=chosen, pool=arguments.pool
            )
            _print_plan(Terminal(), decisions, as_json=arguments.json)
            return ExitCode.DONE
        with _secret_input_hint():
            run_id = await workbench.runs.rerun(
                record.id,
                inputs,
                reuse=reuse,
                from_step=arguments.from_step,
                connections=chosen,
                pool=arguments.pool,
                confirmed=arguments.confirmed,
            )
        return await _follow_own(workbench, run_id, arguments)

    return with_any_workbench(arguments, work)


def resume(arguments: argparse.Namespace) -> int:
    """Run `resume RUN`: resume a run whose process died, or print the plan."""

    async def work(workbench: AnyWorkbench) -> int:
        run_id = await workbench.runs.find(arguments.run)
        if arguments.plan:
            _print_plan(Terminal(), await workbench.runs.plan_resume(run_id), as_json=arguments.json)
            return ExitCode.DONE
        inputs = read_inputs(arguments, await workbench.runs.input_schema(run_id))
        with _secret_input_hint():
            await workbench.runs.resume(run_id, inputs, confirmed=arguments.confirmed)
        return await _follow_own(workbench, run_id, arguments)

    return with_any_workbench(arguments, work)


@contextmanager
def _secret_input_hint() -> Iterator[None]:
    """Add to an error about missing secret inputs how to pass them."""
    try:
        yield
    except UsageError as error:
        if error.code != "inputs.secret":
            raise
        raise UsageError(f"{error}; pass it as -i NAME=env:VARIABLE or -i NAME=@FILE", code=error.code) from None


def _print_plan(terminal: Terminal, decisions: Sequence[StepDecision], *, as_json: bool) -> None:
    if as_json:
        terminal.json([each.to_wire() for each in decisions])
        return
    rows = [
        [terminal.paint(each.action, "dim" if each.action == "keep" else "blue"), each.path, each.note]
        for each in decisions
    ]
    terminal.table(["", "STEP", "REASON"], rows)
    for sentence in repetition(decisions):
        terminal.line(sentence)


def watch(arguments: argparse.Namespace) -> int:
    """Run `watch RUN`: follow a run without affecting it."""

    async def work(workbench: AnyWorkbench) -> int:
        run_id = await workbench.runs.find(arguments.run)
        terminal = Terminal(beside_run=True)
        return await _naming_silence(workbench, run_id, terminal, _follow(workbench, run_id, arguments, terminal))

    return with_any_workbench(arguments, work)


def cancel(arguments: argparse.Namespace) -> int:
    """Run `cancel RUN`: request cancellation and wait for the end of the run."""

    async def work(workbench: AnyWorkbench) -> int:
        run_id = await workbench.runs.find(arguments.run)
        before = await workbench.runs.head(run_id)
        action = next(action for action in workbench.runs.actions(before) if action.id == "cancel")
        if not action.enabled:
            raise UsageError(f"cannot cancel run {run_id}: {action.reason}", code="run.ended")
        terminal = Terminal()
        await workbench.runs.cancel(run_id)
        await _naming_silence(workbench, run_id, terminal, workbench.runs.until_end(run_id))
        record = await workbench.runs.head(run_id)
        terminal.line(f"{terminal.glyph(record.status)} {run_id} {record.status}")
        return ExitCode.DONE

    return with_any_workbench(arguments, work)


async def _naming_silence(
    workbench: AnyWorkbench, run_id: str, terminal: Terminal, follow: Coroutine[None, None, ResultT]
) -> ResultT:
    """Follow a run; print it whenever its process begins not to react."""
    following, owners = asyncio.ensure_future(follow), OwnerWatch()
    is_silent = False
    try:
        while not (await asyncio.wait([following], timeout=_LOOK_SECONDS))[0]:
            with suppress(UserError):  # what follows the run says what is wrong
                reason = owners.unresponsive((await workbench.records.summary(run_id)).owner)
                if reason and not is_silent:
                    terminal.error(f"wftui: waiting for the end of run {run_id}: {reason}")
                is_silent = bool(reason)
        return await following
    finally:
        if not following.done():
            following.cancel()
            await asyncio.wait([following])


def approve(arguments: argparse.Namespace) -> int:
    """Run `approve RUN STEP [--reject]`."""
    data: Json = None
    if arguments.data is not None:
        try:
            data = read_json(arguments.data)
        except ValueError as error:
            raise UsageError(f"--data is not JSON: {error}", code="usage.data") from None

    async def work(workbench: AnyWorkbench) -> int:
        run_id = await workbench.runs.find(arguments.run)
        record = await workbench.runs.record(run_id)
        step = record.step(arguments.step)
        try:
            await workbench.runs.answer(run_id, arguments.step, approved=not arguments.reject, data=data)
        except NotFoundError as error:
            if error.code != "approval.none":
                raise
            waiting = [s.path for s in record.step_results if s.waiting and s.waiting.reason == "approval"]
            hint = f"; waiting: {', '.join(waiting)}" if waiting else ""
            message = f"step {arguments.step} of run {run_id} is not waiting for approval{hint}"
            raise UsageError(message, code="approval.none") from None
        sentence = f"{'rejected' if arguments.reject else 'approved'} {arguments.step} of {run_id}"
        if arguments.reject and step is not None and step.waiting is not None:
            sentence += f": {step.waiting.rejection_effect}"
        if record.status == "interrupted":
            command = shown_command(["resume", run_id], workbench.place)
            sentence += f"; the run is interrupted; resume it to continue: {command}"
        else:
            with suppress(UserError):  # the answer is given all the same
                if reason := OwnerWatch().unresponsive((await workbench.records.summary(run_id)).owner):
                    sentence += f"; not yet seen by the run: {reason}"
        Terminal().line(sentence)
        return ExitCode.DONE

    return with_any_workbench(arguments, work)


async def _follow_own(workbench: AnyWorkbench, run_id: str, arguments: argparse.Namespace) -> int:
    """Follow a run that was started here, then wait for runs its steps have started.

    Ctrl+C cancels it, or those that are waited for, a second one immediately, or ends the program; losing the terminal
    does not end them.
    """
    loop = asyncio.get_running_loop()
    terminal = Terminal(beside_run=True)
    following = loop.create_task(_follow(workbench, run_id, arguments, terminal))
    left = False
    asked: set[asyncio.Task[None]] = set()

    async def cancel_own() -> None:
        nonlocal left
        running = workbench.runs.running()
        try:
            for each in [run_id] if workbench.server is not None or run_id in running else running:
                with suppress(ConflictError):  # it has just ended
                    await workbench.runs.cancel(each)
        except UserError as error:
            if workbench.server is None:
                raise
            terminal.error(f"wftui: error[{error.code}] {error}; run {run_id} is not cancelled")
            left = following.cancel()

    def ask_cancel() -> None:
        hurry()
        asked.add(loop.create_task(cancel_own()))

    def hurry() -> None:
        terminal.patience = lambda: _PATIENCE

    call_on_signal(signal.SIGINT, ask_cancel)
    call_on_signal(signal.SIGTERM, ask_cancel)
    # The run outlives its terminal: a hang-up only means that nobody reads the output.
    call_on_signal(signal.SIGHUP, hurry)
    try:
        code = await following
        await _wait_for_started(workbench, terminal, tell=not arguments.quiet)
        return code
    except asyncio.CancelledError:
        if not left:
            raise
        return ExitCode.CANCELLED
    finally:
        await asyncio.gather(*asked)
        # The run has ended; further signals must not interrupt the report.
        ignore_signals()


async def _wait_for_started(workbench: AnyWorkbench, terminal: Terminal, *, tell: bool) -> None:
    """Wait for the end of runs that steps have started with `wait: false`."""
    while running := workbench.runs.running():
        if tell:
            terminal.error(f"wftui: waiting for what a step has started: run {', '.join(running)}")
            await terminal.drained()
        for each in running:
            await workbench.runs.until_end(each)


async def _follow(workbench: AnyWorkbench, run_id: str, arguments: argparse.Namespace, terminal: Terminal) -> int:
    if arguments.events:
        async for batch in workbench.runs.follow(run_id):
            terminal.json_lines(event.to_json() for event in batch)
            await terminal.room()
    elif arguments.json or arguments.quiet:
        await workbench.runs.until_end(run_id)
    else:
        await StepLines(terminal, workbench.place).follow(run_id, workbench.runs.follow(run_id))
    if arguments.json:
        record = await workbench.runs.record(run_id, whole=True)
        terminal.json(record.to_wire())
    else:
        record = await workbench.runs.head(run_id, whole=not arguments.events)
    if not (arguments.json or arguments.events):
        print_outputs(terminal, record.outputs)
    if record.error is not None and not (arguments.events or arguments.json):
        _print_error(terminal, workbench, record)
    await terminal.drained()
    return exit_code(record)


def _print_error(terminal: Terminal, workbench: AnyWorkbench, record: ExecutionRecord) -> None:
    error = record.error
    if error is None:
        return
    path = "" if workbench.server else workbench.local.workspace.source_path(record.workflow_id)
    where = f"{path}:{error.line}:{error.column or 1}: " if error.line and path else f"{record.workflow_id}: "
    terminal.error(f"{where}error[{error.type}] {error.message}")


def _detach(arguments: argparse.Namespace, settings: Settings, inputs: Mapping[str, Json]) -> int:
    """Start `wftui run` in a new session and print the run id once recorded."""
    reading, writing = os.pipe()
    # Without the mark, a run started by a step is not terminated with that step.
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    command = [sys.executable, "-m", "wftui", "run", arguments.id, "--quiet", "--announce", str(writing)]
    command += ["--tables", str(settings.tables), "--db", str(settings.database), "--input", "-"]
    for pair in arguments.connections:
        command += ["--connection", pair]
    if arguments.pool is not None:
        command += ["--pool", arguments.pool]
    if arguments.key is not None:
        command += ["--key", arguments.key]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[writing],
        env=environment,
        start_new_session=True,
        text=True,
    )
    os.close(writing)
    if child.stdin is not None:
        # The inputs are not passed as arguments, which all users of the machine can read.
        with suppress(BrokenPipeError), child.stdin as stdin:  # a process that has ended reports why
            stdin.write(json.dumps(inputs))
        child.stdin = None
    with os.fdopen(reading) as announced:
        run_id = announced.readline().strip()
    if run_id:
        Terminal().line(run_id)
        return ExitCode.DONE
    _out, problems = child.communicate()
    Terminal().error(problems.rstrip("\n"))
    return child.returncode


COMMANDS: dict[str, Command] = {
    "run": run,
    "rerun": rerun,
    "resume": resume,
    "watch": watch,
    "cancel": cancel,
    "approve": approve,
}
