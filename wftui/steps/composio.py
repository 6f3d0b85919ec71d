"""`composio`: run a tool through an account that a user has connected."""

import getpass
from typing import Annotated, ClassVar

from pydantic import Field

from wftui.connections.kinds import ComposioConnection
from wftui.model.base import Json
from wftui.model.durations import Duration
from wftui.runtime.errors import WorkflowError
from wftui.steps.base import StepContext, StepModel, StepType


class ComposioInput(StepModel):
    """Input of `composio`."""

    tool: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]*$", description="Slug of the tool: GITHUB_CREATE_AN_ISSUE.")]
    arguments: Annotated[dict[str, Json], Field(description="What the tool is given.")] = Field(default_factory=dict)
    user_id: Annotated[
        str | None, Field(min_length=1, description="Whose account is used; absent: the user who runs the workflow.")
    ] = None
    account_id: Annotated[
        str | None, Field(min_length=1, description="Which account, when the user has connected several.")
    ] = None
    version: Annotated[
        str | None,
        Field(pattern="^[0-9]{8}_[0-9]{2}$", description="Version of the tool, 20250909_00; absent: the latest."),
    ] = None
    timeout: Annotated[Duration, Field(description="For each call.")] = 60.0


class ComposioStep(StepType[ComposioInput]):
    """The account is looked up before the tool runs; running it is never repeated by itself."""

    word = "composio"
    title = "Composio tool"
    description = "Runs a tool of Composio (GitHub, Gmail, Slack, …) through an account that the user has connected."
    icon = "◈"
    ascii_icon = "c"
    input_model = ComposioInput
    example: ClassVar = {
        "tool": "GITHUB_CREATE_AN_ISSUE",
        "arguments": {"owner": "me", "repo": "it", "title": "A report"},
    }
    connection_kind = "composio"
    connection_required = True
    secret_fields = frozenset({"arguments"})
    output_schema: ClassVar = {
        "type": "object",
        "properties": {
            "data": {"description": "What the tool gave."},
            "version": {"type": "string", "description": "The version that ran."},
            "accountId": {"type": ["string", "null"]},
            "logId": {"type": ["string", "null"], "description": "Of Composio's own log."},
        },
        "required": ["data", "version", "accountId", "logId"],
        "additionalProperties": False,
    }

    async def run(self, input: ComposioInput, context: StepContext) -> Json:  # noqa: A002
        """Run the tool.

        Raises:
            WorkflowError: `composio.account` when no account is connected, `composio.failed` when the tool says so,
                and those of `ComposioClient`.
        """
        from wftui.steps.composio_client import ComposioClient

        if context.connection is None:
            raise WorkflowError("composio.connection", "The step needs a connection of kind composio.")
        service = ComposioConnection.model_validate(dict(context.connection))
        client = ComposioClient(service.base_url, service.api_key, input.timeout)
        user = input.user_id or context.environment.get("WFTUI_USER") or getpass.getuser()
        account, version = input.account_id, input.version
        if account is None or version is None:
            tool = await client.tool(input.tool)
            version = version or tool.version
            if account is None and tool.needs_account:
                account = _only_account(
                    [each.id for each in await client.accounts(user, tool.toolkit)], user, tool.toolkit
                )
        context.log(f"{input.tool} {version} as {user}")
        done = await client.execute(
            input.tool, user_id=user, version=version, arguments=input.arguments, account_id=account
        )
        if done.error is not None:
            raise WorkflowError(
                "composio.failed", f"{input.tool} failed: {done.error.rstrip('.')}.", details={"logId": done.log_id}
            )
        return {"data": done.data, "version": version, "accountId": account, "logId": done.log_id}


def _only_account(accounts: list[str], user: str, toolkit: str) -> str:
    if not accounts:
        raise WorkflowError(
            "composio.account",
            f"{user} has connected no account of {toolkit}.",
            details={"userId": user, "toolkit": toolkit},
        )
    if len(accounts) > 1:
        raise WorkflowError(
            "composio.account",
            f"{user} has {len(accounts)} accounts of {toolkit}; say which by accountId: {', '.join(accounts)}.",
            details={"userId": user, "toolkit": toolkit, "accountIds": list(accounts)},
        )
    return accounts[0]
