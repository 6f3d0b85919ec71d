"""Runs as a model reads them.

All values are those of the record, where secrets are masked.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from mcp_types import CallToolResult, TextContent

from wftui.agents.questions import flat_form
from wftui.compiler.module_run import CompileFailed
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.run.record import TERMINAL, ExecutionRecord
from wftui.model.run.steps import StepResult
from wftui.model.text.commands import shown_command
from wftui.runtime.validation.validator import FieldProblem
from wftui.workbench import Workbench

MOST_CHARACTERS = 100_000
"""Longest value a result holds whole; a model's context is small."""
_ENDED = ("completed", "failed", "skipped", "cancelled")


def value_result(value: Mapping[str, Json], *, is_error: bool = False) -> CallToolResult:
    """Return a result, as data and as text for clients that read no data."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return CallToolResult(content=[TextContent(text=text)], structured_content=dict(value), is_error=is_error)


def error_result(code: str, message: str, **details: Json) -> CallToolResult:
    """Return an error, with its code as in docs/troubleshooting.md."""
    return value_result({"error": {"type": code, "message": message}, **details}, is_error=True)


def invalid_arguments_result(problems: Iterable[FieldProblem]) -> CallToolResult:
    """Return the result that reports invalid arguments of a tool."""
    errors = [{"pointer": each.pointer, "message": each.message} for each in problems]
    return error_result("request.invalid", "the arguments are not valid", errors=errors)


def user_error_result(error: UserError) -> CallToolResult:
    """Return an error of the workbench."""
    if isinstance(error, CompileFailed):
        found = [each.to_wire() for each in error.result.errors]
        return error_result(error.code, "the workflow has errors", diagnostics=found)
    return error_result(error.code, str(error))


async def run_result(workbench: Workbench, run_id: str) -> CallToolResult:
    """Return the state of a run; a failed one is an error."""
    record = await workbench.runs.record(run_id)
    value = run_value(record, workbench.place)
    if record.status == "completed":
        value["outputs"] = await whole_or_short(workbench, record)
    return value_result(value, is_error=record.status in ("failed", "cancelled"))


def run_value(record: ExecutionRecord, place: Sequence[str]) -> dict[str, Json]:
    """Return the state of a run without its outputs.

    Args:
        place: the options that lead a command to its workbench.
    """
    declared = [step for step in record.step_results if step.parent is None]
    value: dict[str, Json] = {
        "run": record.id,
        "workflow": record.workflow_id,
        "status": "running" if record.status == "pending" else record.status,
        "steps": {"ended": sum(step.status in _ENDED for step in declared), "total": len(declared)},
    }
    if record.error is not None:
        value["error"] = record.error.to_wire()
    if record.warnings:
        value["warnings"] = record.warnings
    asked = [_question(step) for step in waiting_steps(record)]
    if asked:
        value["waiting"] = asked
        command = shown_command(["approve", record.id, str(asked[0]["step"])], place)
        value["next"] = (
            f"A person has to answer, on the screen of wftui or with `{command}`. Tell the user, then call run_status."
        )
        if flat_form(cast("Json", asked[0]["form"])) is None:
            value["next"] = f"Its form has fields that clients cannot show. {value['next']}"
    elif record.status == "interrupted":
        command = shown_command(["resume", record.id], place)
        value["next"] = f"Its process has ended; a person can resume it with `{command}`."
    elif record.status not in TERMINAL:
        value["next"] = "It is still running: call run_status with `wait`."
    return value


def waiting_steps(record: ExecutionRecord) -> list[StepResult]:
    """Return the steps that wait for an approval."""
    if record.status in TERMINAL:
        return []
    return [step for step in record.step_results if step.waiting is not None and step.waiting.reason == "approval"]


async def whole_or_short(workbench: Workbench, record: ExecutionRecord) -> Json:
    """Return the outputs of a run; big values in them by a preview if they do not fit."""
    if "$value" not in json.dumps(record.outputs):
        return record.outputs
    whole = (await workbench.runs.head(record.id, whole=True)).outputs
    if len(json.dumps(whole, ensure_ascii=False)) <= MOST_CHARACTERS:
        return whole
    return record.outputs


def _question(step: StepResult) -> dict[str, Json]:
    assert step.waiting is not None
    return {"step": step.path, "prompt": step.waiting.prompt, "form": step.waiting.form}
