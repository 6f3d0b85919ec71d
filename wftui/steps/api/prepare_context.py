"""Services of the engine before a run starts, and the resources that steps share."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from wftui.model.base import Json


class Closable(Protocol):
    """Resource that has to be closed."""

    async def aclose(self) -> None:
        """Release the resource within a bounded time."""


KeptT = TypeVar("KeptT", bound=Closable)


class PrepareContext(Protocol):
    """Services that a step type may use before a run starts; see `StepType.prepare`."""

    @property
    def connection(self) -> Mapping[str, Json] | None:
        """As for `StepContext`."""

    @property
    def connection_name(self) -> str | None:
        """User's name of the connection; the workflow may use another one."""

    @property
    def environment(self) -> Mapping[str, str]:
        """User's environment, plus WFTUI_USER."""

    def keep(self, key: str, make: Callable[[], KeptT]) -> KeptT:
        """As for `StepContext`; shares the resources of the run's steps."""

    async def prepare_workflow(self, workflow_id: str) -> None:
        """Prepare another workflow that the step is going to run."""

    async def prepare_step(self, word: str, known_input: Mapping[str, Json], connection: str | None) -> Json:
        """Prepare another step type that the step may run; return what it prepared.

        Args:
            known_input: all of its input that is known by now.
            connection: the connection of the workflow that it takes.

        Raises:
            WorkflowError: what the other's `prepare` raises, and `connection.*` when the connection cannot be had.
        """
