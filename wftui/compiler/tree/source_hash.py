"""The hash of a workflow, without names, notes, labels, white space and key order."""

import hashlib
import json

from wftui.compiler.tree.nodes import WorkflowTree
from wftui.model.base import Json
from wftui.model.workflow.inner_steps import BRANCH_KEYS

_LEFT_OUT_OF_WORKFLOW = frozenset({"$schema", "name", "description", "labels", "mcp"})
_LEFT_OUT_OF_STEP = frozenset({"name", "note"})


def source_hash(tree: WorkflowTree) -> str:
    """Return `sha256:…` of a workflow without errors."""
    significant = {key: value for key, value in tree.raw.items() if key not in _LEFT_OUT_OF_WORKFLOW}
    for key in ("steps", "finally"):
        if key in significant:
            significant[key] = _significant(significant[key])
    text = json.dumps(significant, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


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
