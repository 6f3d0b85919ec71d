"""Fixtures of the step tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from steps_kit import RecordingContext, Run

from wftui.model.base import Json
from wftui.steps.base import StepType


@pytest.fixture
def context(tmp_path: Path) -> RecordingContext:
    """A context whose working directory is an empty folder."""
    return RecordingContext(working_directory=tmp_path)


@pytest.fixture
def run(context: RecordingContext) -> Run:
    """Runs a step as the engine does: the input validated by the type's model first."""

    async def run_step(step: StepType[Any], values: Mapping[str, Json]) -> Json:
        return await step.run(step.input_model.model_validate(values) if step.input_model else dict(values), context)

    return run_step
