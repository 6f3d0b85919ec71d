"""Child processes of steps: live, bounded output; whole tree ended on cancel."""

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.process import process_tree
from wftui.steps.process.inherited_limit import inherited_limit
from wftui.steps.process.output_pipe import PIPE_PATIENCE, OutputPipe, read_to_the_end
from wftui.steps.process.process_mark import MARK, ProcessMark
from wftui.steps.text.capture import Capture
from wftui.steps.text.log_lines import LogBatcher, LogDrain, LogSink, OutputStream

GRACE_SECONDS = 2.0
"""Time between the request to end (TERM) and the kill."""
DEFAULT_CAPTURE = 1024 * 1024
"""Bytes kept of each of stdout and stderr unless a step asks for more."""


Background = Literal["keep", "end"]


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """Result of a process; `exit_code` is 128 + signal number after a signal."""

    exit_code: int
    stdout: Capture
    stderr: Capture


async def run_process(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    started_for: ProcessMark,
    log: LogSink,
    drain: LogDrain | None = None,
    batcher: LogBatcher | None = None,
    stdin: Iterable[bytes] | None = None,
    capture: int = DEFAULT_CAPTURE,
    pass_fds: Collection[int] = (),
    on_started: Callable[[], None] | None = None,
    background: Background = "keep",
    encoding: str = "utf-8",
    grace: float = GRACE_SECONDS,
) -> ProcessResult:
    """Run a program to its end, in a session of its own.

    When the calling task is cancelled, the program and everything it has started are ended before the cancellation
    continues; when it is cancelled again meanwhile, they are killed at once. Processes that the program leaves running
    when it ends by itself are named in the log.

    Args:
        env: the whole environment of the child.
        started_for: mark by which a later process finds its orphans, should this one die.
        log: gets stdout and stderr as they come, in whole lines.
        drain: waits while more is logged than stored; the output is not read meanwhile.
        batcher: of `log`, for callers that do not wait for its next batch.
        stdin: what it can read, in pieces; nothing when absent.
        capture: bytes kept of each stream.
        on_started: called once the child runs.
        background: whether processes that the program leaves running are kept or ended.
        encoding: of what the program writes.
        grace: seconds between TERM and KILL.

    Raises:
        WorkflowError: `not_found` or `process.start` when it cannot be started.
    """
    process_tree.adopt_orphans()
    mark = started_for.text()
    batcher = batcher or LogBatcher(log)
    async with _stdin_file(stdin) as stdin_file:
        with inherited_limit(mark):
            process = _start(argv, cwd, {**env, MARK: mark}, stdin_file, pass_fds)
    try:
        exited = watch_exit(process)
    except OSError as error:
        raise _not_started(argv[0], error) from None
    captures: dict[OutputStream, Capture] = {name: Capture(capture, encoding) for name in ("stdout", "stderr")}
    streams: list[tuple[OutputStream, IO[bytes] | None]] = [("stdout", process.stdout), ("stderr", process.stderr)]
    pipes = [OutputPipe(stream, name, captures[name], batcher, drain) for name, stream in streams if stream is not None]
    try:
        if on_started is not None:
            on_started()
        code = await asyncio.shield(exited)
        unread = await read_to_the_end(pipes)
        survivors = await asyncio.to_thread(process_tree.members, process.pid, mark)
        if survivors and not unread:  # some only need a moment to end
            await asyncio.sleep(PIPE_PATIENCE)
            survivors = process_tree.living(survivors)
        names = process_tree.process_names(survivors)
        if survivors and background == "end":
            await process_tree.end_tree(process.pid, mark, grace=grace, hurry=asyncio.Event())
            survivors = process_tree.living(survivors)
            unread = await read_to_the_end(unread)
        process_tree.leave_running(survivors)
        process_tree.reap_adopted(process.pid)
        for pipe in unread:
            await pipe.stop()
        batcher.flush()
        if unread:
            log(f"Left running in the background: {names or 'unknown'}; its output is no longer followed.", "stderr")
        elif names:
            log(f"{'Left running' if survivors else 'Ended'} in the background: {names}.", "stderr")
    except BaseException:
        await _end(process, mark, grace, exited)
        raise
    finally:
        for pipe in pipes:
            pipe.task.cancel()
        await asyncio.gather(*(pipe.task for pipe in pipes), return_exceptions=True)
        batcher.flush()
    return ProcessResult(code if code >= 0 else 128 - code, captures["stdout"], captures["stderr"])


@contextlib.asynccontextmanager
async def _stdin_file(pieces: Iterable[bytes] | None) -> AsyncIterator[IO[bytes] | int]:
    # A file instead of a pipe: a child that does not read its input blocks nobody.
    if pieces is None:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        await asyncio.to_thread(file.writelines, pieces)
        file.seek(0)
        yield file


def _start(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: IO[bytes] | int, pass_fds: Collection[int]
) -> "subprocess.Popen[bytes]":
    if not cwd.is_dir():
        raise WorkflowError("not_found", f"The working directory {str(cwd)!r} does not exist.")
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
        )
    except FileNotFoundError:
        raise WorkflowError("not_found", f"The program {argv[0]!r} was not found.") from None
    except OSError as error:
        raise _not_started(argv[0], error) from None
    except ValueError as error:
        raise WorkflowError("process.start", f"The program {argv[0]!r} could not be started: {error}.") from None


def _not_started(program: str, error: OSError) -> WorkflowError:
    if error.errno == errno.E2BIG:
        sentence = "The arguments and environment are too large for a process; pass large values through stdin."
    elif error.errno == errno.EAGAIN:
        sentence = f"The program {program!r} could not be started: the limit of processes is reached (ulimit -u)."
    else:
        sentence = f"The program {program!r} could not be started: {os.strerror(error.errno or 0)}."
    return WorkflowError("process.start", sentence)


def watch_exit(process: "subprocess.Popen[bytes]") -> "asyncio.Future[int]":
    """Return the exit code of a process once it has ended.

    Raises:
        OSError: no thread can be started to wait for it; it has been ended.
    """
    # A thread of its own: the event loop's own child watcher waits for the pipes as well.
    loop = asyncio.get_running_loop()
    exited: asyncio.Future[int] = loop.create_future()

    def tell(code: int) -> None:
        if not exited.done():
            exited.set_result(code)

    def wait() -> None:
        code = process.wait()
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            loop.call_soon_threadsafe(tell, code)

    try:
        threading.Thread(target=wait, name=f"wait-{process.pid}", daemon=True).start()
    except RuntimeError:  # threads count as processes
        with process, contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from None
    return exited


async def _end(process: "subprocess.Popen[bytes]", mark: str, grace: float, exited: "asyncio.Future[int]") -> None:
    """End the whole tree in bounded time; a second cancel skips the grace period."""
    hurry = asyncio.Event()

    async def clean_up() -> None:
        ended = await process_tree.end_tree(process.pid, mark, grace=grace, hurry=hurry)
        # A dead leader is waited for by a thread, which on a busy machine gets its turn later.
        await asyncio.wait([exited], timeout=None if ended else PIPE_PATIENCE)
        process_tree.reap_adopted(process.pid)

    task = asyncio.ensure_future(clean_up())
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            hurry.set()
