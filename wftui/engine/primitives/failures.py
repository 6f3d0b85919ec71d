"""Conversion of exceptions to the errors that are recorded and shown."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import wftui
from wftui.engine.primitives.outcome import Failure
from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError
from wftui.runtime.error_types import is_never_retried
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.runtime.source_positions import locate
from wftui.runtime.workflow_errors import WorkflowError

if TYPE_CHECKING:
    from pydantic import BaseModel

_INTERNAL_FOLDERS = (str(Path(wftui.__file__).parent), str(Path(asyncio.__file__).parent))


def describe(error: Exception, plan: WorkflowPlan, step: StepPlan, path: str, attempt: int) -> ExecutionError:
    """Return the recorded form of an exception of a step; keep errors of inner steps."""
    if isinstance(error, Failure):
        return error.error
    place: dict[str, Json] = {
        "step_id": step.id,
        "path": path,
        "attempt": attempt,
        "pointer": step.pointer or None,
        "line": step.line,
    }
    position = locate(plan, error)
    if position is not None:
        place.update(pointer=position.pointer, line=position.line, column=position.column)
    if isinstance(error, WorkflowError):
        return ExecutionError(
            type=error.type,
            message=error.message,
            recoverable=error.recoverable,
            details=error.details,
            stack=error.stack,
            **place,
        )
    name = type(error).__name__
    return ExecutionError(
        type="internal",
        message=f"{name}: {error}" if str(error) else name,
        stack=user_traceback(error),
        **place,
    )


def may_retry(error: ExecutionError, on: tuple[str, ...]) -> bool:
    """Return whether a policy for these prefixes (none: all) retries an error."""
    if is_never_retried(error.type):
        return False
    return not on or matches(error, on)


def matches(error: ExecutionError, prefixes: tuple[str, ...]) -> bool:
    """Return whether the type of an error has one of these prefixes.

    `exit_code.75` and `http.429` stand for an exit code and a status, whichever the type is.
    """
    if _has_prefix(error.type, prefixes):
        return True
    details = error.details if isinstance(error.details, dict) else {}
    family = error.type.partition(".")[0]
    key = {"exit_code": "exitCode", "http": "status"}.get(family)
    return key is not None and _has_prefix(f"{family}.{details.get(key)}", prefixes)


def retry_after(error: ExecutionError) -> float:
    """Return the seconds of a server's `Retry-After`, or 0 without one."""
    asked = error.details.get("retryAfter") if isinstance(error.details, dict) else None
    return float(asked) if isinstance(asked, int | float) else 0.0


def _has_prefix(error_type: str, prefixes: tuple[str, ...]) -> bool:
    return any(error_type == prefix or error_type.startswith(prefix.rstrip(".") + ".") for prefix in prefixes)


def user_traceback(error: BaseException) -> str:
    """Return the traceback without frames of wftui, unless there are no others."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(_INTERNAL_FOLDERS)]
    lines = traceback.format_list(theirs or frames)
    return "".join([*lines, *traceback.format_exception_only(error)]).rstrip()


def parse_input(model: type[BaseModel] | None, bound: Json) -> Json:
    """Return the input of a step as an instance of its model.

    Raises:
        WorkflowError: type `validation.input`, with every invalid field.
    """
    if model is None:
        return bound
    from pydantic import ValidationError

    from wftui.steps.api.step_model import read_input

    try:
        return read_input(model, bound)
    except ValidationError as error:
        from wftui.runtime.validation.model_problems import model_problems

        found = model_problems(model, bound, error)
        problems: list[Mapping[str, Json]] = [{"pointer": each.pointer, "message": each.message} for each in found]
        raise WorkflowError("validation.input", _summary("the input", problems), details={"errors": problems}) from None


def problems_error(error_type: str, what: str, problems: Sequence[Mapping[str, Json]]) -> WorkflowError:
    """Return an error with problems, each `{pointer, message}`."""
    return WorkflowError(error_type, _summary(what, problems), details={"errors": [dict(each) for each in problems]})


def _summary(what: str, problems: Sequence[Mapping[str, Json]]) -> str:
    sentences = "; ".join(f"{each['pointer'] or 'the whole'}: {each['message']}" for each in problems[:3])
    more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
    return f"{what} is not valid: {sentences}{more}"


def describe_outside(
    error: BaseException, pointer: str | None = None, plan: WorkflowPlan | None = None
) -> ExecutionError:
    """Return the recorded form of an error of inputs, outputs or the engine itself."""
    position = locate(plan, error) if plan is not None else None
    place: dict[str, Json] = {"pointer": pointer}
    if position is not None:
        place = {"pointer": position.pointer, "line": position.line, "column": position.column}
    if isinstance(error, WorkflowError):
        return ExecutionError(type=error.type, message=error.message, details=error.details, **place)
    stack = "".join(traceback.format_exception(error)).rstrip()
    return ExecutionError(type="internal", message=f"{type(error).__name__}: {error}", stack=stack, **place)
