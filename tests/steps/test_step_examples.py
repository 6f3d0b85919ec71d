"""The documented example of every step type runs against real local counterparts."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import jsonschema
import pytest

from steps.composio.composio_server import Account, composio_server
from steps.email.mail_server import mail_server
from steps.http.http_server import Handler, serving
from steps.llm.model_server import call, model_server
from steps.step_helpers import RecordingContext
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.registry.step_registry import BUILTIN, builtin_registry
from wftui.steps.testing import run_step

Example = dict[str, Any]
Counterpart = Callable[[Example, RecordingContext], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def nothing(_example: Example, _context: RecordingContext) -> AsyncIterator[None]:
    """It needs nobody."""
    yield


@asynccontextmanager
async def web(example: Example, _context: RecordingContext) -> AsyncIterator[None]:
    class Tags(Handler):
        def handle_request(self) -> None:
            self.answer_json([{"name": self.path}])

        do_GET = handle_request  # noqa: N815

    with serving(Tags) as url:
        example["url"] = example["url"].replace("https://api.github.com", url)
        yield


@asynccontextmanager
async def model(example: Example, context: RecordingContext) -> AsyncIterator[None]:
    with sqlite3.connect(context.working_directory / "shop.db") as shop:
        shop.execute("CREATE TABLE orders AS SELECT 1 AS id UNION SELECT 2")
    shop.close()
    with model_server() as server:
        server.script = [call("sql", query="SELECT count(*) AS n FROM orders"), '{"rows": 2}']
        example["baseUrl"] = f"{server.url}/v1"
        yield
        assert '"n": 2' in server.asked[1]["messages"][-1]["content"]


@asynccontextmanager
async def mail(_example: Example, context: RecordingContext) -> AsyncIterator[None]:
    (context.working_directory / "report.md").write_text("# Report\n")
    async with mail_server() as box:
        context.connection = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "me@example.org"}
        yield
        assert box.recipients == ["ann@example.org"]


@asynccontextmanager
async def composio(_example: Example, context: RecordingContext) -> AsyncIterator[None]:
    context.environment["WFTUI_USER"] = "ada"
    with composio_server() as service:
        service.accounts.append(Account("ca_1"))
        context.connection = {"baseUrl": service.url, "apiKey": "ak_secret"}
        yield


COUNTERPARTS: dict[str, Counterpart] = {"composio": composio, "email": mail, "http": web, "llm": model}


@pytest.mark.parametrize("word", sorted(BUILTIN))
async def test_the_example_runs(word: str, context: RecordingContext) -> None:
    step_type = builtin_registry().get(word)
    assert step_type is not None
    example: dict[str, Json] = dict(step_type.example)
    if word == "fail":
        with pytest.raises(WorkflowError, match=r"Nothing is left of A-17\."):
            await run_step(step_type, example, context)
        return
    async with COUNTERPARTS.get(word, nothing)(example, context):
        output = await run_step(step_type, example, context)
    jsonschema.validate(output, dict(step_type.output_schema))
