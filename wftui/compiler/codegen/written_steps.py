"""Steps of the last module of a workflow that is being edited."""

from collections.abc import Sequence, Set
from dataclasses import field
from typing import NamedTuple

from wftui.compiler.codegen.layout import INDENT, WIDTH, columns
from wftui.compiler.codegen.step_code import StepMemory
from wftui.compiler.python_code import text_literal
from wftui.compiler.tree.nodes import StepNode
from wftui.model.base import Json
from wftui.model.data_class import dataclass

_FEW = 100
Defaults = tuple[str, tuple[int, int]]


class Spot(NamedTuple):
    """An entry of SPOTS: an expression by function and line, and its place."""

    function: str
    at: int
    pointer: str
    line: int
    column: int

    @property
    def lines(self) -> list[str]:
        """The entry as it is written."""
        indent = INDENT
        fields = [f"pointer={text_literal(self.pointer)}", f"line={self.line}", f"column={self.column}"]
        flat = f'{indent}("{self.function}", {self.at}): SourceSpot({", ".join(fields)}),'
        if columns(flat) <= WIDTH:
            return [flat]
        key = [f'{indent}("{self.function}", {self.at}): SourceSpot(']
        if len(key[0]) > WIDTH:
            names = [f'{indent}{indent}"{self.function}",', f"{indent}{indent}{self.at},"]
            key = [f"{indent}(", *names, f"{indent}): SourceSpot("]
        return [*key, *(f"{indent}{indent}{each}," for each in fields), f"{indent}),"]


@dataclass(frozen=True, slots=True)
class StepTemplate:
    """The text of a step without its place.

    Attributes:
        inside: the text between the line and the place.
        spots: of each entry of SPOTS, the parts before the step's pointer, up to the line and after it, and the line,
            counted from that of the step.
    """

    inside: str
    spots: tuple[tuple[str, str, str, int], ...]

    @classmethod
    def of(cls, inside: str, spots: Sequence[Spot], line: int, pointer: str) -> "StepTemplate | None":
        """Return the template of a step at a line; None if its text depends on more."""
        parts = [_parts(spot, line, pointer) for spot in spots]
        known = tuple(each for each in parts if each is not None)
        return cls(inside, known) if len(known) == len(parts) else None

    def block(self, line: int, pointer: str) -> str:
        """Return the functions and the definition of the step."""
        place = f'{INDENT}line={line},\n{INDENT}pointer="{pointer}",\n)'
        return f"# workflow.json:{line}: {self.inside}\n{place}"

    def entries(self, line: int, pointer: str) -> str:
        """Return the entries of SPOTS."""
        return "\n".join([f"{head}{pointer}{middle}{line + at}{tail}" for head, middle, tail, at in self.spots])


def _parts(spot: Spot, line: int, base: str) -> tuple[str, str, str, int] | None:
    literal = text_literal(spot.pointer)
    if not literal[1:].startswith(base) or text_literal(base) != f'"{base}"':
        return None  # it is elsewhere, or has to be escaped
    head, _, place = "\n".join(spot.lines).rpartition(f"pointer={literal}")
    middle, _, tail = place.partition(f"line={spot.line}")
    return f"{head}pointer={literal[0]}", f"{literal[1 + len(base) :]}{middle}line=", tail, spot.line - line


class WrittenStep(NamedTuple):
    """The Python of a step and of all inside it, as written in a module.

    Attributes:
        line, column, pointer: where the step is in workflow.json.
        defaults: those of the workflow, with their place, if the step has expressions of them.
        block, spots: its text, and its entries of SPOTS.
        template: of these; absent for steps with steps inside.
    """

    line: int
    column: int
    pointer: str
    defaults: Defaults | None
    block: str
    spots: str
    modules: frozenset[str]
    plans: frozenset[str]
    template: StepTemplate | None = None

    def at(self, line: int, pointer: str) -> "WrittenStep | None":
        """Return the same step at another place; None where that may change the layout."""
        if self.template is None or self.defaults is not None or len(pointer) != len(self.pointer):
            return None
        block, spots = self.template.block(line, pointer), self.template.entries(line, pointer)
        if len(block) != len(self.block) or len(spots) != len(self.spots):
            return None  # a line of another width may be broken elsewhere
        # Nothing else is created: the collector of cycles looks at each new container.
        return WrittenStep(line, self.column, pointer, None, block, spots, self.modules, self.plans, self.template)


@dataclass(slots=True)
class WrittenSteps:
    """Parts of the last module of a workflow that is being edited."""

    steps: dict[StepNode, WrittenStep] = field(default_factory=dict)
    _memories: dict[int, tuple[Json, StepMemory]] = field(default_factory=dict)

    def memory_of(self, step: Json) -> StepMemory:
        """Return the cached parts of a step; the same object has the same text."""
        known = self._memories.get(id(step))
        if known is None or known[0] is not step:
            known = self._memories[id(step)] = step, StepMemory()
        return known[1]

    def keep(self, unchanged: Set[StepNode]) -> None:
        """Forget the steps that have changed."""
        if len(self._memories) > 2 * len(self.steps) + _FEW:
            self._memories.clear()
        self.steps = {node: known for node, known in self.steps.items() if node in unchanged}
