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


@dataclass(slots=True)
class Requirements:
    """Requirements of one step; holds nothing of its workflow.

    Attributes:
        pool, pool_pointer: the pool that it runs in, and where that is written.
        conditional: a condition of the step or of a container decides if it runs.
        may_fail: the workflow handles its failure.
        connected: it has a connection.
        secrets: it reads stored secrets.
        asks_tools: tools may be named in its input.
    """

    pointer: str
    step_id: str | None
    pool: str | None
    pool_pointer: str
    conditional: bool
    may_fail: bool
    connected: bool
    secrets: bool
    asks_tools: bool
    step_type: StepType[Any]
    facts: SiteFacts
    programs: tuple[str, ...]
    disabled: bool

    @classmethod
    def of(
        cls, node: StepNode, step_type: StepType[Any], facts: SiteFacts, programs: tuple[str, ...]
    ) -> "Requirements":
        """Return those of a step, as it and the containers around it are now."""
        return cls(
            pointer=node.pointer,
            step_id=node.id or None,
            pool=node.pool,
            pool_pointer=pool_pointer(node) if node.pool is not None else "",
            conditional=_is_conditional(node),
            may_fail=bool(node.catches) or node.step.on_error not in (None, "fail"),
            connected=node.step.connection is not None,
            secrets=bool(stored_secrets(node)),
            asks_tools="tools" in node.step.input,
            step_type=step_type,
            facts=facts,
            programs=programs,
            disabled=node.step.disabled,
        )

    def again(self, node: StepNode) -> "Requirements":
        """Return those of the same step in other containers."""
        return Requirements.of(node, self.step_type, self.facts, self.programs)

    def last(self) -> bool:
        """Return whether the findings about the step follow from files and programs alone.

        A plugin may look at anything, tools are looked for in many places, and workers are reached by the user's
        settings.
        """
        if self.step_type.word not in BUILTIN or self.pool is not None:
            return False
        elsewhere = self.programs or self.facts.runs or self.facts.connections or self.asks_tools
        return not (self.step_type.site_files and elsewhere)

    def any(self) -> bool:
        """Return whether there is something that may be missing, now or later."""
        named = self.programs or self.facts.runs or self.facts.connections
        return bool(named) or self.secrets or not self.last() or _has_requirements(type(self.step_type))

    def diagnostic(self, message: str, severity: Severity = "error") -> Diagnostic:
        """Return a diagnostic at the type of the step."""
        pointer = f"{self.pointer}/type"
        return Diagnostic("step.requirement", message, pointer, severity=severity, step_id=self.step_id, field="type")


def programs(steps: Iterable[Requirements], environment: Mapping[str, str]) -> dict[str, bool]:
    """Return the programs that steps start, and whether they are installed."""
    names = {name for step in steps for name in step.programs}
    return {name: shutil.which(name, path=environment.get("PATH")) is not None for name in sorted(names)}


def check_requirements(
    steps: Sequence[Requirements], environment: Mapping[str, str], workers: str | None = None
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
        if step.disabled:
            continue
        try:
            found = dict.fromkeys(machine.missing(step))
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
            yield step.diagnostic(broken(step.step_type.word, error))
            continue
        then = "runs that may get here do not start" if step.conditional else "runs do not start"
        for sentence in found:
            message = sentence if step.may_fail else f"{then}: {sentence}"
            yield step.diagnostic(message, "hint" if step.conditional or step.may_fail else "warning")


def _check_workers(steps: Iterable[Requirements], address: str | None) -> Iterator[Diagnostic]:
    """Yield a warning at the first step in a pool if workers cannot be reached."""
    in_pools = [step for step in steps if step.pool is not None and not step.disabled]
    missing = missing_workers(address) if in_pools else None
    if missing is None:
        return
    step = next((step for step in in_pools if not step.conditional), in_pools[0])
    then = "runs that may get here do not start" if step.conditional else "runs do not start"
    yield Diagnostic(
        missing.code,
        f"{then}: {missing.sentence}",
        step.pool_pointer,
        "hint" if step.conditional else "warning",
        step_id=step.step_id,
        field="pool",
    )


def _has_requirements(kind: type[StepType[Any]]) -> bool:
    """Return whether a step type itself requires something."""
    return any("missing" in vars(each) for each in kind.__mro__[: kind.__mro__.index(StepType)])


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

    def missing(self, step: Requirements) -> Iterator[str]:
        """Yield a sentence for each missing requirement of a step."""
        if step.secrets and not installed("pyrage"):
            yield f"stored secrets need the package pyrage: {install_command('wftui[store]')}"
        if step.pool is not None:
            return
        yield from self._type(step.step_type, connected=step.connected)
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
