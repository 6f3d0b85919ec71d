"""Checks of pools: steps that cannot be in one, and paths of this machine."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import StepNode, strings_in
from wftui.model.base import Json
from wftui.model.json.pointers import key_or_position
from wftui.model.workflow.identifiers import HERE
from wftui.steps.api.step_type import PathUse, StepType, StepTypes

_IN_MEMORY = ":memory:"
"""The path of an SQLite database without a file."""
_ABSOLUTE = ("/", "~", "file:///")


def check_pools(
    node: StepNode, step_type: StepType[Any] | None, step_types: StepTypes, folder: Path
) -> Iterator[Diagnostic]:
    """Yield diagnostics of the pool of a step.

    Args:
        folder: of the workflow, which goes along with its steps.
    """
    if step_type is None:
        return
    if step_type.local and node.step.pool not in (None, HERE):
        yield _refused(node)
    elif node.pool is not None:
        yield from _Paths(node, step_types, folder).warnings(step_type, node.step.input, "")


def _refused(node: StepNode) -> Diagnostic:
    message = f"a step of type {node.step.type} runs in the process of the run, never on a worker; it takes no pool"
    fix = patches.remove("remove pool", node.at("pool"))
    return Diagnostic("pool.type", message, node.at("pool"), step_id=node.id or None, field="pool", fixes=(fix,))


class _Paths:
    """The paths in the input of one step."""

    def __init__(self, node: StepNode, step_types: StepTypes, folder: Path) -> None:
        self._node = node
        self._step_types = step_types
        self._folder = os.path.abspath(folder)  # noqa: PTH100  (also takes out `..`, which a path keeps)

    def warnings(self, step_type: StepType[Any], values: Mapping[str, Json], prefix: str) -> Iterator[Diagnostic]:
        """Warn of the paths of a step, or of a tool that it offers to a model.

        Args:
            prefix: of the input in that of the step: `tools.0.input.`.
        """
        node = self._node
        for field, use in step_type.path_fields.items():
            place = node.at("input", *_parts(prefix + field))
            for pointer, name, text in strings_in(_at(values, field), place, field):
                sentence = self._problem(text, use)
                if sentence is not None:
                    change = patches.add if node.step.pool is None else patches.replace
                    fix = change("run the step here", node.at("pool"), HERE)
                    step_id, whole = node.id or None, f"input.{prefix}{name}"
                    yield Diagnostic(
                        "pool.path", sentence, pointer, "warning", step_id=step_id, field=whole, fixes=(fix,)
                    )
        tools = values.get("tools")
        for number, tool in enumerate(tools if isinstance(tools, list) else ()):
            fixed = tool.get("input") if isinstance(tool, dict) else None
            word = tool.get("type") if isinstance(fixed, dict) else None
            found = self._step_types.get(word) if isinstance(word, str) else None
            if found is not None and isinstance(fixed, dict):
                yield from self.warnings(found, fixed, f"{prefix}tools.{number}.input.")

    def _problem(self, text: str, use: PathUse) -> str | None:
        """Return why a path is different on a worker; None if it may be the same."""
        pool = self._node.pool
        if use == "machine":
            if text == _IN_MEMORY:
                return None
            return f"{text} is looked for on the worker that runs the step, so every worker of pool {pool} must have it"
        if text.startswith((*_ABSOLUTE, "{{")) or (use == "program" and "/" not in text) or self._is_sent(text):
            return None
        return (
            f"{text} is relative: on a worker it starts in an empty folder of the run, not in the one wftui was"
            " started in"
        )

    def _is_sent(self, text: str) -> bool:
        """Return whether a relative path leads into the workflow's folder."""
        return f"{os.path.abspath(text)}/".startswith(f"{self._folder}/")  # noqa: PTH100


def _at(value: Json, field: str) -> Json:
    """Return the value of a dotted field; None without one."""
    for part in _parts(field):
        if isinstance(value, Mapping):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _parts(field: str) -> list[str | int]:
    return [key_or_position(part) for part in field.split(".") if part]
