"""Sentences for refused models of requests: no wording of pydantic reaches a user."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import AwareDatetime, Field, ValidationError, field_validator

from wftui.model.base import WireModel
from wftui.runtime.validation.model_problems import model_problems

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Asked(WireModel):
    name: Annotated[str, Field(min_length=1, max_length=5)]
    size: Annotated[int, Field(ge=1, le=10)] = 1
    kind: list[str] | None = None
    at: Annotated[AwareDatetime, Field(lt=datetime(9000, 1, 1, tzinfo=UTC))] = _NOW
    even: int = 2

    @field_validator("even")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("an odd number of shoes")
        return value


@pytest.mark.parametrize(
    ("value", "pointers"),
    [
        ({}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"name": "too long"}, ["/name"]),
        ({"name": "a", "size": "x"}, ["/size"]),
        ({"name": 1, "size": 11}, ["/name", "/size"]),
        ({"name": "a", "kind": "x"}, ["/kind"]),
        ({"name": "a", "other": 1}, ["/other"]),
        ({"name": "a", "at": "soon"}, ["/at"]),
        ({"name": "a", "at": "9999-01-01T00:00:00Z"}, ["/at"]),
        ({"name": "a", "even": 3}, ["/even"]),
        ([], [""]),
        (None, [""]),
        ("x", [""]),
    ],
)
def test_every_refusal_is_a_sentence(value: Any, pointers: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Asked.model_validate(value)
    found = model_problems(Asked, value, refused.value)
    assert [each.pointer for each in found] == pointers
    for each in found:
        assert each.message[0].isupper() or each.message[0] == '"'
        assert "Input should" not in each.message
        assert "Value error" not in each.message
        assert "Extra inputs" not in each.message
