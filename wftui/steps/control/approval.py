"""The `approval` step type."""

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wftui.model.base import Json
from wftui.model.workflow.durations import Duration
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import Answer, StepModel
from wftui.steps.api.step_type import StepContext, StepType


class ApprovalInput(StepModel):
    """Input of `approval`."""

    prompt: Annotated[str, Field(min_length=1, description="Question for the person.")]
    form: Annotated[dict[str, Any] | None, Field(description="JSON Schema of additional values to fill in.")] = None
    timeout: Annotated[Duration | None, Field(description="Time to wait for an answer; default: no limit.")] = None
    on_timeout: Annotated[
        Literal["reject", "approve", "fail"], Field(description="Outcome if nobody answers in time.")
    ] = "reject"
    on_reject: Annotated[
        Literal["fail", "continue"],
        Field(
            description="Effect of a rejection, by a person or by `onTimeout`: the step fails with"
            " `approval.rejected`, or it completes with `approved: false`."
        ),
    ] = "fail"


class ApprovalStep(StepType[ApprovalInput]):
    """Waits for a person; a rejection fails the step, unless `onReject` is `continue`."""

    word = "approval"
    title = "Approval"
    description = "Asks a person to approve or reject, with an optional form; answered in the TUI or with a command."
    icon = "?"
    ascii_icon = "?"
    search_words = ("confirm", "ask", "question", "human", "wait", "form")
    input_model = ApprovalInput
    waits = True
    local = True
    example: ClassVar = {
        "prompt": "Prune the old archives?",
        "form": {"type": "object", "properties": {"keep": {"type": "integer", "minimum": 1}}},
        "timeout": "4h",
        "onTimeout": "reject",
    }
    output_schema: ClassVar = Answer.model_json_schema(by_alias=True)
    error_details: ClassVar = Answer.model_json_schema(by_alias=True)

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check that `onTimeout` has a `timeout` and the form is a JSON Schema."""
        problems: list[tuple[str, str]] = []
        if "onTimeout" in literal_input and "timeout" not in literal_input:
            problems.append(("onTimeout", '"onTimeout" has no effect without "timeout".'))
        form = literal_input.get("form")
        if isinstance(form, dict) and "{{" not in json.dumps(form):
            problems += [("form", sentence) for sentence in _problems_of_form(form)]
        return problems

    async def run(self, input: ApprovalInput, context: StepContext) -> Json:
        """Ask and return `{approved, by, at, data}`.

        Raises:
            WorkflowError: `validation.form` when the form is not a valid JSON Schema, `timeout` as `onTimeout` says,
                `approval.rejected` as `onReject` says.
        """
        if input.form is not None and (problems := await asyncio.to_thread(_problems_of_form, input.form)):
            raise WorkflowError("validation.form", problems[0])
        answer = await context.ask(input.prompt, input.form, input.timeout, input.on_timeout, input.on_reject)
        return answer.model_dump(mode="json", by_alias=True)


def _problems_of_form(form: Mapping[str, Any]) -> list[str]:
    # Checking schemas takes its time to import, and most approvals have no form.
    from wftui.runtime.validation.validator import schema_problems

    problems = schema_problems(dict(form))
    return [
        f"The form is not a valid JSON Schema: {each.pointer or 'root'}: {each.message.rstrip('.')}."
        for each in problems
    ]
