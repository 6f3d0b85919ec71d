"""Error types: those that wftui raises, and those of a user."""

import re

from wftui.model.text.cuts import beginning
from wftui.runtime.workflow_errors import WorkflowError

_TYPES = """
timeout cancelled internal items assertion
loop.limit race.failed
validation.inputs validation.input validation.output validation.type validation.env validation.form
validation.arguments validation.error_type
connection.unresolved connection.name
worker.files worker.key worker.lost worker.question worker.workflow workers.database workers.missing workers.no_url
secret.missing
binding.missing binding.type binding.value binding.limit binding.not_json
output.not_json output.parse output.truncated output.file output.too_big
value.not_json
exit_code not_found
process.start
python.syntax python.exception python.exit python.crash python.memory
http.4xx http.5xx http.status http.connect http.timeout http.tls http.url http.auth http.header http.body
http.pages http.protocol http.redirects http.redirect_secret http.too_big
sql.open sql.driver sql.statement sql.constraint sql.locked sql.read_only sql.value
file.missing file.exists file.permission file.kind file.path file.root file.format file.too_big file.archive
file.error
template.error template.limit
delay.moment
approval.rejected approval.nobody
email.connection email.connect email.auth email.tls email.address email.header email.refused
llm.connection llm.auth llm.limit llm.overloaded llm.quota llm.context llm.refused llm.server llm.protocol
llm.truncated llm.length llm.refusal llm.schema llm.turns llm.tool llm.declined
mcp.missing mcp.start mcp.server mcp.closed mcp.error mcp.result mcp.tool mcp.unknown_tool
composio.connection composio.account composio.auth composio.missing composio.limit composio.refused
composio.server composio.protocol composio.failed
workflow.cancelled workflow.depth workflow.invalid workflow.unavailable workflow.version
concurrency.busy concurrency.group
"""
BUILTIN_TYPES = frozenset(_TYPES.split())
"""Every type with a line under "Runs" in docs/troubleshooting.md."""

BUILTIN_FAMILIES = frozenset(each.partition(".")[0] for each in BUILTIN_TYPES) | {"error", "wftui"}
"""First words that belong to wftui; a type of a user begins with another one."""

_NEVER_RETRIED = ("cancelled", "binding", "validation", "approval.rejected")
_OWN_TYPE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")
_LONGEST = 100


def is_never_retried(error_type: str) -> bool:
    """Return whether no `retry` repeats a step after errors of a type."""
    return any(error_type == each or error_type.startswith(f"{each}.") for each in _NEVER_RETRIED)


def own_type_problem(error_type: str) -> str | None:
    """Return why a type cannot be an error type of a user, or None."""
    family = error_type.partition(".")[0]
    shown = beginning(error_type, _LONGEST)
    if _OWN_TYPE.fullmatch(error_type) is None or len(error_type) > _LONGEST:
        return f"an error type of your own is dotted lower-case words, such as stock.empty, not {shown!r}"
    if family in BUILTIN_FAMILIES:
        return f"error types that begin with {family!r} are raised by wftui; choose another first word"
    return None


def own_error(error_type: str, message: str, details: object = None) -> WorkflowError:
    """Return an error with a type of a user.

    Raises:
        WorkflowError: `validation.error_type` if the type is not one.
    """
    problem = own_type_problem(error_type)
    if problem is not None:
        raise WorkflowError("validation.error_type", f"{problem[:1].upper()}{problem[1:]}.")
    return WorkflowError(error_type, message, details=details)
