"""The steps of a workflow value: their positions and contents."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

from wftui.compiler.source.patching import PatchError
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.run.steps import catch_name
from wftui.model.workflow.definition import Step
from wftui.model.workflow.inner_steps import BRANCH_KEYS, step_lists

Object = dict[str, Json]
List = list[Json]

CONTAINER_KEYS = ("steps", *BRANCH_KEYS, "default")
"""Keys of a step that hold steps."""

_ORDER = {field.alias or name: index for index, (name, field) in enumerate(Step.model_fields.items())}


class EditError(UserError):
    """The steps cannot be changed like this."""

    code = "edit.refused"


@dataclass(slots=True, eq=False)
class PlacedStep:
    """A step and its place.

    Attributes:
        step: the object as written; operations change it.
        siblings: the list it is in.
        pointer: JSON Pointer when it was read.
        owner: the step that contains its list; None at the top.
        branch: name of the branch of a race, or of the entry of a catch, that it is in.
    """

    step: Object
    siblings: List
    pointer: str
    owner: "PlacedStep | None" = None
    branch: str | None = None

    @property
    def id(self) -> str:
        """Its id; empty if it has none."""
        return id_of(self.step)

    @property
    def index(self) -> int:
        """Its position in its list now."""
        return next(index for index, each in enumerate(self.siblings) if each is self.step)

    @property
    def is_handler(self) -> bool:
        """True for a step in a `catch` of the step that contains it."""
        return self.owner is not None and self.pointer.startswith(f"{self.owner.pointer}/catch/")

    @property
    def ancestors(self) -> "Iterator[PlacedStep]":
        """The steps around it, inside out."""
        owner = self.owner
        while owner is not None:
            yield owner
            owner = owner.owner

    @property
    def path(self) -> str:
        """Its ids from the outside in, with dots."""
        return ".".join(each.id or "?" for each in [*reversed([*self.ancestors]), self])


@dataclass(frozen=True, slots=True)
class InnerList:
    """A list of steps inside a step: its pointer from there, and a name for people."""

    pointer: str
    label: str
    steps: List
    branch: str | None = None


def id_of(step: Json) -> str:
    """Return the id of a step; empty if it has none."""
    found = step.get("id") if isinstance(step, dict) else None
    return found if isinstance(found, str) else ""


def inner_lists(step: Object) -> list[InnerList]:
    """Return the lists of steps inside a step, in the order of the file."""
    return [
        InnerList(pointer, _label(step, pointer), steps, _branch(step, pointer)) for pointer, steps in step_lists(step)
    ]


def _label(step: Object, pointer: str) -> str:
    _, key, *rest = pointer.split("/")
    if key not in BRANCH_KEYS:
        return key
    index = int(rest[0])
    branch = step[key][index]
    named = branch.get("name") or branch.get("when") or branch.get("on") or ""
    shown = ", ".join(map(str, named)) if isinstance(named, list) else named
    word = {"cases": "case", "branches": "branch", "catch": "catch"}[key]
    return f"{word} {index + 1}: {shown}" if shown else f"{word} {index + 1}"


def _branch(step: Object, pointer: str) -> str | None:
    _, key, *rest = pointer.split("/")
    if key not in ("branches", "catch"):
        return None
    found = step[key][int(rest[0])]
    if key == "catch":
        on = found.get("on")
        return catch_name([str(each) for each in on] if isinstance(on, list) else None)
    name = found.get("name")
    return name if isinstance(name, str) else None


def steps_in(workflow: Json) -> list[PlacedStep]:
    """Return all steps of a workflow, each before those inside it."""
    found: list[PlacedStep] = []

    def walk(siblings: List, pointer: str, owner: PlacedStep | None, branch: str | None = None) -> None:
        for index, step in enumerate(siblings):
            if isinstance(step, dict):
                placed = PlacedStep(step, siblings, f"{pointer}/{index}", owner, branch)
                found.append(placed)
                for inner in inner_lists(step):
                    walk(inner.steps, placed.pointer + inner.pointer, placed, inner.branch)

    for key in ("steps", "finally"):
        listed = workflow.get(key) if isinstance(workflow, dict) else None
        if isinstance(listed, list):
            walk(listed, f"/{key}", None, key if key == "finally" else None)
    return found


def chosen_steps(workflow: Json, pointers: Iterable[str]) -> list[PlacedStep]:
    """Return the steps at these pointers, without those inside another of them.

    Raises:
        PatchError: a pointer leads to no step.
    """
    wanted = set(pointers)
    known = {each.pointer: each for each in steps_in(workflow)}
    if not wanted <= known.keys():
        raise PatchError("the step is no longer in the file")
    outer = [each for pointer, each in known.items() if pointer in wanted]
    return [each for each in outer if not any(around.pointer in wanted for around in each.ancestors)]


def in_one_list(steps: Sequence[PlacedStep]) -> Sequence[PlacedStep]:
    """Return these steps, which must be of one list.

    Raises:
        EditError: they are of several.
    """
    if any(each.siblings is not steps[0].siblings for each in steps):
        raise EditError("the marked steps are in several lists; mark steps of one list")
    return steps


def ids_in(steps: Iterable[Json]) -> list[str]:
    """Return the ids of steps and of those inside them."""
    return [each.id for each in steps_in({"steps": [*steps]}) if each.id]


def unused_id(taken: Iterable[str], wanted: str) -> str:
    """Return an id that is not taken: the wanted one, or with a number appended."""
    known = set(taken)
    return next(each for each in chain([wanted], (f"{wanted}_{number}" for number in count(2))) if each not in known)


def put(step: Object, key: str, value: Json) -> None:
    """Set a key of a step, a new one in the order of the format."""
    if key not in step:
        later = [each for each in step if _ORDER.get(each, len(_ORDER)) > _ORDER.get(key, len(_ORDER))]
        moved = {each: step.pop(each) for each in [*step][[*step].index(later[0]) :]} if later else {}
        step[key] = value
        step.update(moved)
    else:
        step[key] = value


def in_key_order(step: Object) -> Object:
    """Return a new step with its keys in the order of the format: id, type, …, input."""
    return dict(sorted(step.items(), key=lambda entry: _ORDER.get(entry[0], len(_ORDER))))


def needs_of(step: Object) -> list[str] | None:
    """Return the needs as written; None where the key is absent."""
    found = step.get("needs")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else None


def needs_or_order(placed: PlacedStep) -> list[str]:
    """Return the needs as written, else the step before in the list."""
    written = needs_of(placed.step)
    if written is not None:
        return written
    index = placed.index
    before = id_of(placed.siblings[index - 1]) if index else ""
    return [before] if before else []


def replace_need(siblings: List, old: str, new: Sequence[str]) -> None:
    """Replace an id in the needs of the steps of a list."""
    for each in siblings:
        if isinstance(each, dict) and old in (needs_of(each) or ()):
            needs = each["needs"]
            assert isinstance(needs, list)
            at = needs.index(old)
            kept = [need for need in needs if need != old]
            added = [need for need in new if need not in kept and need != id_of(each)]
            needs[:] = [*kept[:at], *added, *kept[at:]]
