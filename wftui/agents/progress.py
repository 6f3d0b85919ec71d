"""Progress of a run from its events, and its pending approvals."""

from wftui.agents.questions import Question
from wftui.model.run.events import (
    Created,
    ExecutionEvent,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepSkipped,
    StepStarted,
    StepWaiting,
)

_ENDS = (StepCompleted, StepFailed, StepSkipped, StepCancelled)


class CallProgress:
    """Progress of a run, from its events.

    Attributes:
        seq: number of the last event.
        ended, total: steps of the workflow.
    """

    def __init__(self) -> None:
        self.seq = 0
        self.ended = 0
        self.total = 0
        self._declared: set[str] = set()
        self._asking: dict[str, Question] = {}

    def question(self) -> Question | None:
        """Return the first pending approval."""
        return next(iter(self._asking.values()), None)

    def settle(self, question: Question) -> None:
        """Forget a question that has been answered."""
        self._asking.pop(question.path, None)

    def fold(self, event: ExecutionEvent) -> str:
        """Apply an event; return a message to report, or None."""
        self.seq = event.seq
        match event:
            case Created():
                self._declared = {step.path for step in event.steps if step.parent is None}
                self.total = len(self._declared)
            case StepWaiting() if event.waiting.reason == "approval":
                self._asking[event.path] = Question(event.path, event.seq, event.waiting)
                return f"{event.path}: waiting for approval"
            case StepStarted() if event.path in self._declared:
                return f"{event.path}: started"
        if isinstance(event, _ENDS):
            self._asking.pop(event.path, None)
            if event.path in self._declared:
                self._declared.discard(event.path)
                self.ended += 1
                return f"{event.path}: {event.type.removeprefix('step_')}"
        elif getattr(event, "type", "") == "step_answered":
            self._asking.pop(getattr(event, "path", ""), None)
        return ""
