"""The workflow as a tree for checks and code generation: steps and bodies."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Literal

from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_to
from wftui.model.workflow.definition import Step, Workflow

BodyKind = Literal["main", "finally", "group", "loop", "case", "default", "branch", "catch"]


NO_NAMES = frozenset[str]()
"""Shared: an empty set takes 216 bytes."""


@dataclass(slots=True, eq=False)
class Body:
    """A list of steps: of the workflow, its `finally`, a container or a branch.

    Attributes:
        pointer: of the list in workflow.json.
        owner: the container it belongs to; None for the workflow's own.
        when: the condition of a case.
        when_pointer: its place.
        name: of the branch of a race.
        names: names besides steps that its expressions may read, from the workflow.
        on: error types of a catch; None for all.
        output: what a catch gives instead of its last step's output, as a list of one; None without.
    """

    kind: BodyKind
    pointer: str
    owner: "StepNode | None" = None
    steps: "list[StepNode]" = field(default_factory=list)
    when: str | None = None
    when_pointer: str = ""
    name: str = ""
    names: frozenset[str] = NO_NAMES
    on: list[str] | None = None
    output: list[Json] | None = None

    def sibling(self, step_id: str) -> "StepNode | None":
        """Return the step of that id in this list."""
        return next((node for node in self.steps if node.id == step_id), None)


@dataclass(slots=True, eq=False)
class StepNode:
    """One step. `step` holds the valid part; `raw` is the object as written.

    Attributes:
        id: empty when the file gives none that can be used.
        index: its place in its list, as written.
        body: the list it is in; `before` is the step before it in that list.
        bodies: the lists inside it.
        inherited: pointers of its parts that come from `defaults`, with their place there.
        pool: of a leaf: the pool of workers that runs it; None: the process of the run does.
        found: the diagnostics of its structure, without those of the steps inside it.
    """

    id: str
    step: Step
    raw: dict[str, Json]
    pointer: str
    index: int
    body: Body
    before: "StepNode | None" = None
    bodies: list[Body] = field(default_factory=list)
    inherited: dict[str, str] = field(default_factory=dict)
    pool: str | None = None
    found: list[Diagnostic] = field(default_factory=list)
    _strings: list[tuple[str, str, str]] | None = None

    def at(self, *parts: str | int) -> str:
        """Return the pointer of a part of the step."""
        return self.pointer + pointer_to(parts)

    def written_at(self, pointer: str) -> str:
        """Return where a part of the step is written: in the step, or in `defaults`."""
        part = pointer
        while self.inherited and len(part) > len(self.pointer):
            if part in self.inherited:
                return self.inherited[part] + pointer[len(part) :]
            part = part.rpartition("/")[0]
        return pointer

    def inherits(self, pointer: str) -> bool:
        """Return whether a part of the step is written in `defaults`."""
        return self.written_at(pointer) != pointer

    @property
    def inherits_input(self) -> bool:
        """Fields of its input are written in `defaults`."""
        base = f"{self.pointer}/input/"
        return any(each.startswith(base) for each in self.inherited)

    @property
    def main_bodies(self) -> list[Body]:
        """The lists inside it that it runs itself: not those of its catch."""
        return [body for body in self.bodies if body.kind != "catch"]

    @property
    def catches(self) -> list[Body]:
        """The lists of its catch."""
        return [body for body in self.bodies if body.kind == "catch"]

    @property
    def strings(self) -> list[tuple[str, str, str]]:
        """All strings of its input, with pointer and field."""
        if self._strings is None:
            self._strings = list(strings_in(self.step.input, f"{self.pointer}/input", "input"))
        return self._strings

    def forget_strings(self) -> None:
        """Read the strings of its input again, as they have moved."""
        self._strings = None


@dataclass(slots=True, eq=False)
class WorkflowTree:
    """A whole workflow; `workflow` has no steps, they are in `main` and `finally_`."""

    workflow: Workflow
    raw: dict[str, Json]
    main: Body
    finally_: Body
    _nodes: list[StepNode] | None = None

    def walk(self) -> Iterator[StepNode]:
        """Yield all steps, each before those inside it; needs the whole tree."""
        if self._nodes is None:
            self._nodes = [*walk(self.main), *walk(self.finally_)]
        return iter(self._nodes)

    def take_apart(self) -> None:
        """Part steps and lists, so that they are freed without the collector of cycles."""
        for node in self.walk():
            node.before = None
            for body in node.bodies:
                body.steps = []
            node.bodies = []
        self.main.steps, self.finally_.steps, self._nodes = [], [], None


@dataclass(slots=True)
class KnownNodes:
    """Nodes and lists of an earlier tree by pointer, for steps without changes."""

    nodes: dict[str, StepNode] = field(default_factory=dict)
    bodies: dict[str, Body] = field(default_factory=dict)


def walk(body: Body) -> Iterator[StepNode]:
    """Yield the steps of a list, each before those inside it."""
    for node in body.steps:
        yield node
        for inner in node.bodies:
            yield from walk(inner)


def walk_of(node: StepNode) -> Iterable[StepNode]:
    """Return a step and those inside it."""
    return (node,) if not node.bodies else (node, *(each for body in node.bodies for each in walk(body)))


def strings_in(value: Json, pointer: str, field: str) -> Iterator[tuple[str, str, str]]:
    """Yield all strings in a value, with pointer and field (`input.headers.0`)."""
    if isinstance(value, str):
        yield pointer, field, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            if isinstance(entry, str | dict | list):
                step = f"/{key}" if "/" not in key and "~" not in key else pointer_to([key])
                yield from strings_in(entry, pointer + step, f"{field}.{key}")
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            if isinstance(entry, str | dict | list):
                yield from strings_in(entry, f"{pointer}/{index}", f"{field}.{index}")
