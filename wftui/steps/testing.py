"""Test support for step types: run one as the engine does, record its effects."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from wftui.connections.redaction import Redactor
from wftui.model.base import Json
from wftui.model.run.steps import LogLevel
from wftui.steps.api.child_call import WAITED, ChildCall
from wftui.steps.api.function_step import step_type_of
from wftui.steps.api.prepare_context import Closable
from wftui.steps.api.step_model import Answer, read_input
from wftui.steps.api.step_type import StepSite, StepType
from wftui.steps.registry.step_registry import builtin_registry

KeptT = TypeVar("KeptT", bound=Closable)


@dataclass
class RecordingContext:
    """`StepContext` that records logs and questions, approves, and never waits.

    Attributes:
        logs: (stream, level, text) of each call of `log`.
        fractions: (fraction, message) of each call of `progress`.
        slept_until: the times that were waited for.
        asked: (prompt, form, wait, on_timeout) of each question; each is approved with `answer`, or
            rejected where `approves` is False.
        children: (workflow, inputs) of each sub-workflow; each gives `{"echo": inputs}`.
        prepared_workflows: the workflows that `prepare` has asked to be prepared, too.
        prepared_steps: (type, known input, connection) of the step types that it has asked to be prepared.
        connections: those the step may `connect` to, by name.
        secrets: what `redact` masks.
    """

    working_directory: Path
    run_id: str = "01run-00001"
    workflow_id: str = "test"
    path: str = "step"
    attempt: int = 1
    idempotency_key: str = "01run-00001/step"
    connection: Mapping[str, Json] | None = None
    connection_name: str | None = None
    prepared: Json = None
    site: StepSite = field(default_factory=lambda: StepSite(step_types=builtin_registry()))
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Json = None
    approves: bool = True
    logs: list[tuple[str, str, str]] = field(default_factory=list)
    fractions: list[tuple[float, str | None]] = field(default_factory=list)
    slept_until: list[datetime] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, Any] | None, float | None, str]] = field(default_factory=list)
    children: list[tuple[str, Mapping[str, Json]]] = field(default_factory=list)
    connections: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    prepared_workflows: list[str] = field(default_factory=list)
    prepared_steps: list[tuple[str, Mapping[str, Json], str | None]] = field(default_factory=list)
    kept: dict[str, Closable] = field(default_factory=dict)
    on_log: Callable[[str], None] | None = None
    execution_id: str = ""

    def __post_init__(self) -> None:
        """Accept and show `run_id` under its name in wftui 0.1 too."""
        self.run_id = self.execution_id = self.execution_id or self.run_id

    def log(self, message: str, level: LogLevel = "info", stream: Literal["stdout", "stderr", "log"] = "log") -> None:
        """Record the lines and notify a waiter."""
        self.logs.append((stream, level, message))
        if self.on_log is not None:
            self.on_log(message)

    async def drain_log(self) -> None:
        """Return at once: what is logged is stored."""

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Record the progress."""
        self.fractions.append((fraction, message))

    async def sleep_until(self, moment: datetime, *, by_wall_clock: bool = False) -> datetime:
        """Record the time without sleeping."""
        self.slept_until.append(moment)
        return moment

    def now(self) -> datetime:
        """Return a fixed time."""
        return datetime(2026, 11, 22, 19, 0, tzinfo=UTC)

    async def ask(
        self,
        prompt: str,
        form: Mapping[str, Any] | None,
        wait: float | None,
        on_timeout: str,
        on_reject: Literal["fail", "continue"] = "continue",
    ) -> Answer:
        """Answer as `approves` says."""
        self.asked.append((prompt, form, wait, on_timeout))
        answer = Answer(approved=self.approves, by="ann", at="2026-11-22T19:00:00.000Z", data=self.answer)
        return answer.unless_rejected() if on_reject == "fail" else answer

    async def run_workflow(self, workflow_id: str, inputs: Mapping[str, Json], call: ChildCall = WAITED) -> Json:
        """Return the inputs, or an id if it is not waited for."""
        self.children.append((workflow_id, inputs))
        if not call.wait:
            return {"executionId": f"{workflow_id}-run"}
        return {"echo": dict(inputs)}

    async def connect(self, name: str) -> Mapping[str, Json]:
        """Return one of `connections`."""
        return self.connections[name]

    def keep_secret(self, secret: str) -> None:
        """Redact it from now on."""
        self.secrets.append(secret)

    def redact(self, value: Json) -> Json:
        """Redact `secrets` as the engine does."""
        return Redactor(self.secrets).redact(value)

    async def prepare_workflow(self, workflow_id: str) -> None:
        """Record the workflow."""
        self.prepared_workflows.append(workflow_id)

    async def prepare_step(self, word: str, known_input: Mapping[str, Json], connection: str | None) -> Json:
        """Record the step type; return None."""
        self.prepared_steps.append((word, known_input, connection))
        return None

    def keep(self, key: str, make: Callable[[], KeptT]) -> KeptT:
        """Create the resource once; the test closes what is in `kept`."""
        if key not in self.kept:
            self.kept[key] = make()
        return cast("KeptT", self.kept[key])

    def lines(self, stream: str | None = None) -> list[str]:
        """Return all logged lines, of one stream or of all."""
        return [line for kind, _, text in self.logs if stream in (None, kind) for line in text.split("\n")]

    def wait_for_log(self, text: str) -> asyncio.Event:
        """Return an event that is set when a message contains the text."""
        seen = asyncio.Event()

        def look(message: str) -> None:
            if text in message:
                seen.set()

        self.on_log = look
        return seen


async def run_step(thing: object, values: Mapping[str, Json], context: RecordingContext) -> Json:
    """Prepare and run a step type or `@step` function on an input.

    Raises:
        TypeError: when the thing is not a step type.
        ValidationError: when the input does not fit.
    """
    found = step_type_of(type(thing) if isinstance(thing, StepType) else thing)
    if found is None:
        raise TypeError(f"{thing!r} is neither a StepType nor a function decorated with @step")
    model = found.input_model
    early = {name: values[name] for name in found.early_fields & values.keys()}
    if found.early_fields:
        context.prepared = await found().prepare(early, context)
    return await found().run(read_input(model, dict(values)) if model else dict(values), context)
