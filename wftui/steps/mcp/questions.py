"""Elicitation: a server's question to the user. Imports the SDK; import late."""

import asyncio
from typing import Any

from mcp.client.session import ClientRequestContext
from mcp_types import INVALID_REQUEST, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ErrorData

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.mcp.listeners import Listeners


class Questions:
    """Asks the questions of one server, one at a time."""

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self._asking = asyncio.Lock()

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
        """Ask the user of the calling step; the step's timeout applies."""
        step = self._listeners.current()
        if step is None:
            return ErrorData(code=INVALID_REQUEST, message="no call is in progress that the question could belong to")
        form: dict[str, Any] | None = None
        prompt = params.message
        if isinstance(params, ElicitRequestFormParams):
            form = params.requested_schema or None
        else:
            prompt = f"{params.message}\n{params.url}"
        try:
            async with self._asking:
                answer = await self._listeners.ask(step, prompt, form)
        except WorkflowError as error:
            step.log(f"The question of the MCP server cannot be asked: {error}.", "warn")
            return ElicitResult(action="cancel")
        if answer is None:
            return ElicitResult(action="cancel")
        if not answer.approved:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content=_content(answer.data) if form is not None else None)


def _content(data: Json) -> dict[str, Any]:
    """Return the answer without empty fields: the protocol has no null."""
    given = data if isinstance(data, dict) else {}
    return {name: value for name, value in given.items() if value is not None}
