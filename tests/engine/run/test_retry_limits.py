"""Retried errors, and limits of retrying."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.engine_plans import Watch, run, step, workflow
from wftui.engine.primitives.failures import matches, may_retry
from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError
from wftui.runtime.plan import RetryPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


def error(kind: str, details: Json = None) -> ExecutionError:
    return ExecutionError(type=kind, message="", details=details)


@pytest.mark.parametrize(
    ("kind", "details", "prefix", "matched"),
    [
        ("exit_code", {"exitCode": 75}, "exit_code.75", True),
        ("exit_code", {"exitCode": 75}, "exit_code.7", False),
        ("exit_code", {"exitCode": 75}, "exit_code", True),
        ("exit_code", None, "exit_code.75", False),
        ("http.4xx", {"status": 429}, "http.429", True),
        ("http.4xx", {"status": 429}, "http.4xx", True),
        ("http.4xx", {"status": 404}, "http.429", False),
        ("http.connect", {}, "http.429", False),
        ("stock.empty", {"status": 429, "exitCode": 1}, "http.429", False),
    ],
)
def test_prefixes(kind: str, details: Json, prefix: str, matched: bool) -> None:
    assert matches(error(kind, details), (prefix,)) is matched
    assert may_retry(error(kind, details), (prefix,)) is matched


@given(st.sampled_from(["cancelled", "binding.missing", "validation.input", "approval.rejected"]), st.text(max_size=9))
def test_some_are_never_retried(kind: str, prefix: str) -> None:
    assert not may_retry(error(kind), (kind, prefix))
    assert not may_retry(error(kind), ())


async def fails(_input: dict[str, Json], _context: StepContext) -> Json:
    raise WorkflowError("stock.empty", "Nothing is left.")


async def hangs(_input: dict[str, Json], _context: StepContext) -> Json:
    await asyncio.Event().wait()
    return None


async def test_retry_wait_beyond_the_total_is_not_started() -> None:
    watch = Watch()
    retry = RetryPlan(max_attempts=9, delay=3600, max_delay=3600, jitter=0, total_timeout=1800)
    record = await run(workflow(step("a", "fails", retry=retry)), watch=watch, fails=fails)
    assert record.error is not None
    assert (record.error.type, watch.types("a")) == ("stock.empty", ["step_started", "step_failed"])


async def test_the_running_attempt_ends_with_the_total() -> None:
    retry = RetryPlan(max_attempts=9, delay=0, total_timeout=0.05)
    record = await run(workflow(step("a", "hangs", retry=retry)), hangs=hangs)
    assert record.error is not None
    assert record.error.type == "timeout"
    assert record.error.message == "all attempts together took longer than retry.totalTimeout of 0.05 s"


async def test_a_container_ends_with_the_total() -> None:
    retry = RetryPlan(max_attempts=9, delay=0, total_timeout=0.05)
    group = step("g", type="group", input=None, body=(step("a", "hangs"),), retry=retry)
    record = await run(workflow(group), hangs=hangs)
    assert record.error is not None
    assert (record.error.type, record.error.path) == ("timeout", "g")
    assert "retry.totalTimeout" in record.error.message


async def test_unreached_total_timeout_changes_nothing() -> None:
    retry = RetryPlan(max_attempts=3, delay=0, jitter=0, total_timeout=3600)
    watch = Watch()
    record = await run(workflow(step("a", "fails", retry=retry)), watch=watch, fails=fails)
    assert record.error is not None
    assert (record.error.type, record.error.attempt) == ("stock.empty", 3)
    assert watch.types("a").count("step_started") == 3
