"""Workflows of a server."""

import re
from collections.abc import Mapping

from wftui.client.connection import ServerConnection, part
from wftui.client.reading import model, models
from wftui.model.base import Json
from wftui.model.clock import Elapsed
from wftui.model.errors import NotFoundError
from wftui.model.listing import WorkflowOutline, WorkflowRow
from wftui.model.workflow.identifiers import WORKFLOW_ID_PATTERN

_LOOK_EVERY = 15.0
"""Seconds between looks at the workflows, whose changes no server announces."""
_ID = re.compile(WORKFLOW_ID_PATTERN)


class RemoteWorkflows:
    """`workbench.workflows` of a server: those that the token covers."""

    def __init__(self, connection: ServerConnection, elapsed: Elapsed) -> None:
        self._connection = connection
        self._elapsed = elapsed

    async def ids(self) -> list[str]:
        """Return the ids of all workflows."""
        return [row.id for row in await self.all()]

    async def signature(self) -> object:
        """Return a value that changes when it is time to look."""
        return int(self._elapsed() / _LOOK_EVERY)

    async def all(self) -> list[WorkflowRow]:
        """Return all workflows with compile state and run statistics, sorted by id."""
        return await self._connection.get("/api/workflows", models(WorkflowRow, "workflows"))

    async def outline(self, workflow_id: str) -> WorkflowOutline:
        """Return steps and input schema of a workflow.

        Raises:
            NotFoundError: there is no such workflow.
            CompileFailed: the workflow has errors.
        """
        return await self._connection.get(definition_path(workflow_id), model(WorkflowOutline))

    async def head(self, workflow_id: str) -> WorkflowOutline:
        """Return the outline of a workflow without its steps; see `outline`."""
        return (await self.outline(workflow_id)).head()

    async def input_schema(self, workflow_id: str) -> Mapping[str, Json]:
        """Return the schema of a workflow's inputs; see `outline`."""
        return (await self.outline(workflow_id)).input_schema


def definition_path(workflow_id: str) -> str:
    """Return the path of a workflow.

    Raises:
        NotFoundError: the id is malformed.
    """
    if not _ID.fullmatch(workflow_id):
        raise NotFoundError(f"there is no workflow {workflow_id!r}", code="workflow.not_found")
    return f"/api/workflows/definitions/{part(workflow_id, 'workflow')}"
