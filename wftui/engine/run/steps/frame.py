"""Frame of a list of steps: visible names, address and stop scope."""

from collections import ChainMap
from dataclasses import replace

from wftui.engine.primitives.cancellation import StopScope
from wftui.engine.primitives.outcome import StepOutcome
from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError
from wftui.runtime.scope import Scope, StepValues


class Frame:
    """Frame of a running list of steps: of a workflow, a container or one iteration.

    Inner frames see the ended steps of outer ones, but not the reverse.

    Attributes:
        path: address of the container or iteration of the list; None at the top.
        halted: a failure under `failFast` prevents new steps in this list and those inside it.
        caught: the error that the steps of this list, or of one around it, handle.
    """

    def __init__(self, scope: Scope, stop: StopScope, *, path: str | None = None, outer: "Frame | None" = None) -> None:
        self.path = path
        self.prefix = f"{path}." if path else ""
        self.stop = stop
        self.halted = False
        self.caught: ExecutionError | None = outer.caught if outer else None
        self._outer = outer
        self._views: dict[str, StepValues] = {}
        self._visible: list[dict[str, StepValues]] = [self._views, *(outer._visible if outer else [])]
        self.scope = replace(scope, steps=ChainMap(*self._visible) if outer else self._views)

    def inside(self, path: str, stop: StopScope) -> "Frame":
        """Return the frame of a list inside this one."""
        return Frame(self.scope, stop, path=path, outer=self)

    def handling(self, error: ExecutionError, path: str, *, hidden: bool) -> "Frame":
        """Return the frame of the handler steps of a failed step.

        Args:
            hidden: a loop variable hides `error`.
        """
        frame = self.inside(path, self.stop)
        frame.caught = error
        return frame if hidden else frame.with_locals(error=error.to_wire())

    def with_locals(self, stop: StopScope | None = None, /, **names: Json) -> "Frame":
        """Return this frame for one iteration, with its loop variables.

        Args:
            stop: a narrower stop scope.
        """
        twin = Frame.__new__(Frame)
        twin.path, twin.prefix, twin.stop = self.path, self.prefix, stop or self.stop
        twin.caught = self.caught
        twin.halted, twin._outer, twin._views, twin._visible = False, self, self._views, self._visible
        twin.scope = replace(self.scope, locals={**self.scope.locals, **names})
        return twin

    def note(self, step_id: str, outcome: StepOutcome) -> None:
        """Make the outcome of a step visible to expressions."""
        self._views[step_id] = outcome.view()

    def take_big(self) -> list[Json]:
        """Remove the big outputs of this list from the scope and return them."""
        big = [step_id for step_id, view in self._views.items() if view.big]
        return [self._views.pop(step_id).output for step_id in big]

    @property
    def closed(self) -> bool:
        """True if no step may start here."""
        frame: Frame | None = self
        while frame is not None:
            if frame.halted:
                return True
            frame = frame._outer
        return self.stop.stopped
