"""Warnings about packages and programs that steps need and that are not installed.

No errors: the workflow may be meant for another machine.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wftui.compiler.diagnostics.diagnostic import Diagnostic, broken
from wftui.compiler.tree.early_input import stored_secrets
from wftui.compiler.tree.nodes import StepNode
from wftui.compiler.tree.pools import pool_pointer
from wftui.model.data_class import dataclass
from wftui.model.installation import install_command, installed
from wftui.model.workflow.compilation import Severity
from wftui.steps.api.requirements import Host, MissingRequirement, missing_workers
from wftui.steps.api.step_type import SiteFacts, StepType
from wftui.steps.registry.step_registry import BUILTIN


@dataclass(frozen=True, slots=True)
class StepNeeds:
    """One step with the facts its requirements follow from."""

    node: StepNode
    step_type: StepType[Any]
    facts: SiteFacts
    programs: tuple[str, ...]


def is_lasting(step: StepNeeds) -> bool:
    """Return whether the findings about a step follow from files and programs alone.

    A plugin may look at anything, tools are looked for in many places, and workers are reached by the user's settings.
    """
    if step.step_type.word not in BUILTIN or step.node.pool is not None:
        return False
    elsewhere = step.programs or step.facts.runs or step.facts.connections or "tools" in step.node.step.input
    return not (step.step_type.site_files and elsewhere)


def programs(steps: Iterable[StepNeeds], environment: Mapping[str, str]) -> dict[str, bool]:
    """Return the programs that steps start, and whether they are installed."""
    names = {name for step in steps for name in step.programs}
    return {name: shutil.which(name, path=environment.get("PATH")) is not None for name in sorted(names)}


def check_requirements(
    steps: Sequence[StepNeeds], environment: Mapping[str, str], workers: str | None = None
) -> Iterator[Diagnostic]:
    """Yield a warning for each package and program of a step that is not installed.

    It is a hint if the workflow handles a failure of the step, or may not reach it. What steps in pools need is on the
    workers; here they need these.

    Args:
        workers: address of the server through which steps in pools reach workers.
    """
    yield from _check_workers(steps, workers)
    machine = _Machine(environment)
    for step in steps:
        node = step.node
        if node.step.disabled:
            continue
        try:
            found = dict.fromkeys(machine.missing(step))
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
            yield _diagnostic(node, broken(step.step_type.word, error))
            continue
        conditional, may_fail = _is_conditional(node), bool(node.catches) or node.step.on_error not in (None, "fail")
        then = "runs that may get here do not start" if conditional else "runs do not start"
        for sentence in found:
            message = sentence if may_fail else f"{then}: {sentence}"
            yield _diagnostic(node, message, "hint" if conditional or may_fail else "warning")


def _check_workers(steps: Iterable[StepNeeds], address: str | None) -> Iterator[Diagnostic]:
    """Yield a warning at the first step in a pool if workers cannot be reached."""
    in_pools = [step.node for step in steps if step.node.pool is not None and not step.node.step.disabled]
    missing = missing_workers(address) if in_pools else None
    if missing is None:
        return
    node = next((node for node in in_pools if not _is_conditional(node)), in_pools[0])
    conditional = _is_conditional(node)
    then = "runs that may get here do not start" if conditional else "runs do not start"
    yield Diagnostic(
        missing.code,
        f"{then}: {missing.sentence}",
        pool_pointer(node),
        "hint" if conditional else "warning",
        step_id=node.id or None,
        field="pool",
    )


def _diagnostic(node: StepNode, message: str, severity: Severity = "error") -> Diagnostic:
    return Diagnostic(
        "step.requirement", message, node.at("type"), severity=severity, step_id=node.id or None, field="type"
    )


def _is_conditional(node: StepNode) -> bool:
    """Return whether a condition of the step or of a container decides if it runs."""
    if node.step.when is not None or node.body.kind in ("case", "default", "catch"):
        return True
    return node.body.owner is not None and _is_conditional(node.body.owner)


class _Machine:
    """Installed packages and programs; each is looked up once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._alone, self._connected = Host(environment), Host(environment, connected=True)
        self._types: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._programs: dict[tuple[str, str], MissingRequirement | None] = {}

    def missing(self, step: StepNeeds) -> Iterator[str]:
        """Yield a sentence for each missing requirement of a step."""
        if stored_secrets(step.node) and not installed("pyrage"):
            yield f"stored secrets need the package pyrage: {install_command('wftui[store]')}"
        if step.node.pool is not None:
            return
        yield from self._type(step.step_type, connected=step.node.step.connection is not None)
        for use in step.facts.connections:
            yield from self._type(use.step_type, connected=True)
        for tool in step.facts.runs:
            yield from self._type(tool, connected=False)
        for name in step.programs:
            key = step.step_type.word, name
            if key not in self._programs:
                self._programs[key] = step.step_type.missing_program(name, self._alone)
            if (found := self._programs[key]) is not None:
                yield found.sentence

    def _type(self, step_type: StepType[Any], *, connected: bool) -> tuple[str, ...]:
        key = step_type.word, connected
        if key not in self._types:
            missing = step_type.missing(self._connected if connected else self._alone)
            self._types[key] = tuple(each.sentence for each in missing)
        return self._types[key]
