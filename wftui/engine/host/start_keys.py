"""Start keys: a repeated start of a user gives the same run back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from wftui.connections.redaction import Redactor
from wftui.engine.primitives.schema_validation import check_inputs
from wftui.engine.primitives.secret_inputs import masked, secret_texts
from wftui.model.base import Json
from wftui.model.errors import ConflictError, UsageError
from wftui.model.run.events import Created
from wftui.model.run.record import ExecutionRequest
from wftui.model.schema.computed_defaults import computed_names
from wftui.model.schema.secret_schema import secret_pointers
from wftui.runtime.plan import WorkflowPlan

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore

_LENGTH = 200


async def run_of_start_key(
    store: "ExecutionStore", request: ExecutionRequest, stored_plan: Callable[[str], Awaitable[WorkflowPlan]]
) -> str | None:
    """Return the run that the user of a request has started with its key, or None.

    Args:
        stored_plan: returns that of a run.

    Raises:
        UsageError: the key is empty or too long.
        ConflictError: it is a run of another workflow, or with other inputs, connections or pool.
    """
    if request.start_key is None:
        return None
    if not 0 < len(request.start_key) <= _LENGTH:
        raise UsageError(f"a key has 1 to {_LENGTH} characters, not {len(request.start_key)}", code="run.key")
    run_id = await store.run_of_key(request.user_id, request.start_key)
    events = await store.events(run_id, limit=1) if run_id is not None else []
    if run_id is None or not events or not isinstance(created := events[0], Created):
        return None
    chosen = created.connections == request.chosen_connections and created.pool == request.pool
    if created.workflow_id == request.workflow_id and chosen:
        recorded: Json = await store.resolve(created.inputs)
        if await records_as((await stored_plan(run_id)).input_schema, request.inputs, recorded, Redactor()):
            return run_id
    raise ConflictError(
        f"the key {request.start_key!r} has already started run {run_id} of workflow {created.workflow_id}, with other"
        " inputs, connections or pool; take another key",
        code="run.key",
    )


async def records_as(
    schema: Mapping[str, Json], inputs: Mapping[str, Json], recorded: Json, redactor: Redactor
) -> bool:
    """Return whether a run with these inputs records what another one has recorded.

    Args:
        schema: input schema of the other run; its defaults are filled in, and secrets are masked as when it began.
        redactor: gets the secrets among the inputs.
    """
    filled, _invalid = await check_inputs(schema, inputs)
    computed = computed_names(schema) - filled.keys()
    if computed and isinstance(recorded, dict):
        recorded = {name: value for name, value in recorded.items() if name not in computed}
    secret = secret_pointers(schema)
    for text in secret_texts(filled, secret):
        redactor.add(text)
    return bool(redactor.redact(masked(filled, secret)) == recorded)
