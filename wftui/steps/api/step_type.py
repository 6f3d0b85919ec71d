"""Step types and the contexts they run in: the interface of plugins."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.steps import LogLevel
from wftui.steps.api.child_call import WAITED, ChildCall
from wftui.steps.api.findings import Notice, Repair
from wftui.steps.api.prepare_context import KeptT, PrepareContext
from wftui.steps.api.requirements import Host, MissingRequirement

if TYPE_CHECKING:
    from pydantic import BaseModel

    from wftui.steps.api.step_model import Answer


@dataclass(frozen=True, slots=True)
class StepSite:
    """Position of a step: its folder, its connection, the step types at hand.

    Attributes:
        folder: the folder of its workflow; None when the workflow comes from no folder.
        connection: the name of the connection it takes in workflow.json, or None.
        step_types: the step types that its workflow can use; None where nobody knows them.
    """

    folder: Path | None = None
    connection: str | None = None
    step_types: StepTypes | None = None

    @property
    def catalogue(self) -> StepTypes | None:
        """Name of `step_types` in wftui 0.1."""
        return self.step_types


PathUse = Literal["file", "program", "machine"]
"""Meaning of a path: a file or folder; a program, whose bare name is looked up on PATH; one machine's own, even when
absolute, such as a database file."""


@dataclass(frozen=True, slots=True)
class ConnectionUse:
    """Connection that a step uses besides its own, and the field that names it."""

    name: str
    field: str
    step_type: StepType[Any]


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """Facts about one step from the files in the folder of its workflow.

    Attributes:
        field_schemas: JSON Schemas that fields of its input have to meet as well, by field.
        output_schema: JSON Schema of what this very step gives; None when it is that of its type.
        connections: those it uses beside its own.
        runs: step types that it runs without a connection, as tools.
    """

    field_schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    output_schema: Mapping[str, Any] | None = None
    notices: Sequence[Notice] = ()
    connections: Sequence[ConnectionUse] = ()
    runs: Sequence[StepType[Any]] = ()


class StepContext(Protocol):
    """Services of the engine to a running step.

    Cancelling is cooperative: the engine cancels the task of `run`; a step cleans up in `finally` and lets
    `asyncio.CancelledError` pass. Work that cannot be cancelled that way watches `cancelled`.
    """

    @property
    def run_id(self) -> str:
        """Id of the run."""

    @property
    def execution_id(self) -> str:
        """Name of `run_id` in wftui 0.1."""

    @property
    def workflow_id(self) -> str:
        """Id of the workflow."""

    @property
    def path(self) -> str:
        """Address of this step: `build[3].fetch`."""

    @property
    def attempt(self) -> int:
        """Number of this attempt, from 1."""

    @property
    def idempotency_key(self) -> str:
        """Key `run/step` for services that deduplicate; survives retries and resumes."""

    @property
    def working_directory(self) -> Path:
        """Base of relative paths: the directory `wftui` was started in."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment for child processes, with WFTUI_RUN, _STEP, _ATTEMPT and _USER.

        And a mark: a process with this environment that outlives wftui is found and ended before its step runs again.
        """

    @property
    def connection(self) -> Mapping[str, Json] | None:
        """Resolved connection of this step, secrets in clear; None without one."""

    @property
    def prepared(self) -> Json:
        """Result of `StepType.prepare` for this step; None without one."""

    @property
    def site(self) -> StepSite:
        """Position of this step."""

    @property
    def cancelled(self) -> asyncio.Event:
        """Event that is set on cancellation of the run or timeout of this attempt."""

    def log(self, message: str, level: LogLevel = "info", stream: Literal["stdout", "stderr", "log"] = "log") -> None:
        """Log one or more lines; never blocks.

        Code that logs faster than a disk stores waits in `drain_log` from time to time; what is logged far ahead is
        omitted, which the log says. A plain function, which runs in a thread, waits in here instead.
        """

    async def drain_log(self) -> None:
        """Wait while more is logged than stored.

        It returns at once if the log cannot be stored, or after the end of the attempt.
        """

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Report progress from 0 to 1."""

    async def sleep_until(self, moment: datetime, *, by_wall_clock: bool = False) -> datetime:
        """Wait until a time; return it, or the time stored by an earlier attempt.

        Args:
            by_wall_clock: it is a time of day that a user named, rather than one counted from `now`: a clock that is
                set in between counts.
        """

    def now(self) -> datetime:
        """Return the time of the run's clock, in UTC."""

    async def ask(
        self,
        prompt: str,
        form: Mapping[str, Any] | None,
        wait: float | None,
        on_timeout: str,
        on_reject: Literal["fail", "continue"] = "continue",
    ) -> Answer:
        """Ask a person; the question is stored and survives a restart.

        Args:
            form: JSON Schema of what the answer's `data` must be, or None.
            wait: seconds until `on_timeout` (`reject`, `approve` or `fail`) decides, or None for no end.
            on_reject: whether a rejection fails the step or is an answer.

        Raises:
            WorkflowError: `approval.rejected` with `on_reject` `fail`.
        """

    async def run_workflow(self, workflow_id: str, inputs: Mapping[str, Json], call: ChildCall = WAITED) -> Json:
        """Run another workflow as a child of this run and return its outputs.

        The output is `{executionId}` if it is not waited for. After a resume, a call with the same inputs continues
        the child that it had started before.
        """

    async def connect(self, name: str) -> Mapping[str, Json]:
        """Return another connection of the workflow, secrets in clear.

        Raises:
            WorkflowError: `connection.*` when it cannot be had.
        """

    def keep_secret(self, secret: str) -> None:
        """Redact a text from now on, such as an access token the step has obtained."""

    def redact(self, value: Json) -> Json:
        """Redact a value for a third party, such as a model or a message.

        Outputs, logs and errors are masked by the engine: they need none of this.
        """

    def keep(self, key: str, make: Callable[[], KeptT]) -> KeptT:
        """Return a resource shared by all steps of the run; create it on first use.

        Args:
            key: names it among all things kept; a step type uses its own word.
        """


