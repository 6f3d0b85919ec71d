"""Steps of the last module of a workflow that is being edited."""

from collections.abc import Set
from dataclasses import field

from wftui.compiler.tree.nodes import StepNode
from wftui.model.data_class import dataclass

Defaults = tuple[str, tuple[int, int]]
Numbered = tuple[str, tuple[int, ...]]
"""A text as a template of line numbers, and these, counted from the line of the step."""

_PLACE_END = ",\n"


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """The Python of a step and of all inside it, as it stands in a module.

    Attributes:
        line, column: where the step is in workflow.json.
        defaults: those of the workflow, with their place, if the step has expressions of them.
        block, spots: its text, and its entries of SPOTS.
        numbered: these by line numbers; absent for steps with steps inside.
    """

    line: int
    column: int
    defaults: Defaults | None
    block: str
    spots: str
    modules: frozenset[str]
    plans: frozenset[str]
    numbered: tuple[Numbered, Numbered] | None = None

    def at_line(self, line: int) -> "WrittenStep | None":
        """Return the same step on another line; None where that may change the layout."""
        if self.numbered is None or self.defaults is not None:
            return None
        texts: list[str] = []
        for (template, offsets), old in zip(self.numbered, (self.block, self.spots), strict=True):
            text = template % tuple([line + each for each in offsets])
            if len(text) != len(old):
                return None  # a line of another width may be broken elsewhere
            texts.append(text)
        block, spots = texts
        # Nothing else is made anew: the collector of cycles looks at each new container.
        return WrittenStep(line, self.column, None, block, spots, self.modules, self.plans, self.numbered)


@dataclass(slots=True)
class WrittenSteps:
    """Parts of the last module of a workflow that is being edited."""

    steps: dict[StepNode, WrittenStep] = field(default_factory=dict)

    def keep(self, unchanged: Set[StepNode]) -> None:
        """Forget the steps that have changed."""
        self.steps = {node: known for node, known in self.steps.items() if node in unchanged}


def numbered_blocks(text: str, line: int) -> Numbered:
    """Return the blocks of a step by its line.

    It is in the comment above, and last in its definition.
    """
    opening = "# workflow.json:"
    return f"{opening}%d{template_of(text.removeprefix(f'{opening}{line}'), line, before=_PLACE_END)}", (0, 0)


def template_of(text: str, line: int, *, before: str) -> str:
    """Return the template of a text in which the line stands last before something."""
    head, _, tail = text.replace("%", "%%").rpartition(f"line={line}{before}")
    return f"{head}line=%d{before}{tail}"
