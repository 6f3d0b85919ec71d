"""Delete, move, wrap and unwrap steps; the needs of those around follow.

Each operation changes a workflow value in place and returns the steps that it is about afterwards.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

from wftui.compiler.editing.placed_steps import (
    CONTAINER_KEYS,
    EditError,
    List,
    Object,
    PlacedStep,
    chosen_steps,
    id_of,
    ids_in,
    in_one_list,
    inner_lists,
    needs_of,
    needs_or_order,
    put,
    replace_need,
    steps_in,
    unused_id,
)
from wftui.compiler.source.patching import PatchError
from wftui.model.base import Json
from wftui.model.workflow.inner_steps import BRANCH_KEYS

Wrapper = Literal["group", "forEach", "loop", "switch", "race"]
WRAPPERS: tuple[Wrapper, ...] = ("group", "forEach", "loop", "switch", "race")

Operation = Callable[[Json], Sequence[Object]]
"""Changes a workflow value; returns the steps to select afterwards."""


def delete(pointers: Sequence[str]) -> Operation:
    """Delete steps; what needs them then needs what they needed."""

    def operation(workflow: Json) -> Sequence[Object]:
        chosen = chosen_steps(workflow, pointers)
        for each in chosen:
            _take_out(each)
        last = chosen[-1]
        rest = last.siblings
        if rest:
            near = rest[min(_position_after(chosen), len(rest)) - 1 if rest else 0]
            return [near] if isinstance(near, dict) else []
        return [last.owner.step] if last.owner else []

    return operation


def _position_after(chosen: Sequence[PlacedStep]) -> int:
    """Return the position, from 1, at which the last deleted step was."""
    last = chosen[-1]
    gone = sum(each.siblings is last.siblings for each in chosen)
    return int(last.pointer.rpartition("/")[2]) - gone + 2


def _take_out(placed: PlacedStep) -> None:
    """Remove a step from its list, and reconnect the steps that need it."""
    reconnect = [need for need in needs_or_order(placed) if need != placed.id]
    del placed.siblings[placed.index]
    if placed.id:
        replace_need(placed.siblings, placed.id, reconnect)


def toggle(pointers: Sequence[str]) -> Operation:
    """Disable steps, or enable them if all are disabled."""

    def operation(workflow: Json) -> Sequence[Object]:
        chosen = chosen_steps(workflow, pointers)
        disable = not all(each.step.get("disabled") is True for each in chosen)
        for each in chosen:
            if disable:
                put(each.step, "disabled", True)
            else:
                del each.step["disabled"]
        return [each.step for each in chosen]

    return operation


def move(pointers: Sequence[str], by: int) -> Operation:
    """Move steps one place up or down in their list."""

    def operation(workflow: Json) -> Sequence[Object]:
        chosen = in_one_list(chosen_steps(workflow, pointers))
        siblings, moving = chosen[0].siblings, {id(each.step) for each in chosen}
        places = [each.index for each in chosen]
        moved = False
        for place in places if by < 0 else reversed(places):
            to = place + by
            if 0 <= to < len(siblings) and id(siblings[to]) not in moving:
                siblings[place], siblings[to] = siblings[to], siblings[place]
                moved = True
        if not moved:
            raise EditError(f"{chosen[0].id} is the {'first' if by < 0 else 'last'} of its list")
        return [each.step for each in chosen]

    return operation


def move_out(pointers: Sequence[str]) -> Operation:
    """Move steps out of their container, to the place after it."""

    def operation(workflow: Json) -> Sequence[Object]:
        chosen = in_one_list(chosen_steps(workflow, pointers))
        owner = chosen[0].owner
        if owner is None:
            raise EditError(f"{chosen[0].id} is in no container")
        stay = {id_of(each) for each in chosen[0].siblings} - {each.id for each in chosen}
        for each in chosen:
            _take_out(each)
        place = owner.index + 1
        owner.siblings[place:place] = [each.step for each in chosen]
        for each in chosen:
            replace_needs(each.step, stay, [owner.id])
        return [each.step for each in chosen]

    return operation


def replace_needs(step: Object, old: set[str], new: Sequence[str]) -> None:
    """Replace several ids in the needs of a step."""
    for need in needs_of(step) or ():
        if need in old:
            replace_need([step], need, new)


def move_in(pointers: Sequence[str]) -> Operation:
    """Move steps into the container before them, else into the one after them."""

    def operation(workflow: Json) -> Sequence[Object]:
        chosen = in_one_list(chosen_steps(workflow, pointers))
        siblings, moving = chosen[0].siblings, [each.step for each in chosen]
        before, after = chosen[0].index - 1, chosen[-1].index + 1
        container, inner, at_end = None, None, True
        if before >= 0 and (found := inner_lists(_object(siblings[before]))):
            container, inner = _object(siblings[before]), found[-1].steps
        elif after < len(siblings) and (found := inner_lists(_object(siblings[after]))):
            container, inner, at_end = _object(siblings[after]), found[0].steps, False
        if container is None or inner is None:
            raise EditError(f"there is no container next to {chosen[0].id}; w wraps steps in one")
        outer = _needs_outside(chosen)
        siblings[:] = [each for each in siblings if not any(each is step for step in moving)]
        _lift_needs(siblings, container, moving, outer)
        place = len(inner) if at_end else 0
        inner[place:place] = moving
        return moving

    return operation


def _object(value: Json) -> Object:
    return value if isinstance(value, dict) else {}


def _needs_outside(chosen: Sequence[PlacedStep]) -> list[str]:
    """Return the written needs of steps that lead to none of them, and remove them."""
    own = {each.id for each in chosen}
    found: list[str] = []
    for each in chosen:
        outside = [need for need in needs_of(each.step) or () if need not in own]
        for need in outside:
            replace_need([each.step], need, [])
        found += [need for need in outside if need not in found]
    return found


def _lift_needs(siblings: List, container: Object, inside: Sequence[Object], outer: Sequence[str]) -> None:
    """Move the needs of new inner steps, and needs on them, to their container."""
    name = id_of(container)
    for step in inside:
        replace_need(siblings, id_of(step), [name])
    added = [need for need in outer if need != name and need not in (needs_of(container) or ())]
    if added:
        index = next(index for index, each in enumerate(siblings) if each is container)
        before = [id_of(siblings[index - 1])] if index and id_of(siblings[index - 1]) else []
        known = needs_of(container)
        first = before if known is None else known
        put(container, "needs", [*first, *(each for each in added if each not in first)])


def wrap(pointers: Sequence[str], kind: Wrapper) -> Operation:
    """Wrap steps of one list in a new container at the place of the first."""

    def operation(workflow: Json) -> Sequence[Object]:
        chosen = in_one_list(chosen_steps(workflow, pointers))
        first = chosen[0]
        if kind == "forEach" and len(chosen) == 1 and "forEach" not in first.step:
            put(first.step, "forEach", {"in": "[]"})
            return [first.step]
        wanted = "each" if kind == "forEach" else kind
        name = unused_id([each.id for each in steps_in(workflow)], wanted)
        inside = [each.step for each in chosen]
        starts = needs_of(first.step)
        outer = _needs_outside(chosen)
        made = _container(name, kind, [*inside])
        siblings, place = first.siblings, first.index
        siblings[:] = [each for each in siblings if not any(each is step for step in inside)]
        siblings.insert(place, made)
        if starts is not None:
            put(made, "needs", [])
        _lift_needs(siblings, made, inside, outer)
        if starts is not None and not first.step["needs"]:
            del first.step["needs"]
        return [made]

    return operation


def _container(name: str, kind: Wrapper, inside: List) -> Object:
    match kind:
        case "forEach":
            return {"id": name, "type": "group", "forEach": {"in": "[]"}, "steps": inside}
        case "loop":
            return {"id": name, "type": "loop", "steps": inside, "until": "index >= 2", "maxIterations": 10}
        case "switch":
            return {"id": name, "type": "switch", "cases": [{"when": "true", "steps": inside}]}
        case "race":
            return {"id": name, "type": "race", "branches": [{"name": "first", "steps": inside}]}
        case _:
            return {"id": name, "type": "group", "steps": inside}


_UNWRAPPED = frozenset({"id", "type", "name", "note", "needs", "disabled", *CONTAINER_KEYS})
"""Keys of a container without which its steps do the same."""


def unwrap(pointers: Sequence[str]) -> Operation:
    """Replace a container by its steps, or remove `forEach` from a plain step."""

    def operation(workflow: Json) -> Sequence[Object]:
        found: list[Object] = []
        for each in chosen_steps(workflow, pointers):
            found += _unwrap(each)
        return found

    return operation


def lost_by_unwrapping(step: Object) -> list[str]:
    """Return the keys of a container that apply to its steps and go with it."""
    if not inner_lists(step):
        return []
    lost = [key for key in step if key not in _UNWRAPPED]
    return [*lost, "when of its case"] if "cases" in step else lost


def _unwrap(placed: PlacedStep) -> Sequence[Object]:
    lists = [inner.steps for inner in inner_lists(placed.step)]
    if not lists and "forEach" in placed.step:
        del placed.step["forEach"]
        return [placed.step]
    if "catch" in placed.step:
        raise EditError(f"{placed.id} has a catch, which would be lost; delete its handlers first")
    if any(key in placed.step for key in BRANCH_KEYS) and len(lists) > 1:
        raise EditError(f"{placed.id} has {len(lists)} branches; move their steps out one by one")
    inner = [each for each in lists[0] if isinstance(each, dict)] if lists else []
    if not inner:
        raise EditError(f"{placed.id} contains no steps")
    outer, own = needs_or_order(placed), needs_of(placed.step)
    ends = _ends(inner)
    if own is not None and "needs" not in inner[0]:
        put(inner[0], "needs", [*own])
    for each in inner:
        if needs_of(each) == [] and outer:
            put(each, "needs", [*outer])
    replace_need(placed.siblings, placed.id, ends)
    place = placed.index
    placed.siblings[place : place + 1] = inner
    return inner


def _ends(steps: Sequence[Object]) -> list[str]:
    """Return the ids of the steps of a list that no other step of it waits for."""
    waited = {need for each in steps for need in needs_of(each) or ()}
    for before, each in pairwise(steps):
        if "needs" not in each:
            waited.add(id_of(before))
    return [id_of(each) for each in steps if id_of(each) and id_of(each) not in waited]


def insert(new: Sequence[Object], at: str | None, where: Literal["before", "after"] = "after") -> Operation:
    """Insert steps beside a step, or at the end of a list of steps.

    Args:
        at: pointer of a step or of a list of steps; None for the workflow's own list.
    """

    def operation(workflow: Json) -> Sequence[Object]:
        siblings, place = _place(workflow, at, where)
        siblings[place:place] = new
        return new

    return operation


NEW_BRANCHES = {"cases": "switch", "default": "switch", "branches": "race", "catch": ""}
"""Keys of steps by which `insert_in_branch` adds a branch, with the type that has them; "" for all types."""


def insert_in_branch(new: Sequence[Object], at: str, key: str) -> Operation:
    """Insert steps in a new branch of a step, named by its key."""

    def operation(workflow: Json) -> Sequence[Object]:
        step = chosen_steps(workflow, [at])[0].step
        if key == "default":
            put(step, key, {"steps": [*new]})
            return new
        branches = step.get(key)
        if not isinstance(branches, list):
            put(step, key, branches := [])
        branches.append({**_opening(key, branches), "steps": [*new]})
        return new

    return operation


def _opening(key: str, branches: List) -> Object:
    """Return the keys of a new branch in front of its steps."""
    if key == "branches":
        names = [str(_object(each).get("name")) for each in branches]
        return {"name": unused_id(names, "first" if not names else f"branch_{len(names) + 1}")}
    return {"when": "true"} if key == "cases" else {}


def new_branches(step: Object) -> list[str]:
    """Return the keys of the branches that a step can have in addition."""
    kind = step.get("type")
    return [
        key
        for key, of_type in NEW_BRANCHES.items()
        if of_type in ("", kind) and not (key == "default" and "default" in step)
    ]


def _place(workflow: Json, at: str | None, where: Literal["before", "after"]) -> tuple[List, int]:
    for each in steps_in(workflow):
        if each.pointer == at:
            return each.siblings, each.index + (where == "after")
        for inner in inner_lists(each.step):
            if each.pointer + inner.pointer == at:
                return inner.steps, len(inner.steps)
    listed = workflow.get((at or "/steps")[1:]) if isinstance(workflow, dict) else None
    if not isinstance(listed, list):
        raise PatchError("the place is no longer in the file")
    return listed, len(listed)


def siblings_at(workflow: Json, at: str | None) -> set[str]:
    """Return the ids of the steps beside what `insert` would put at a pointer."""
    return set(ids_in_list(_place(workflow, at, "after")[0]))


def ids_in_list(steps: List) -> list[str]:
    """Return the ids of the steps of a list, without those inside them."""
    return [id_of(each) for each in steps if id_of(each)]


def ids_of(workflow: Json) -> list[str]:
    """Return all ids of steps of a workflow."""
    lists = [workflow.get(key) for key in ("steps", "finally")] if isinstance(workflow, dict) else []
    return [each for found in lists if isinstance(found, list) for each in ids_in(found)]
