"""Runs that the tests put into the history."""

from datetime import timedelta

from tui.run_events import BEGIN, Story
from wftui.model.run.events import Completed, Created, ExecutionEvent, Started
from wftui.workbench import Workbench


async def put(workbench: Workbench, *stories: Story) -> None:
    for story in stories:
        await (await workbench.store()).append(story.events, wait=True)


def short_run(number: int, workflow_id: str = "log_triage", days_ago: float = 0) -> list[ExecutionEvent]:
    """Return a run without steps."""
    run_id, begin = f"01short{number:05d}-aaaaa", BEGIN + timedelta(seconds=number) - timedelta(days=days_ago)
    return [
        Created(run_id=run_id, timestamp=begin, workflow_id=workflow_id, user_id="grace"),
        Started(run_id=run_id, timestamp=begin),
        Completed(run_id=run_id, timestamp=begin + timedelta(seconds=2), duration=2000),
    ]


def with_text(number: int, text: str) -> list[ExecutionEvent]:
    events = short_run(number)
    assert isinstance(events[0], Created)
    events[0].inputs = {"text": text}
    return events
