"""Access of an agent: the workflows and runs it may see."""

from collections.abc import Callable
from dataclasses import dataclass

from wftui.agents.questions import GivenAnswer
from wftui.model.errors import RunNotFoundError, UserError
from wftui.model.run.record import ExecutionRecord
from wftui.model.user.access import AccessToken, Scope
from wftui.workbench import Workbench


@dataclass(frozen=True, slots=True)
class AgentAccess:
    """An agent, for the time of one request.

    Attributes:
        token: what it may do; over stdio, what its user may.
        every: all workflows are offered, with and without `"mcp": true`.
        answer: the answer to a question with which it repeats a call.
        leaving: tells whether the server ends, and its runs continue without it.
    """

    workbench: Workbench
    token: AccessToken
    every: bool
    answer: GivenAnswer | None = None
    leaving: Callable[[], bool] = bool

    def require(self, scope: Scope) -> None:
        """Refuse what the token does not include.

        Raises:
            UserError: it lacks the scope.
        """
        if not self.token.may(scope):
            raise UserError(f"the token {self.token.name} lacks the scope {scope!r}", code="token.scope")

    async def workflow_ids(self) -> list[str]:
        """Return the ids of the workflows it may run."""
        offered = await self.workbench.workflows.offered_ids(every=self.every)
        return [each for each in offered if self.token.sees(each)]

    async def run(self, run_id: str) -> ExecutionRecord:
        """Return a run without its steps.

        Raises:
            RunNotFoundError: there is none, as far as the agent sees.
        """
        found = await self.workbench.records.visible(run_id, frozenset(await self.workflow_ids()).__contains__)
        if found is None:
            raise RunNotFoundError(run_id)
        return found
