"""Other workflows that a workflow runs as steps: what they take, what they give, and what they run in turn."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.incremental import read_json
from wftui.model.schema.json_schema import as_list, as_object
from wftui.workspace.files import Workspace


@dataclass(frozen=True, slots=True)
class Child:
    """A workflow as its callers see it; `etag` tells whether its file changed since."""

    id: str
    etag: str
    input_schema: Json
    outputs: tuple[str, ...]
    runs: tuple[str, ...]


@dataclass(slots=True)
class Children:
    """Reads other workflows of a workspace, each once per change; remembers which were asked for."""

    workspace: Workspace
    _known: dict[str, Child] = field(default_factory=dict)
    asked: dict[str, str | None] = field(default_factory=dict)

    def get(self, workflow_id: str) -> Child | None:
        """A workflow, or None when there is none that can be read. Its own errors are told where it is compiled."""
        try:
            source = self.workspace.read(workflow_id)
        except UserError:
            self.asked[workflow_id] = None
            return None
        self.asked[workflow_id] = source.etag
        known = self._known.get(workflow_id)
        if known is None or known.etag != source.etag:
            known = self._known[workflow_id] = _read(workflow_id, source.etag, source.text)
        return known

    def ids(self) -> list[str]:
        """All workflows of the workspace; none when it cannot be read."""
        try:
            return self.workspace.ids()
        except UserError:
            return []

    def path_back(self, workflow_id: str, child_id: str) -> list[str] | None:
        """The chain of workflows by which a child runs the workflow that runs it; None when it does not."""
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

    def unchanged(self, asked: dict[str, str | None]) -> bool:
        """Whether the workflows that were asked for are still what they were."""
        for workflow_id, etag in asked.items():
            try:
                current = self.workspace.read(workflow_id).etag
            except UserError:
                current = None
            if current != etag:
                return False
        return True


def _read(workflow_id: str, etag: str, text: str) -> Child:
    try:
        value = read_json(text)
    except ValueError:
        value = {}
    workflow = as_object(value)
    schema = workflow.get("inputSchema", {"type": "object", "properties": {}})
    outputs = tuple(as_object(workflow.get("outputs")))
    calls = [*_calls(workflow.get("steps")), *_calls(workflow.get("finally"))]
    return Child(workflow_id, etag, schema, outputs, tuple(dict.fromkeys(calls)))


def _calls(steps: Json) -> Iterator[str]:
    """The ids of the workflows that some steps, and those inside them, run."""
    for step in as_list(steps):
        written = as_object(step)
        called = as_object(written.get("input")).get("workflow")
        if written.get("type") == "workflow" and isinstance(called, str):
            yield called
        yield from _calls(written.get("steps"))
        for branch in [*as_list(written.get("cases")), written.get("default")]:
            yield from _calls(as_object(branch).get("steps"))
