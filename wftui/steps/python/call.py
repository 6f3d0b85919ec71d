"""Calls of Python code in a child interpreter."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wftui.model.base import Json
from wftui.runtime.error_types import own_error
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext
from wftui.steps.process.child_process import ProcessResult
from wftui.steps.process.process_mark import MARK
from wftui.steps.python.interpreter import InterpreterEndedError, Interpreters

_KEPT_AS = "python"
_OF_EACH_CALL = ("WFTUI_STEP", "WFTUI_ATTEMPT")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonCall:
    """Code, arguments and limits of a call; `memory` in bytes."""

    code: str | None
    function: str | None
    args: Json
    interpreter: str
    cwd: Path
    modules: Path
    env: Mapping[str, str]
    encoding: str = "utf-8"
    memory: int | None = None


async def call_python(call: PythonCall, context: StepContext) -> Json:
    """Run the call and return its result; calls of the same code share children.

    Raises:
        WorkflowError: `python.*`, `validation.output`, `output.too_big`, `not_found`.
    """
    request = {
        "code": call.code,
        "function": call.function,
        "args": call.args,
        "path": str(call.modules),
        "memory": call.memory,
        "encoding": call.encoding,
        "env": {name: call.env[name] for name in _OF_EACH_CALL if name in call.env},
    }
    shared = {name: value for name, value in call.env.items() if name not in {*_OF_EACH_CALL, MARK}}
    settings = (call.cwd, call.memory, call.encoding, tuple(sorted(shared.items())))
    sort = (call.interpreter, call.code, call.function, *settings)
    interpreters = context.keep(_KEPT_AS, lambda: Interpreters(context.run_id))
    try:
        start = ([call.interpreter], call.cwd, shared, call.encoding)
        async with interpreters.borrow(sort, *start) as interpreter:
            event = await interpreter.call(request, context)
            if event["event"] == "error" and event["kind"] == "memory":
                raise _failure(event, context)  # inside: an interpreter without memory is of no more use
    except InterpreterEndedError as ended:
        raise _crash(ended.result) from None
    if event["event"] == "error":
        raise _failure(event, context)
    return event["value"]


def _crash(result: ProcessResult) -> WorkflowError:
    code = result.exit_code
    how = f"ended with exit code {code}"
    if 128 < code < 128 + signal.NSIG and code - 128 in {each.value for each in signal.Signals}:
        how = f"was killed by {signal.Signals(code - 128).name}"
    detail = result.stderr.last_line()
    return WorkflowError(
        "python.crash",
        f"The interpreter {how} before main() returned{': ' + detail.rstrip('.') if detail else ''}.",
        details={"exitCode": code, "stderr": result.stderr.ending(4000)},
    )


def _failure(event: Mapping[str, Any], context: StepContext) -> WorkflowError:
    message = event["message"]
    if event["kind"] == "not_json":
        return WorkflowError("validation.output", f"main() returned a value that is not JSON: {message}.")
    if event["kind"] == "own":
        error_type = str(context.redact(event["type"]))
        if error_type == "validation.error_type":  # of fail() itself, which has refused a type
            return WorkflowError(error_type, message, stack=event["stack"])
        error = own_error(error_type, message, event["details"])
        error.stack = event["stack"]
        return error
    if event["kind"] == "memory":
        return WorkflowError("python.memory", "The code exceeded its memory limit.", stack=event["stack"])
    if event["kind"] == "exit":
        return WorkflowError("python.exit", f"The code exited the interpreter instead of returning ({message}).")
    return WorkflowError("python.exception", message, recoverable=True, stack=event["stack"])
