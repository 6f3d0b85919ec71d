"""Data classes with methods made on demand, against the standard library's."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.model.data_class import dataclass

Decorator = Callable[..., Callable[[type], Any]]


def _classes(options: dict[str, Any]) -> tuple[Any, Any]:
    """Return the same class made by us and by the standard library."""

    def declared() -> type:
        class Made:
            """Some fields."""

            a: int
            b: str = "b"
            c: list[int] = dataclasses.field(default_factory=list)
            d: object = dataclasses.field(default=None, repr=False)
            e: int = dataclasses.field(default=3, compare=False)
            f: dict[str, int] = dataclasses.field(init=False, default_factory=dict)

            def total(self) -> int:
                """Return a sum."""
                return self.a + self.e

        return Made

    return dataclass(slots=True, **options)(declared()), dataclasses.dataclass(slots=True, **options)(declared())


OPTIONS = [
    {},
    {"frozen": True},
    {"kw_only": True},
    {"frozen": True, "kw_only": True},
    {"eq": False},
    {"frozen": True, "eq": False},
]


def _outcome(work: Callable[[], Any]) -> object:
    """Return what some work gives, or the kind and text of its error."""
    try:
        return work()
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@settings(max_examples=20)
@given(data=st.data())
def test_objects_are_those_of_the_standard_library(options: dict[str, Any], data: st.DataObject) -> None:
    ours, theirs = _classes(options)
    values = data.draw(
        st.fixed_dictionaries(
            {"a": st.integers(0, 2)},
            optional={"b": st.sampled_from("bx"), "c": st.lists(st.integers(0, 1)), "d": st.none(), "e": st.integers()},
        )
    )
    found, expected = ours(**values), theirs(**values)
    assert repr(found) == repr(expected)
    assert dataclasses.asdict(found) == dataclasses.asdict(expected)
    assert found.total() == expected.total()
    other = {**values, "e": 9, "c": values.get("c", []), "a": data.draw(st.integers(0, 2))}
    assert (found == ours(**other)) is (expected == theirs(**other))
    assert found != expected
    assert dataclasses.asdict(dataclasses.replace(found, b="new")) == dataclasses.asdict(
        dataclasses.replace(expected, b="new")
    )
    assert dataclasses.asdict(copy.deepcopy(found)) == dataclasses.asdict(expected)
    for work in (_assign, _delete, _unknown):
        assert _outcome(partial(work, found)) == _outcome(partial(work, expected))


def _assign(made: Any) -> object:
    made.a = 5
    return made.a


def _delete(made: Any) -> object:
    del made.a
    return hasattr(made, "a")


def _unknown(made: Any) -> object:
    return hasattr(made, "__dict__")


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    "call",
    [
        lambda kind: kind(),
        lambda kind: repr(kind(1)),
        lambda kind: repr(kind(1, "x", [2])),
        lambda kind: kind(1, unknown=2),
        lambda kind: kind(1, a=2),
        lambda kind: kind.__match_args__,
        lambda kind: kind.__slots__,
        lambda kind: kind(a=1).c is kind(a=1).c,
        lambda kind: [(each.name, each.init, each.kw_only, each.default) for each in dataclasses.fields(kind)],
        lambda kind: kind(a=1) and list(inspect.signature(kind).parameters),  # Python 3.14 looks past a late `__init__`
        lambda kind: kind.__hash__ is None,
        lambda kind: type(hash(kind(a=1, c=()))),
        lambda kind: (kind.__name__, kind.__doc__, kind.__module__, kind.__qualname__),
    ],
)
def test_classes_are_those_of_the_standard_library(options: dict[str, Any], call: Callable[[Any], object]) -> None:
    ours, theirs = _classes(options)
    assert _outcome(lambda: call(ours)) == _outcome(lambda: call(theirs))


@dataclass(frozen=True, slots=True)
class _Point:
    """A place, which a module of its own could hold."""

    x: int
    y: tuple[int, ...] = ()


@dataclass(slots=True)
class _Counted:
    """Something with a rule of its own."""

    x: int
    inner: "_Counted | None" = None

    def __post_init__(self) -> None:
        self.x += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counted)


def test_frozen_ones_are_keys_and_travel() -> None:
    assert {_Point(1): "a"}[_Point(1)] == "a"
    assert pickle.loads(pickle.dumps(_Point(1, (2,)))) == _Point(1, (2,))
    match _Point(1, (2,)):
        case _Point(x, y):
            assert (x, y) == (1, (2,))


def test_one_field_is_compared_as_several_are() -> None:
    @dataclass(frozen=True, slots=True)
    class Number:
        value: float

    not_a_number = float("nan")
    assert Number(not_a_number) == Number(not_a_number)
    assert hash(Number(1.0)) == hash((1.0,))


def test_own_methods_stay() -> None:
    made = _Counted(1)
    assert (made.x, made == _Counted(7)) == (2, True)
    made.inner = made
    assert repr(made) == "_Counted(x=2, inner=...)"
