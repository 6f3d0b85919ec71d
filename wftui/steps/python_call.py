"""One call in a child interpreter: the request out, events and the result back over a socket of its own."""

import asyncio
import json
import signal
import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps import python_child
from wftui.steps.base import StepContext
from wftui.steps.log_lines import OutputStream
from wftui.steps.processes import ProcessResult, run_process

MAX_RESULT = 64 * 1024 * 1024
"""Bytes of JSON that a call may return."""
_READ_SIZE = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonCall:
    """What to run, where. `memory` in bytes; the module of a function is looked for in `modules` first."""

    code: str | None
    function: str | None
    args: Json
    interpreter: str
    cwd: Path
    modules: Path
    env: Mapping[str, str]
    memory: int | None = None


async def call_python(call: PythonCall, context: StepContext) -> Json:
    """Run it in a child; what it returned.

    Raises:
        WorkflowError: `python.*`, `validation.output`, `not_found`.
    """
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.setblocking(False)
        request = {
            "code": call.code,
            "function": call.function,
            "args": call.args,
            "path": str(call.modules),
            "memory": call.memory,
        }
        talk = asyncio.ensure_future(_talk(ours, request, context))

        def log(text: str, stream: OutputStream) -> None:
            context.log(text, "info", stream)

        try:
            result = await run_process(
                [call.interpreter, "-I", "-u", "-X", "utf8", python_child.__file__, str(theirs.fileno())],
                cwd=call.cwd,
                env=call.env,
                log=log,
                pass_fds=(theirs.fileno(),),
                on_started=theirs.close,
            )
            # The end of the process closes its side; one that left children behind may still hold it open.
            await asyncio.wait([talk], timeout=1.0)
        finally:
            talk.cancel()
            await asyncio.gather(talk, return_exceptions=True)
        event = None if talk.cancelled() else talk.result()
    if event is None:
        raise _crash(result)
    if event["event"] == "result":
        return event["value"]
    raise _failure(event, result)


async def _talk(channel: socket.socket, request: Json, context: StepContext) -> dict[str, Any] | None:
    """Send the request, pass progress on; the last event, or None when there was none."""
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(channel, json.dumps(request).encode("ascii") + b"\n")
        waiting = bytearray()
        while data := await loop.sock_recv(channel, _READ_SIZE):
            waiting += data
            if len(waiting) > MAX_RESULT:
                raise WorkflowError("output.too_big", f"The result is bigger than {MAX_RESULT:,} bytes of JSON.")
            if b"\n" not in data:
                continue
            *lines, rest = waiting.split(b"\n")
            waiting = rest
            for line in lines:
                event: dict[str, Any] = json.loads(line)
                if event["event"] != "progress":
                    return event
                context.progress(min(1.0, max(0.0, event["fraction"])), event["message"])
    except (BrokenPipeError, ConnectionResetError):
        return None
    return None


def _crash(result: ProcessResult) -> WorkflowError:
    code = result.exit_code
    if code > 128:
        try:
            how = f"was ended by {signal.Signals(code - 128).name}"
        except ValueError:
            how = f"ended with exit code {code}"
    else:
        how = f"ended with exit code {code}"
    said = result.stderr.last_line()
    return WorkflowError(
        "python.crash",
        f"The interpreter {how} before main() returned{': ' + said if said else ''}.",
        details={"exitCode": code, "stderr": result.stderr.text()[-4000:]},
    )


def _failure(event: dict[str, Any], result: ProcessResult) -> WorkflowError:
    message = event["message"]
    if event["kind"] == "not_json":
        return WorkflowError("validation.output", f"What main() returned is no JSON: {message}.")
    if event["kind"] == "memory":
        return WorkflowError("python.memory", "The code needed more memory than it may have.", stack=event["stack"])
    if event["kind"] == "exit":
        return WorkflowError("python.exit", f"The code ended the interpreter instead of returning ({message}).")
    return WorkflowError("python.exception", message, recoverable=True, stack=event["stack"])
