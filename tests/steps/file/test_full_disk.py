"""The file step where a file does not fit."""

import resource

import pytest

from steps.step_helpers import RecordingContext, Run
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.file.step import FileStep


async def test_a_file_that_does_not_fit_is_not_replaced(run: Run, context: RecordingContext) -> None:
    path = context.working_directory / "a.txt"
    path.write_text("before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(WorkflowError, match="large") as failed:
            await run(FileStep(), {"action": "write", "path": "a.txt", "content": "x" * 200_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert failed.value.type == "file.error"
    assert path.read_text() == "before"
    assert list(context.working_directory.iterdir()) == [path]
