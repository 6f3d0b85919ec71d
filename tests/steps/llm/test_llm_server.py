"""The llm step against misbehaving model servers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from helpers import PATIENCE, patience
from hypothesis import given
from hypothesis import strategies as st

from steps.llm.model_server import Fail, Model, Say
from steps.step_helpers import RecordingContext, Run
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.llm.step import LlmStep
from wftui.steps.text.server_events import ServerEvent, server_events

STEP = LlmStep()
NOW = {"Retry-After": "0"}


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("answer", "kind", "recoverable"),
    [
        (Fail(401), "llm.auth", False),
        (Fail(403, word="permission_error"), "llm.auth", False),
        (Fail(429), "llm.limit", True),
        (Fail(429, word="insufficient_quota"), "llm.quota", False),
        (Fail(400), "llm.refused", False),
        (Fail(400, word="context_length_exceeded"), "llm.context", False),
        (Fail(404, word="not_found_error"), "llm.refused", False),
        (Fail(503), "llm.server", True),
        (Fail(529, word="overloaded_error"), "llm.overloaded", True),
        (Fail(502, body=b"<html>because of that</html>"), "llm.server", True),
        (Fail(500, body=b'"because of that"'), "llm.server", True),
        (Fail(500, body=b'{"error": "because of that"}'), "llm.server", True),
    ],
)
async def test_errors_of_the_server_have_types(
    run: Run, model: Model, answer: Fail, kind: str, recoverable: bool
) -> None:
    answer.headers["Retry-After"] = "3"
    model.script = [answer]
    with pytest.raises(WorkflowError, match="because of that") as caught:
        await run(STEP, {"prompt": "x", "resends": 0})
    assert (caught.value.type, caught.value.recoverable) == (kind, recoverable)
    assert caught.value.details == {"status": answer.status, "retryAfter": 3.0}


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("answer", [Fail(429, headers=NOW), Fail(529, headers=NOW), Fail(503, headers=NOW)])
async def test_busy_server_is_retried_after_its_delay(
    run: Run, context: RecordingContext, model: Model, answer: Fail
) -> None:
    model.script = [answer, answer, "at last"]
    output = await run(STEP, {"prompt": "x"})
    assert (output["text"], output["requests"]) == ("at last", 1)
    warned = [text for _, level, text in context.logs if level == "warn"]
    assert [text.partition("in 0.0 s ")[2] for text in warned] == ["(1 of 2)", "(2 of 2)"]
    model.script = [answer] * 3
    with pytest.raises(WorkflowError, match=f"returned status {answer.status}"):
        await run(STEP, {"prompt": "x"})
    assert len(model.asked) == 6


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("answer", [Fail(400, headers=NOW), Fail(401), Fail(429, headers={"Retry-After": "3600"})])
async def test_permanent_errors_are_not_resent(run: Run, model: Model, answer: Fail) -> None:
    model.script = [answer]
    with pytest.raises(WorkflowError):
        await run(STEP, {"prompt": "x"})
    assert len(model.asked) == 1


@pytest.mark.usefixtures("connected")
async def test_a_cancel_reaches_the_wait_for_a_busy_server(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [Fail(429, headers={"Retry-After": "50"})]
    waiting = context.wait_for_log("resending the request")
    task = asyncio.ensure_future(run(STEP, {"prompt": "x"}))
    async with patience():
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.usefixtures("connected")
async def test_truncated_response_fails(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [Say("half of", cut=True)]
    with pytest.raises(WorkflowError, match="was interrupted") as caught:
        await run(STEP, {"prompt": "x", "resends": 0})
    assert (caught.value.type, caught.value.recoverable) == ("llm.truncated", True)
    assert context.lines("stdout") == ["half of"], "what has come is shown"


@pytest.mark.usefixtures("connected")
async def test_truncated_tool_call_is_not_made(run: Run, model: Model) -> None:
    model.script = [Say(calls=(("set", {"a": 1}),), cut=True)]
    with pytest.raises(WorkflowError, match="was interrupted"):
        await run(STEP, {"prompt": "x", "tools": [{"type": "set"}], "resends": 0})


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (("overloaded_error", "Overloaded"), "llm.overloaded"),
        (("rate_limit_error", "Too much"), "llm.limit"),
        (("api_error", "Broken"), "llm.server"),
    ],
)
async def test_an_error_in_the_middle_of_an_answer(run: Run, model: Model, error: tuple[str, str], kind: str) -> None:
    model.script = [Say("half", error=error)]
    with pytest.raises(WorkflowError, match=f"The model failed: {error[1]}") as caught:
        await run(STEP, {"prompt": "x", "resends": 0})
    assert (caught.value.type, caught.value.recoverable) == (kind, True)


async def test_invalid_response_is_reported(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [Fail(200, body=b"[1, 2]")]
    with pytest.raises(WorkflowError, match="invalid response") as caught:
        await run(STEP, {"prompt": "x", "model": "m", "baseUrl": f"{model.url}/v1"})
    assert caught.value.type == "llm.protocol"


@pytest.mark.usefixtures("connected")
async def test_cancel_ends_a_streaming_answer(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [Say("It was a dark\nand stormy", hang=True)]
    begun = context.wait_for_log("dark")
    task = asyncio.ensure_future(run(STEP, {"prompt": "x"}))
    async with patience():
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(model.left.wait, PATIENCE), "the server is told to stop"
    assert context.lines("stdout") == ["It was a dark", "and stormy"]


@pytest.mark.usefixtures("connected")
async def test_the_timeout_bounds_a_request(run: Run, model: Model) -> None:
    for seconds in (0.3, 5, 50):  # more where the time was over before the server was asked
        model.script = [Say("It was", hang=True)]
        with pytest.raises(WorkflowError, match="took longer than") as caught:
            await run(STEP, {"prompt": "x", "timeout": seconds})
        assert caught.value.type == "http.timeout"
        if model.asked:
            break
    assert len(model.asked) == 1


@given(st.data())
async def test_events_do_not_depend_on_chunks(data: st.DataObject) -> None:
    stream = 'event: a\r\ndata: {"x": "ä"}\r\n\r\n: keep\n\ndata: one\ndata: two\n\ndata: last'.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=10)))

    async def chunks() -> AsyncIterator[bytes]:
        for left, right in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            yield stream[left:right]

    assert [event async for event in server_events(chunks())] == [
        ServerEvent("a", '{"x": "ä"}'),
        ServerEvent("", "one\ntwo"),
        ServerEvent("", "last"),
    ]
