"""Where a step stands: the names it sees, the address of its list, and the stop that reaches it."""

from collections import ChainMap
from dataclasses import replace

from wftui.engine.primitives.cancellation import StopScope
from wftui.engine.primitives.outcome import StepOutcome
from wftui.model.base import Json
from wftui.runtime.scope import Scope, StepValues


class Frame:
    """One list of steps while it runs: a workflow's, a container's, or that of one iteration.

    Inner frames see the ended steps of the frames around them; outer ones see nothing of what is inside.

    Attributes:
        path: address of the container or iteration the list belongs to; None at the top.
        halted: a failure under `failFast` keeps this list, and those inside it, from starting anything new.
    """

    def __init__(self, scope: Scope, stop: StopScope, *, path: str | None = None, outer: "Frame | None" = None) -> None:
        self.path = path
        self.prefix = f"{path}." if path else ""
        self.stop = stop
        self.halted = False
        self._outer = outer
        self._views: dict[str, StepValues] = {}
        self._visible: list[dict[str, StepValues]] = [self._views, *(outer._visible if outer else [])]
        self.scope = replace(scope, steps=ChainMap(*self._visible) if outer else self._views)

    def inside(self, path: str, stop: StopScope) -> "Frame":
        """The frame of a list inside this one."""
        return Frame(self.scope, stop, path=path, outer=self)

    def with_locals(self, **names: Json) -> "Frame":
        """This frame as one iteration sees it: the same steps, and loop variables."""
        twin = Frame.__new__(Frame)
        twin.path, twin.prefix, twin.stop = self.path, self.prefix, self.stop
        twin.halted, twin._outer, twin._views, twin._visible = False, self, self._views, self._visible
        twin.scope = replace(self.scope, locals={**self.scope.locals, **names})
        return twin

    def note(self, step_id: str, outcome: StepOutcome) -> None:
        """Let expressions see how a step ended."""
        self._views[step_id] = outcome.view()

    def take_big(self) -> list[Json]:
        """The big outputs of this list, which expressions do not see any more."""
        big = [step_id for step_id, view in self._views.items() if view.big]
        return [self._views.pop(step_id).output for step_id in big]

    @property
    def closed(self) -> bool:
        """Whether nothing new may start here."""
        frame: Frame | None = self
        while frame is not None:
            if frame.halted:
                return True
            frame = frame._outer
        return self.stop.stopped
