"""Pairs of steps of two runs, through moves and new names."""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from wftui.model.base import Json
from wftui.model.run.paths import iteration_index
from wftui.model.run.steps import StepResult

Relation = Literal["same", "renamed", "moved", "added", "removed"]
Definitions = Mapping[str, Json]
"""Steps of a workflow by id, as in workflow.json."""
Labels = Mapping[str, str]
"""Short texts of items by the addresses of their iterations."""

_SIMILAR = 0.75
_NAMES = frozenset({"id", "name", "note", "needs"})


@dataclass(frozen=True, slots=True)
class StepPair:
    """A step of two runs; None where a run does not have it."""

    before: StepResult | None
    after: StepResult | None
    relation: Relation


def definitions(workflow: Json) -> dict[str, Json]:
    """Return the steps of a parsed workflow.json by id, at any depth."""
    found: dict[str, Json] = {}
    rest = [workflow]
    while rest:
        value = rest.pop()
        if isinstance(value, list):
            rest += value
        elif isinstance(value, dict):
            if isinstance(value.get("id"), str) and isinstance(value.get("type"), str):
                found[value["id"]] = value
            rest += [value[key] for key in ("steps", "branches", "cases", "then", "else", "finally") if key in value]
    return found


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
        for relation in ("moved", "renamed"):
            for step in [each for each in self._right.values() if "]" not in each.path]:
                candidates = [
                    each for each in self._left.values() if "]" not in each.path and each.step_type == step.step_type
                ]
                partner = (
                    next((each for each in candidates if each.step_id == step.step_id), None)
                    if relation == "moved"
                    else _most_similar(step, candidates, was, now)
                )
                if partner is not None and step.path in self._right:
                    self._join(partner, step, "moved" if relation == "moved" else "renamed")
                    self.descend(partner.path, step.path)

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


def _most_similar(
    step: StepResult, candidates: Sequence[StepResult], was: Definitions, now: Definitions
) -> StepResult | None:
    wanted = _content(now.get(step.step_id))
    rated = [(SequenceMatcher(None, _content(was.get(each.step_id)), wanted).ratio(), each) for each in candidates]
    best, partner = max(rated, key=lambda pair: pair[0], default=(0.0, None))
    return partner if wanted and best >= _SIMILAR else None


def _content(definition: Json) -> str:
    """Return the JSON of a step without its names."""
    if not isinstance(definition, dict):
        return ""
    return json.dumps({key: value for key, value in definition.items() if key not in _NAMES}, sort_keys=True)
