"""Pairs of steps of two runs, through moves and new names."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wftui.model.base import Json
from wftui.model.run.paths import iteration_index
from wftui.model.run.steps import StepResult
from wftui.model.workflow.inner_steps import every_step

Relation = Literal["same", "renamed", "moved", "added", "removed"]
Definitions = Mapping[str, Json]
"""Steps of a workflow by id, as in workflow.json."""
Labels = Mapping[str, str]
"""Short texts of items by the addresses of their iterations."""

_SIMILAR = 0.75
"""Part of their words that two definitions of one step share at least."""
_MOST_RATED = 40_000
"""Pairs of steps of one type of which the words are compared; of more, those that are alike in all of them."""
_NAMES = frozenset({"id", "name", "note", "needs"})
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class StepPair:
    """A step of two runs; None where a run does not have it."""

    before: StepResult | None
    after: StepResult | None
    relation: Relation


def definitions(workflow: Json) -> dict[str, Json]:
    """Return the steps of a parsed workflow.json by id, at any depth."""
    steps = every_step(workflow) if isinstance(workflow, dict) else ()
    return {step["id"]: dict(step) for step in steps if isinstance(step.get("id"), str)}


def align(
    before: Sequence[StepResult],
    after: Sequence[StepResult],
    was: Definitions,
    now: Definitions,
    items: tuple[Labels, Labels] = ({}, {}),
) -> list[StepPair]:
    """Return the pairs in the order of the later run, removed steps between.

    Args:
        items: labels of the items of both runs.
    """
    alignment = _Alignment(before, after, items)
    alignment.descend(None, None)
    alignment.pair_rest(was, now)
    return alignment.pairs(before, after)


class _Alignment:
    def __init__(self, before: Sequence[StepResult], after: Sequence[StepResult], items: tuple[Labels, Labels]) -> None:
        self._items = items
        self._before, self._after = _children(before), _children(after)
        self._partner: dict[str, tuple[StepResult, Relation]] = {}
        """By the address in the later run."""
        self._left = {step.path: step for step in before}
        self._right = {step.path: step for step in after}

    def descend(self, parent: str | None, parent_after: str | None) -> None:
        """Pair the children of a pair by their keys, and theirs."""
        places = [(parent, parent_after)]
        while places:
            parent, parent_after = places.pop()
            keys = _keys(self._before.get(parent, []), self._items[0])
            for key, step in _keys(self._after.get(parent_after, []), self._items[1]).items():
                partner = keys.get(key)
                if partner is not None:
                    self._join(partner, step, "same")
                    places.append((partner.path, step.path))

    def pair_rest(self, was: Definitions, now: Definitions) -> None:
        """Pair declared steps that were moved, then those that got another name."""
        places = {(step.step_id, step.step_type): step for step in self._left.values() if "]" not in step.path}
        for step in [each for each in self._right.values() if "]" not in each.path]:
            partner = places.get((step.step_id, step.step_type))
            if partner is not None:
                self._join_trees(partner, step, "moved")
        for partner, step in self._renamed(was, now):
            self._join_trees(partner, step, "renamed")

    def _renamed(self, was: Definitions, now: Definitions) -> Iterator[tuple[StepResult, StepResult]]:
        """Yield the pairs of steps with similar definitions, the most similar first."""
        sides: tuple[_ByType, _ByType] = (defaultdict(list), defaultdict(list))
        for left, known, by_type in ((self._left, was, sides[0]), (self._right, now, sides[1])):
            for step in left.values():
                words = _words(known.get(step.step_id))
                if "]" not in step.path and words:
                    by_type[step.step_type].append((step, words))
        rated: list[tuple[float, int, StepResult, StepResult]] = []
        for step_type, candidates in sides[0].items():
            others = sides[1].get(step_type, [])
            for partner, step, similarity in _rate(candidates, others):
                rated.append((-similarity, len(rated), partner, step))
        for _, _, partner, step in sorted(rated, key=lambda each: each[:2]):
            yield partner, step

    def _join_trees(self, step: StepResult, step_after: StepResult, relation: Relation) -> None:
        """Pair two steps and what is in them, unless one has a partner."""
        if step.path in self._left and step_after.path in self._right:
            self._join(step, step_after, relation)
            self.descend(step.path, step_after.path)

    def pairs(self, before: Sequence[StepResult], after: Sequence[StepResult]) -> list[StepPair]:
        """Return all pairs in order."""
        removed: dict[str | None, list[StepPair]] = {}
        previous: str | None = None
        for step in before:
            if step.path in self._left:
                removed.setdefault(previous, []).append(StepPair(step, None, "removed"))
            else:
                previous = step.path
        found = removed.get(None, [])
        for step in after:
            partner = self._partner.get(step.path)
            if partner is None:
                found.append(StepPair(None, step, "added"))
            else:
                found.append(StepPair(partner[0], step, partner[1]))
                found += removed.get(partner[0].path, [])
        return found

    def _join(self, step: StepResult, step_after: StepResult, relation: Relation) -> None:
        self._partner[step_after.path] = (step, relation)
        del self._left[step.path], self._right[step_after.path]


def _children(steps: Sequence[StepResult]) -> dict[str | None, list[StepResult]]:
    found: dict[str | None, list[StepResult]] = {}
    for step in steps:
        found.setdefault(step.parent, []).append(step)
    return found


def _keys(siblings: Sequence[StepResult], items: Labels) -> dict[Hashable, StepResult]:
    """Return siblings by their ids, iterations by item or, if items repeat, by index."""
    iterations = [step for step in siblings if step.path.endswith("]")]
    labels = {step.path: items.get(step.path, step.message) for step in iterations}
    by_item = None not in labels.values() and len(set(labels.values())) == len(labels)
    found: dict[Hashable, StepResult] = {}
    for step in siblings:
        if not step.path.endswith("]"):
            found[step.step_id] = step
        else:
            found["item", labels[step.path] if by_item else iteration_index(step.path)] = step
    return found


_Words = Counter[str]
_ByType = dict[str, list[tuple[StepResult, _Words]]]


def _rate(
    before: Sequence[tuple[StepResult, _Words]], after: Sequence[tuple[StepResult, _Words]]
) -> Iterator[tuple[StepResult, StepResult, float]]:
    """Yield the pairs of steps that may be one, with their similarity."""
    if len(before) * len(after) > _MOST_RATED:
        alike = {frozenset(words.items()): step for step, words in reversed(before)}
        for step, words in after:
            if (partner := alike.get(frozenset(words.items()))) is not None:
                yield partner, step, 1.0
        return
    for partner, words in before:
        for step, words_after in after:
            similarity = 2 * (words & words_after).total() / (words.total() + words_after.total())
            if similarity >= _SIMILAR:
                yield partner, step, similarity


def _words(definition: Json) -> _Words:
    """Return the words of a step without its names."""
    if not isinstance(definition, dict):
        return Counter()
    content = {key: value for key, value in definition.items() if key not in _NAMES}
    return Counter(_WORD.findall(json.dumps(content, sort_keys=True, ensure_ascii=False)))
