"""Models as plain data: conversions of constructors, and the JSON form."""

import importlib
import math
import pkgutil
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest

import wftui.model
from wftui.model.base import Field, Json, Timestamp, WireModel, dumper, fresh
from wftui.model.run.events import Interrupted

MOMENT = datetime(2026, 11, 22, 14, 30, tzinfo=timezone(timedelta(hours=2)))


def test_times_are_kept_in_utc() -> None:
    event = Interrupted(run_id="01k9x2m4q-7hd3f", timestamp=MOMENT, last_sign=MOMENT)
    for each in (event.timestamp, event.last_sign):
        assert each == MOMENT
        assert each.tzinfo is UTC
    assert event.to_wire()["timestamp"] == "2026-11-22T12:30:00.000Z"


class Inner(WireModel):
    """A model inside another."""

    size: int = 3
    unit: Literal["mm", "cm"] = "mm"


class Outer(WireModel):
    """A field of each kind."""

    step_id: str
    at: Timestamp | None = None
    rate: float = 1.0
    tags: list[str] = fresh(factory=list)
    inner: Inner | None = None
    parts: list[Inner] = fresh(factory=list)
    data: Json = None
    hidden: Annotated[int, Field(exclude=True)] = 0


class Further(Outer):
    """A model that adds to another one that is in use."""

    more: bool = False


@pytest.mark.parametrize("use", ["first", "later"])
def test_values_equal_to_defaults_are_left_out(use: str) -> None:
    assert Outer(step_id="a", tags=[], parts=[], hidden=3).without_defaults() == {"stepId": "a"}
    full = Outer(
        step_id="a", at=MOMENT, rate=math.nan, tags=["t"], inner=Inner(), parts=[Inner(size=4)], data={"x": None}
    )
    assert full.without_defaults() == {
        "stepId": "a",
        "at": "2026-11-22T12:30:00.000Z",
        "rate": "NaN",
        "tags": ["t"],
        "inner": {},
        "parts": [{"size": 4}],
        "data": {"x": None},
    }
    assert Further(step_id="b", more=True).without_defaults() == {"stepId": "b", "more": True}
    assert dumper(Outer, frozenset({"step_id"}))(full).keys() == full.without_defaults().keys() - {"stepId"}


def test_each_model_has_its_own_lists() -> None:
    first, second = Outer(step_id="a"), Outer(step_id="b")
    first.tags.append("x")
    assert (second.tags, second.without_defaults()) == ([], {"stepId": "b"})


@pytest.mark.parametrize("values", [{}, {"step_id": "a", "stepp": 1}])
def test_a_model_takes_the_values_of_its_fields(values: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="step"):
        Outer(**values)


def literals(annotation: Any) -> set[Any]:
    """The values that a type names, at any depth."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return {value for part in get_args(annotation) for value in literals(part)}


def test_a_word_that_is_a_default_is_one_of_its_field() -> None:
    """No constructor checks it; readers of the JSON form do."""
    for module in pkgutil.walk_packages(wftui.model.__path__, "wftui.model."):
        importlib.import_module(module.name)
    seen, todo = 0, [WireModel]
    while todo:
        model = todo.pop()
        todo += model.__subclasses__()
        if model is WireModel or not model.__module__.startswith("wftui."):
            continue
        for field in model.model_fields.values():
            default = None if field.is_required else field.stored_default
            named = literals(field.annotation)
            if named and isinstance(default, str) and str not in get_args(field.annotation):
                assert default in named, f"{model.__name__}.{field.name}"
                seen += 1
    assert seen > 20
