"""Tools of Composio for the lock file of a workflow."""

from collections.abc import Mapping

from wftui.connections.connection_kinds import ComposioConnection
from wftui.model.base import Json
from wftui.model.schema.json_schema import as_object
from wftui.steps.composio.client import ComposioClient
from wftui.steps.mcp.lock import LockedServer, LockedTool, ServerName

_SECONDS = 60.0


async def composio_tools(
    name: ServerName, connection: Mapping[str, Json], versions: Mapping[str, str | None]
) -> LockedServer:
    """Request the schemas of the tools that a workflow uses.

    Args:
        name: of the connection in workflow.json.
        connection: with its secrets.
        versions: the tools, each with the version it is pinned to; None for the latest.

    Raises:
        WorkflowError: `composio.connection`, and those of `ComposioClient`.
    """
    service = ComposioConnection.model_validate(dict(connection))
    client = ComposioClient(service.base_url, service.api_key, _SECONDS)
    tools: dict[str, LockedTool] = {}
    for slug in sorted(versions):
        tool = await client.definition(slug, versions[slug])
        tools[slug] = LockedTool(
            description=tool.description,
            input_schema=dict(tool.input_schema),
            output_schema=_result(tool.output_schema),
        )
    return LockedServer(server=name, info={"name": "composio"}, tools=tools)


def _result(schema: Mapping[str, Json]) -> dict[str, Json] | None:
    """Return the schema of `data` in an answer `{data, error, successful}`."""
    fields = as_object(schema.get("properties"))
    if "successful" not in fields or not isinstance(fields.get("data"), dict):
        return None
    definitions = {key: schema[key] for key in ("$defs",) if key in schema}
    return {**fields["data"], **definitions}
