# ruff: noqa: E501  (sentences on one line)
"""Items of a matrix, and the sentences on one that has none."""

from typing import Any

import pytest

from wftui.model.base import Json
from wftui.runtime.matrix import matrix_items
from wftui.runtime.workflow_errors import BindingError


@pytest.mark.parametrize(
    ("spec", "items"),
    [
        (
            {"matrix": {"a": [1, 2], "b": ["x", "y"]}},
            [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}],
        ),
        ({"matrix": {"a": [1, 2]}, "exclude": [{"a": 2}], "include": [{"a": 9, "c": 1}]}, [{"a": 1}, {"a": 9, "c": 1}]),
        ({"matrix": {"a": [1, True]}, "exclude": [{"a": 1}]}, [{"a": True}]),
        ({"matrix": {"a": [1, 2]}, "exclude": [{"a": 1, "b": 1}, {"b": 1}]}, [{"a": 1}, {"a": 2}]),
        ({"matrix": {"a": [1, 2]}, "exclude": None, "include": []}, [{"a": 1}, {"a": 2}]),
        ({"matrix": {}, "include": [{"a": 1}]}, [{"a": 1}]),
        ({"matrix": {"a": [], "b": [1]}}, []),
    ],
)
def test_items(spec: dict[str, Any], items: list[Json]) -> None:
    assert matrix_items(spec, 10) == items


@pytest.mark.parametrize(
    ("spec", "kind", "sentence"),
    [
        ({"matrix": {"a": 3}}, "binding.type", "`forEach.in.matrix.a` must give a list; it gave a number (3)"),
        ({"matrix": {"a": [1]}, "exclude": "x"}, "binding.type", '`forEach.in.exclude` must give a list; it gave a text ("x")'),
        ({"matrix": {"a": [1]}, "include": {"a": 1}}, "binding.type", "`forEach.in.include` must give a list; it gave an object"),
        ({"matrix": {"a": [1]}, "include": [{}, 3]}, "binding.type", "`forEach.in.include[1]` must give an object; it gave a number (3)"),
        ({"matrix": {"a": [1] * 40, "b": [1] * 25}, "include": [{}]}, "binding.limit", "`forEach.in` gave 1,001 items; `forEach.maxItems` allows 1,000: raise it for more"),
    ],
)  # fmt: skip
def test_a_matrix_without_items_is_explained(spec: dict[str, Any], kind: str, sentence: str) -> None:
    with pytest.raises(BindingError) as caught:
        matrix_items(spec, 1000)
    assert (caught.value.type, caught.value.message) == (kind, sentence)


def test_as_many_items_as_are_allowed() -> None:
    assert len(matrix_items({"matrix": {"a": [1] * 9}, "include": [{}]}, 10)) == 10
