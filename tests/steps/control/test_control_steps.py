"""`set`, `assert`, `fail`, `delay`, `approval`, `workflow`."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pydantic
import pytest

from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.control.approval import ApprovalStep
from wftui.steps.control.assert_ import AssertStep
from wftui.steps.control.delay import DelayStep
from wftui.steps.control.fail import FailStep
from wftui.steps.control.set_ import SetStep
from wftui.steps.control.workflow import WorkflowStep


async def test_set_gives_its_input(run: Run) -> None:
    assert await run(SetStep(), {"a": 1, "b": {"c": [None]}}) == {"a": 1, "b": {"c": [None]}}


async def test_assert_fails_with_its_message(run: Run) -> None:
    assert await run(AssertStep(), {"that": True}) == {"that": True}
    with pytest.raises(WorkflowError, match="too few rows") as caught:
        await run(AssertStep(), {"that": False, "message": "too few rows"})
    assert caught.value.type == "assertion"


async def test_fail_raises_an_error_of_ones_own(run: Run) -> None:
    values: dict[str, Json] = {"type": "stock.empty", "message": "Nothing is left.", "details": {"article": "A-17"}}
    assert FailStep.check(values) == []
    with pytest.raises(WorkflowError) as caught:
        await run(FailStep(), values)
    error = caught.value
    assert (error.type, error.message, error.details) == ("stock.empty", "Nothing is left.", {"article": "A-17"})


@pytest.mark.parametrize(
    "word", ["empty", "Stock.empty", "stock.", ".empty", "stock..empty", "http.418", "x." * 60 + "x", ""]
)
async def test_fail_refuses_reserved_error_types(run: Run, word: str) -> None:
    ((field, _sentence),) = FailStep.check({"type": word, "message": "No."})
    assert field == "type"
    with pytest.raises(WorkflowError) as caught:
        await run(FailStep(), {"type": word, "message": "No."})
    assert caught.value.type == "validation.error_type"


async def test_a_secret_is_not_an_error_type(run: Run, context: RecordingContext) -> None:
    context.secrets = ["hunter2_hunter2"]
    with pytest.raises(WorkflowError) as caught:
        await run(FailStep(), {"type": "stock.hunter2_hunter2", "message": "No."})
    assert "hunter2" not in f"{caught.value.type} {caught.value.message}"


@pytest.mark.parametrize(
    ("values", "moment"),
    [
        ({"for": "1m"}, datetime(2026, 11, 22, 19, 1, tzinfo=UTC)),
        ({"for": 1.5}, datetime(2026, 11, 22, 19, 0, 1, 500_000, tzinfo=UTC)),
        ({"until": "2026-12-01T10:00:00+02:00"}, datetime(2026, 12, 1, 8, tzinfo=UTC)),
    ],
)
async def test_delay_waits_for_a_moment(
    run: Run, context: RecordingContext, values: Mapping[str, Json], moment: datetime
) -> None:
    output = await run(DelayStep(), values)
    assert context.slept_until == [moment]
    assert datetime.fromisoformat(output["until"]) == moment


@pytest.mark.parametrize(
    "values", [{}, {"for": "1s", "until": "2026-12-01T10:00:00Z"}, {"for": "soon"}, {"until": "2026-12-01T10:00:00"}]
)
async def test_delay_refuses_invalid_times(run: Run, values: Mapping[str, Json]) -> None:
    with pytest.raises(pydantic.ValidationError):
        await run(DelayStep(), values)


async def test_delay_ends_with_the_calendar(run: Run) -> None:
    with pytest.raises(WorkflowError, match="beyond the year 9999") as caught:
        await run(DelayStep(), {"until": "9999-12-31T23:59:59-12:00"})
    assert caught.value.type == "delay.moment"


@pytest.mark.parametrize("duration", ["99999999999h", "36501d"])
async def test_a_wait_is_at_most_a_hundred_years(run: Run, context: RecordingContext, duration: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="between 0 and 36500d"):
        await run(DelayStep(), {"for": duration})
    with pytest.raises(pydantic.ValidationError, match="between 0 and 36500d"):
        await run(ApprovalStep(), {"prompt": "Go?", "timeout": duration})
    assert context.asked == context.slept_until == []


async def test_approval_form_is_validated(run: Run, context: RecordingContext) -> None:
    values: dict[str, Json] = {"prompt": "Go?", "form": {"properties": {"n": {"type": "number?"}}}}
    [(field, sentence)] = ApprovalStep.check(values)
    assert field == "form"
    assert "/properties/n/type" in sentence
    with pytest.raises(WorkflowError) as caught:
        await run(ApprovalStep(), values)
    assert caught.value.type == "validation.form"
    assert context.asked == []
    assert ApprovalStep.check({"prompt": "Go?", "form": {"type": "{{ inputs.kind }}"}}) == []


async def test_approval_asks_and_gives_the_answer(run: Run, context: RecordingContext) -> None:
    form = {"type": "object", "properties": {"n": {"type": "integer"}}}
    answer = await run(ApprovalStep(), {"prompt": "Go?", "form": form, "timeout": "1h", "onTimeout": "fail"})
    assert context.asked == [("Go?", form, 3600.0, "fail")]
    assert answer == {"approved": True, "by": "ann", "at": "2026-11-22T19:00:00.000Z", "data": {"n": 1}}


async def test_a_rejection_fails_unless_it_is_an_answer(run: Run, context: RecordingContext) -> None:
    context.approves, context.answer = False, None
    with pytest.raises(WorkflowError, match="rejected by ann") as caught:
        await run(ApprovalStep(), {"prompt": "Go?"})
    assert caught.value.type == "approval.rejected"
    assert caught.value.details == {"approved": False, "by": "ann", "at": "2026-11-22T19:00:00.000Z", "data": None}
    assert (await run(ApprovalStep(), {"prompt": "Go?", "onReject": "continue"}))["approved"] is False


async def test_workflow_runs_a_child(run: Run, context: RecordingContext) -> None:
    assert await run(WorkflowStep(), {"workflow": "other-one", "inputs": {"x": 1}}) == {"echo": {"x": 1}}
    assert context.children == [("other-one", {"x": 1})]
    with pytest.raises(pydantic.ValidationError):
        await run(WorkflowStep(), {"workflow": "../evil"})


def test_checks_report_ineffective_settings() -> None:
    assert ApprovalStep.check({"prompt": "x", "onTimeout": "fail"})
    assert not ApprovalStep.check({"prompt": "x", "onTimeout": "fail", "timeout": 1})
    assert DelayStep.check({"for": 1, "until": "x"})
    assert not DelayStep.check({"for": "{{ inputs.wait }}"})


@pytest.mark.parametrize(
    ("step_type", "literal_input", "fields"),
    [
        (DelayStep, {"for": "1s"}, []),
        (DelayStep, {"until": "2026-11-02T00:00:00Z"}, []),
        (DelayStep, {}, [""]),
        (DelayStep, {"for": "1s", "until": "2026-11-02T00:00:00Z"}, [""]),
        (FailStep, {"type": "stock.empty", "message": "Nothing is left."}, []),
        (FailStep, {}, []),
        (FailStep, {"type": "stock.empty"}, ["message"]),
        (FailStep, {"message": "Nothing is left."}, ["type"]),
    ],
)
def test_fields_that_depend_on_each_other_are_checked(
    step_type: type[DelayStep | FailStep], literal_input: Mapping[str, Json], fields: list[str]
) -> None:
    assert [field for field, _ in step_type.check(literal_input)] == fields
