"""Base of all wire models: camelCase keys, UTC timestamps, closed shapes."""

import threading
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

Json: TypeAlias = Any
"""A JSON value: None, bool, int, finite float, str, and lists and str-keyed dicts of them; all data between steps."""


WIRE_CONFIG = ConfigDict(
    alias_generator=to_camel,
    populate_by_name=True,
    extra="forbid",
    validate_assignment=False,
    ser_json_inf_nan="strings",
    defer_build=True,
)
"""Snake_case in Python, camelCase in JSON, unknown keys refused. Models are built when first used."""

_BUILDING = threading.RLock()


class WireModel(BaseModel):
    """Base of all models: `WIRE_CONFIG`, and the JSON form."""

    model_config = WIRE_CONFIG

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Build a model, in one thread at a time: pydantic before 2.13 has no lock."""
        with _BUILDING:
            return super().model_rebuild(**options)

    def to_wire(self) -> dict[str, Json]:
        """Return the JSON form: camelCase keys, values never set are absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_wire` as text."""
        return self.model_dump_json(by_alias=True, exclude_none=True, indent=indent)


def _to_utc(value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is UTC and not value.microsecond % 1000:
            return value  # already in this form, as everything from the database
        time = value if value.tzinfo else value.replace(tzinfo=UTC)
        time = time if time.tzinfo is UTC else time.astimezone(UTC)
        return time.replace(microsecond=time.microsecond // 1000 * 1000)
    return value


def format_timestamp(time: datetime) -> str:
    """Return ISO 8601 in UTC with milliseconds: `2026-11-22T19:17:52.004Z`."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[
    datetime, BeforeValidator(_to_utc), PlainSerializer(format_timestamp, return_type=str, when_used="json")
]
"""A time in UTC, truncated to milliseconds, so that a live value and its stored copy are equal."""
