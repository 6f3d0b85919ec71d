"""Fixtures of the step tests."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from steps.llm.model_server import Model, model_server
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.steps.api.step_type import StepType
from wftui.steps.testing import run_step


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[RecordingContext]:
    """A context with an empty working directory; its run resources are closed."""
    made = RecordingContext(working_directory=tmp_path, answer={"n": 1})
    yield made
    for kept in made.kept.values():
        await kept.aclose()


@pytest.fixture
def run(context: RecordingContext) -> Run:
    """Runs a step as the engine does: the input validated by the type's model first."""

    async def run_here(step: StepType[Any], values: Mapping[str, Json]) -> Json:
        return await run_step(step, values, context)

    return run_here


@pytest.fixture
def model() -> Iterator[Model]:
    """A language model on the loopback."""
    with model_server() as serving:
        yield serving


@pytest.fixture(params=["openai", "anthropic"])
def connected(request: pytest.FixtureRequest, model: Model, context: RecordingContext) -> str:
    """The context's connection leads to the model, with each protocol in turn."""
    protocol = str(request.param)
    base = {"openai": f"{model.url}/v1", "anthropic": model.url}[protocol]
    context.connection = {"protocol": protocol, "baseUrl": base, "apiKey": "sk-verysecret", "model": "tiny"}
    return protocol
