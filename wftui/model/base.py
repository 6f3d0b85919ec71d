"""What every model on the wire has in common: camelCase keys, UTC times in milliseconds, closed shapes."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

Json: TypeAlias = Any
"""A JSON value: None, bool, int, finite float, str, list or str-keyed dict of such; all that passes between steps."""


WIRE_CONFIG = ConfigDict(
    alias_generator=to_camel,
    populate_by_name=True,
    extra="forbid",
    validate_assignment=False,
    ser_json_inf_nan="strings",
)
"""Snake_case in Python, camelCase in JSON, unknown keys refused."""


class WireModel(BaseModel):
    """Base of all models: `WIRE_CONFIG`, and the one JSON form."""

    model_config = WIRE_CONFIG

    def to_wire(self) -> dict[str, Json]:
        """The one JSON form of this model: camelCase keys, absent instead of null for what was never set."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def to_json(self, *, indent: int | None = None) -> str:
        """`to_wire` as text."""
        return self.model_dump_json(by_alias=True, exclude_none=True, indent=indent)


def _to_utc(value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is UTC and not value.microsecond % 1000:
            return value  # ours already, as all that is read from the database
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return value


def format_timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as everywhere on the wire: `2026-11-22T19:17:52.004Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[
    datetime, BeforeValidator(_to_utc), PlainSerializer(format_timestamp, return_type=str, when_used="json")
]
"""A moment in UTC, cut to milliseconds, so that a live value and its stored copy are equal."""