InputT = TypeVar("InputT", bound="BaseModel")


class StepType(Generic[InputT]):
    """Base class of step types.

    Attributes:
        word: the `type` in workflow.json (`http`; a plugin's has a dot: `acme.fetch`).
        icon: one cell wide, with an ASCII fallback in `ascii_icon`.
        search_words: other words by which it is found where a step is added.
        input_model: pydantic model of `input`; None accepts any fields (`set`).
        output_schema: JSON Schema of the output; `{}` when anything may come.
        error_details: JSON Schema of the details of its own errors: what it had produced when it failed.
        connection_kind: kind of connection it takes, or None.
        connection_required: it can do nothing without one.
        secret_fields: input fields in which `secrets.x` and `connection.x` may be used.
        visible_fields: input fields (`argv`, `server.command`) that become part of a command line, which all users of
            the machine can read.
        foreign_fields: input fields whose text is in another language (a script, a template): what looks like a slip in
            an expression is none there.
        raw_fields: foreign fields whose own language has `{% raw %}` (a Jinja template): the tags stay in the text.
        example: an input that shows what it does; it runs unchanged where nothing outside is needed.
        early_fields: input fields that `prepare` looks at.
        site_files: names of the files in a workflow's folder that `facts_at` reads.
        immediate: `run` computes for well under a millisecond and awaits nothing, so neither a cancel nor a timeout has
            anything to stop, and no task of its own is made for it.
        pure: `run` changes nothing outside and only computes, so running it again after a crash cannot be noticed: the
            run does not wait until its end is on disk. The start of a step that may act outside waits for it.
        waits: `run` only waits, for a person or a time: no default timeout of the workflow ends it.
        local: it is about the run itself (a value, a question, a sub-workflow), so it always runs in the process of the
            run, never in a pool of workers.
        path_fields: input fields that name files of the machine that the step runs on, dotted inside objects and lists;
            see `PathUse`. In a pool of workers, the compiler warns about them.
        gives_input: the output is the input as it was bound, so that what is known of the one is known of the other.
        field_rules: which fields an input needs beyond `required`, as keywords of JSON Schema for editors; `check` says
            it in sentences.
    """

    word: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str] = ""
    version: ClassVar[str] = "1"
    icon: ClassVar[str] = "•"
    ascii_icon: ClassVar[str] = "*"
    search_words: ClassVar[tuple[str, ...]] = ()
    input_model: ClassVar[type[BaseModel] | None] = None
    output_schema: ClassVar[Mapping[str, Any]] = {}
    error_details: ClassVar[Mapping[str, Any]] = {}
    connection_kind: ClassVar[str | None] = None
    connection_required: ClassVar[bool] = False
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    visible_fields: ClassVar[frozenset[str]] = frozenset()
    foreign_fields: ClassVar[frozenset[str]] = frozenset()
    raw_fields: ClassVar[frozenset[str]] = frozenset()
    example: ClassVar[Mapping[str, Any]] = {}
    early_fields: ClassVar[frozenset[str]] = frozenset()
    site_files: ClassVar[tuple[str, ...]] = ()
    immediate: ClassVar[bool] = False
    pure: ClassVar[bool] = False
    waits: ClassVar[bool] = False
    local: ClassVar[bool] = False
    path_fields: ClassVar[Mapping[str, PathUse]] = {}
    gives_input: ClassVar[bool] = False
    field_rules: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def takes_connection(cls, kind: str) -> bool:
        """Return whether this step type accepts connections of a kind."""
        return kind == cls.connection_kind

    @classmethod
    def input_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of the input."""
        if cls.input_model is None:
            return {"type": "object"}
        return cls.input_model.model_json_schema(by_alias=True)

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Return problems a schema cannot express, as (field, sentence).

        Bound fields hold their `{{ }}` text, and literal braces the tags `{% raw %}`; see `literal_text`.
        """
        return []

    @classmethod
    def repairs(cls, literal_input: Mapping[str, Json]) -> Mapping[str, Repair]:
        """Return corrections of the problems that `check` finds, by field."""
        return {}

    @classmethod
    def from_command(cls, command: str) -> Mapping[str, Json] | None:
        """Return the input that is equivalent to a shell command; None for other commands.

        Raises:
            UserError: it is such a command, but cannot be converted.
        """
        return None

    @classmethod
    def as_command(cls, literal_input: Mapping[str, Json], output: Json = None) -> str | None:
        """Return the equivalent shell command, credentials redacted, or None.

        Args:
            output: what the step gave, when it has run.
        """
        return None

    @classmethod
    def facts_at(cls, literal_input: Mapping[str, Json], site: StepSite) -> SiteFacts:
        """Return facts about one step from files beside its workflow.

        Reads `site_files` and nothing else: a workflow compiles without a network.
        """
        return SiteFacts()

    @classmethod
    def missing(cls, host: Host) -> Sequence[MissingRequirement]:
        """Return requirements that are not installed: packages, drivers, programs.

        Called at compile, where each is a warning, and before a run, which does not start without it. Asks nothing but
        this machine, and may block.
        """
        return ()

    @classmethod
    def programs(cls, literal_input: Mapping[str, Json], site: StepSite) -> Sequence[str]:
        """Return the programs that a step starts, as far as its input is known.

        Bound fields hold their `{{ }}` text.

        A program that is named by a path is left out: another step may make it.
        """
        return ()

    @classmethod
    def missing_program(cls, name: str, host: Host) -> MissingRequirement | None:
        """Return the missing requirement for a program that was not found."""
        if shutil.which(name, path=host.environment.get("PATH")) is not None:
            return None
        return MissingRequirement("not_found", f"the program {name!r} is not installed, or not on PATH")

    async def prepare(self, early_input: Mapping[str, Json], context: PrepareContext) -> Json:
        """Check external requirements of the step before a run starts.

        Called once for each step of the plan that may run and whose `early_fields` are all known by then; that is, they
        read nothing but the inputs of the run. It may be called for a step that then does not run, so it changes
        nothing outside.

        Args:
            early_input: those of `early_fields` that the step gives, not validated.

        Returns:
            What the step finds in `StepContext.prepared` when it runs; never stored.

        Raises:
            WorkflowError: naming what is missing; `command` in its `details` is what a user runs to get it.
        """
        return None

    async def run(self, input: InputT, context: StepContext) -> Json:
        """Do the work and return the output as JSON values.

        Raises:
            WorkflowError: for every failure a user can understand.
        """
        raise NotImplementedError


class StepTypes(Protocol):
    """Step types that a workflow can use, by word."""

    def get(self, word: str) -> StepType[Any] | None:
        """Return the step type of a word, or None."""

    def types(self) -> list[StepType[Any]]:
        """Return all step types, sorted by word."""

    def why_not(self, word: str) -> str | None:
        """Return why a word cannot be used, or None if nothing is known about it."""
