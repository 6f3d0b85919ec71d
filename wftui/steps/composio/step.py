"""The `composio` step type."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, ValidationError

from wftui.connections.connection_kinds import ComposioConnection
from wftui.model.base import Json
from wftui.model.user.user_name import user_name
from wftui.model.workflow.durations import Duration
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.findings import Notice
from wftui.steps.api.prepare_context import PrepareContext
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import SiteFacts, StepContext, StepSite, StepType
from wftui.steps.mcp.lock import LOCK_FILE, LockError, ServerName, read_lock, tool_facts

if TYPE_CHECKING:
    from wftui.steps.composio.run_accounts import Accounts


class ComposioInput(StepModel):
    """Input of `composio`."""

    tool: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]*$", description="Slug of the tool: GITHUB_CREATE_AN_ISSUE.")]
    arguments: Annotated[dict[str, Json], Field(description="Arguments of the tool.")] = Field(default_factory=dict)
    user_id: Annotated[
        str | None,
        Field(min_length=1, description="User whose account is used; default: the user who runs the workflow."),
    ] = None
    account_id: Annotated[
        str | None, Field(min_length=1, description="Account to use, if the user has connected several.")
    ] = None
    version: Annotated[
        str | None,
        Field(
            pattern="^[0-9]{8}_[0-9]{2}$", description="Version of the tool, such as 20250909_00; default: the latest."
        ),
    ] = None
    timeout: Annotated[Duration, Field(description="Timeout of each call.")] = 60.0


class ComposioStep(StepType[ComposioInput]):
    """Runs a tool through an account that is looked up before the run starts.

    Where the tool, the user or the account come from a step, it is looked up by the step. Running a tool is never
    repeated by itself.
    """

    word = "composio"
    title = "Composio tool"
    description = (
        "Runs a tool of Composio (GitHub, Gmail, Slack, …) through an account that the user has connected. "
        "Once locked (`wftui mcp lock`), its arguments are checked and edited by fields."
    )
    icon = "♦"
    ascii_icon = "c"
    search_words = ("app", "integration", "account")
    input_model = ComposioInput
    example: ClassVar = {
        "tool": "GITHUB_CREATE_AN_ISSUE",
        "arguments": {"owner": "me", "repo": "it", "title": "A report"},
    }
    connection_kind = "composio"
    connection_required = True
    early_fields = frozenset({"tool", "userId", "accountId", "version", "timeout"})
    secret_fields = frozenset({"arguments"})
    site_files = (LOCK_FILE,)
    output_schema: ClassVar = {
        "type": "object",
        "properties": {
            "data": {"description": "Result of the tool."},
            "version": {"type": "string", "description": "Version of the tool that ran."},
            "accountId": {"type": ["string", "null"], "description": "Account that was used."},
            "logId": {"type": ["string", "null"], "description": "Id in Composio's log."},
        },
        "required": ["data", "version", "accountId", "logId"],
        "additionalProperties": False,
    }

    @classmethod
    def facts_at(cls, literal_input: Mapping[str, Json], site: StepSite) -> SiteFacts:
        """Return the schemas of the locked tool; without a tool, the names of all."""
        tool = literal_input.get("tool")
        if site.folder is None or site.connection is None or not isinstance(tool, str) or "{{" in tool:
            return SiteFacts()
        try:
            lock = read_lock(site.folder)
        except LockError as error:
            return SiteFacts(notices=[Notice("", f"{error}; the tools are not checked")])
        source = lock.named(ServerName(connection=site.connection)) if lock is not None else None
        locked = source.tools if source is not None else {}
        if not tool:
            return SiteFacts(field_schemas={"tool": {"examples": sorted(locked)}})
        if tool not in locked:
            advice = f"the arguments of {tool} are unknown: run `wftui mcp lock {site.folder.name}`"
            return SiteFacts(notices=[Notice("tool", advice, "hint")])
        return tool_facts(tool, locked[tool], literal_input, cls.output_schema, "data")

    async def prepare(self, early_input: Mapping[str, Json], context: PrepareContext) -> Json:
        """Find the account and version of the tool.

        Raises:
            WorkflowError: `composio.account` when there is none, and those of `ComposioClient`.
        """
        try:
            step = ComposioInput.model_validate(dict(early_input))
        except ValidationError:
            return None  # reported by the step with all problems of its input
        found = await _accounts(context, step.timeout).for_tool(
            step.tool, _user(step, context.environment), step.account_id, step.version, context.connection_name
        )
        return {"accountId": found.account_id, "version": found.version}

    async def run(self, input: ComposioInput, context: StepContext) -> Json:
        """Run the tool.

        Raises:
            WorkflowError: `composio.account` when no account is connected, `composio.failed` when the tool says so,
                and those of `ComposioClient`.
        """
        accounts = _accounts(context, input.timeout)
        user = _user(input, context.environment)
        if context.prepared is not None:
            account, version = context.prepared["accountId"], context.prepared["version"]
        else:
            if input.account_id is None:
                context.log(f"Looking up the account for {input.tool}: it could not be determined before the run.")
            found = await accounts.for_tool(input.tool, user, input.account_id, input.version, context.site.connection)
            account, version = found.account_id, found.version
        context.log(f"{input.tool} {version} as {user}")
        done = await accounts.client.execute(
            input.tool, user_id=user, version=version, arguments=input.arguments, account_id=account
        )
        if done.error is not None:
            raise WorkflowError(
                "composio.failed", f"{input.tool} failed: {done.error.rstrip('.')}.", details={"logId": done.log_id}
            )
        return {"data": done.data, "version": version, "accountId": account, "logId": done.log_id}


def _user(step: ComposioInput, environment: Mapping[str, str]) -> str:
    return step.user_id or environment.get("WFTUI_USER") or user_name()


def _accounts(context: PrepareContext | StepContext, seconds: float) -> "Accounts":
    """Return the account cache that the steps of the run share."""
    from wftui.steps.composio.run_accounts import Accounts

    if context.connection is None:
        raise WorkflowError("composio.connection", "The step needs a connection of kind composio.")
    service = ComposioConnection.model_validate(dict(context.connection))
    key = f"composio {service.base_url} {service.api_key} {seconds}"
    return context.keep(key, lambda: Accounts(service.base_url, service.api_key, seconds))
