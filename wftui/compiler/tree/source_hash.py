"""The hash of a workflow, without names, notes, labels, white space and key order."""

import hashlib
import json
from dataclasses import field

from wftui.compiler.tree.nodes import WorkflowTree
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.workflow.inner_steps import BRANCH_KEYS

_LEFT_OUT_OF_WORKFLOW = frozenset({"$schema", "name", "description", "labels", "mcp"})
_LEFT_OUT_OF_STEP = frozenset({"name", "note"})


@dataclass(slots=True)
class SourceHasher:
    """Hashes workflows; keeps the JSON of steps that are the same objects."""

    _known: dict[int, tuple[Json, str]] = field(default_factory=dict)

    def hash_of(self, tree: WorkflowTree) -> str:
        """Return `sha256:…` of a workflow without errors."""
        known: dict[int, tuple[Json, str]] = {}
        parts: dict[str, str] = {}
        for key, value in tree.raw.items():
            if key in ("steps", "finally"):
                parts[key] = f"[{','.join(self._text(step, known) for step in value)}]"
            elif key not in _LEFT_OUT_OF_WORKFLOW:
                parts[key] = _text(value)
        self._known = known
        text = ",".join(f"{_text(key)}:{parts[key]}" for key in sorted(parts))
        return "sha256:" + hashlib.sha256(f"{{{text}}}".encode()).hexdigest()

    def _text(self, step: Json, known: dict[int, tuple[Json, str]]) -> str:
        """Return the significant parts of a step as JSON."""
        earlier = self._known.get(id(step))
        made = earlier if earlier is not None and earlier[0] is step else (step, _text(_significant([step])[0]))
        known[id(step)] = made
        return made[1]


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _significant(steps: Json) -> Json:
    """Return steps without their insignificant keys, at every depth."""
    made = []
    for step in steps:
        kept = {key: value for key, value in step.items() if key not in _LEFT_OUT_OF_STEP}
        if "steps" in kept:
            kept["steps"] = _significant(kept["steps"])
        for key in kept.keys() & set(BRANCH_KEYS):
            kept[key] = [{**branch, "steps": _significant(branch["steps"])} for branch in kept[key]]
        if "default" in kept:
            kept["default"] = {**kept["default"], "steps": _significant(kept["default"]["steps"])}
        made.append(kept)
    return made
