"""Sub-workflows: the inputs, outputs and calls of workflows that run as steps."""

from dataclasses import field

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.errors import UserError
from wftui.model.json.incremental import read_json
from wftui.model.schema.computed_defaults import with_computed_apart
from wftui.model.schema.json_schema import as_object
from wftui.model.workflow.definition import Workflow
from wftui.model.workflow.inner_steps import every_step
from wftui.workspace.files import Workspace


@dataclass(frozen=True, slots=True)
class SubWorkflow:
    """A workflow as its callers see it; `etag` detects changes of its file.

    `runs` are the workflows that it calls without limiting how deep.
    """

    id: str
    etag: str
    version: str
    input_schema: Json
    outputs: tuple[str, ...]
    runs: tuple[str, ...]


@dataclass(slots=True)
class SubWorkflows:
    """Reader of other workflows of a workspace, with a cache; records each look-up."""

    workspace: Workspace
    _known: dict[str, SubWorkflow] = field(default_factory=dict)
    looked_up: dict[str, str | None] = field(default_factory=dict)

    def get(self, workflow_id: str) -> SubWorkflow | None:
        """Return a workflow; None if it cannot be read. Its own errors are not reported."""
        try:
            source = self.workspace.read(workflow_id)
        except UserError:
            self.looked_up[workflow_id] = None
            return None
        self.looked_up[workflow_id] = source.etag
        known = self._known.get(workflow_id)
        if known is None or known.etag != source.etag:
            known = self._known[workflow_id] = _read(workflow_id, source.etag, source.text)
        return known

    def ids(self) -> list[str]:
        """Return all workflows of the workspace; [] if it cannot be read."""
        try:
            return self.workspace.ids()
        except UserError:
            return []

    def path_back(self, workflow_id: str, child_id: str) -> list[str] | None:
        """Return the chain by which a child runs its caller again; None without one."""
        trails = [[child_id]]
        seen = {child_id}
        while trails:
            trail = trails.pop(0)
            if trail[-1] == workflow_id:
                return trail
            child = self.get(trail[-1])
            for called in child.runs if child is not None else ():
                if called not in seen:
                    seen.add(called)
                    trails.append([*trail, called])
        return None

    def unchanged(self, looked_up: dict[str, str | None]) -> bool:
        """Return whether the workflows that were looked up are unchanged."""
        for workflow_id, etag in looked_up.items():
            try:
                current = self.workspace.read(workflow_id).etag
            except UserError:
                current = None
            if current != etag:
                return False
        return True


def _read(workflow_id: str, etag: str, text: str) -> SubWorkflow:
    try:
        value = read_json(text)
    except ValueError:
        value = {}
    workflow = as_object(value)
    schema = workflow.get("inputSchema", {"type": "object", "properties": {}})
    outputs = tuple(as_object(workflow.get("outputs")))
    inputs = [as_object(step.get("input")) for step in every_step(workflow) if step.get("type") == "workflow"]
    calls = [called for each in inputs if isinstance(called := each.get("workflow"), str) and "maxDepth" not in each]
    version = workflow.get("version", Workflow.model_fields["version"].default)
    schema = with_computed_apart(as_object(schema))
    return SubWorkflow(workflow_id, etag, str(version), schema, outputs, tuple(dict.fromkeys(calls)))
