"""Steps of the last module of a workflow that is being edited."""

from collections.abc import Set
from dataclasses import field

from wftui.compiler.tree.nodes import StepNode
from wftui.model.data_class import dataclass

Defaults = tuple[str, tuple[int, int]]
Numbered = tuple[str, tuple[int, ...]]
"""A text as a template of line numbers, and these."""

_PLACE_END = ",\n"


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """The Python of a step and of all inside it, as it stands in a module.

    Attributes:
        place: line and column of the step in workflow.json.
        defaults: those of the workflow, with their place, if the step has expressions of them.
        numbered: blocks and spots by line numbers; absent for steps with steps inside.
    """

    place: tuple[int, int]
    defaults: Defaults | None
    blocks: list[str]
    spots: list[str]
    modules: frozenset[str]
    plans: frozenset[str]
    numbered: tuple[Numbered, Numbered] | None = None

    def at_line(self, line: int) -> "WrittenStep | None":
        """Return the same step on another line; None where that may change the layout."""
        if self.numbered is None or self.defaults is not None:
            return None
        shift = line - self.place[0]
        texts: list[str] = []
        numbered: list[Numbered] = []
        for (template, lines), old in zip(self.numbered, (self.blocks, self.spots), strict=True):
            moved = tuple([each + shift for each in lines])
            texts.append(template % moved)
            numbered.append((template, moved))
            if len(texts[-1]) != sum(map(len, old)):
                return None  # a line of another width may be broken elsewhere
        blocks, spots = numbered
        place, written_spots = (line, self.place[1]), texts[1:] if self.spots else []
        return WrittenStep(place, None, texts[:1], written_spots, self.modules, self.plans, (blocks, spots))


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
    return f"{opening}%d{template_of(text.removeprefix(f'{opening}{line}'), line, before=_PLACE_END)}", (line, line)


def template_of(text: str, line: int, *, before: str) -> str:
    """Return the template of a text in which the line stands last before something."""
    head, _, tail = text.replace("%", "%%").rpartition(f"line={line}{before}")
    return f"{head}line=%d{before}{tail}"
