"""Durations of the format: `"500ms"`, `"30s"`, `"15m"`, `"4h"`, `"7d"`, seconds."""

import re
from collections.abc import Callable
from typing import Annotated, Any

_KINDS = {bool: "true or false", list: "a list", dict: "an object", type(None): "null"}
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 36_500 * _UNITS["d"]  # later times have no date
PATTERN = r"^\d+(\.\d+)?(ms|s|m|h|d)$"
_MATCH = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d)$")


def parse_duration(value: object) -> float:
    """Return the seconds of a duration.

    Args:
        value: text such as `"30s"`, or a non-negative number of seconds.

    Raises:
        ValueError: with a sentence for the user, if it is neither.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        kind = _KINDS.get(type(value), "something else")
        raise ValueError(f'a duration is text such as "30s" or a number of seconds, not {kind}')
    if isinstance(value, str):
        found = _MATCH.match(value)
        if not found:
            raise ValueError(f'{value!r} is not a duration; write "500ms", "30s", "15m", "4h" or "7d"')
        value = float(found[1]) * _UNITS[found[2]]
    if not 0 <= value <= _LONGEST:
        raise ValueError("a duration is between 0 and 36500d")
    return float(value)


def format_duration(seconds: float) -> str:
    """Return a duration for people, in seven cells at most: `4ms`, `1.2s`, `3m05s`."""
    if seconds < 0.9995:
        return f"{round(seconds * 1000)}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


class _Written:
    """Schema by which pydantic reads and describes durations."""

    __slots__ = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Return the schema of a number, made of a written form before."""
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(parse_duration, handler(source))

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the schema of the written forms."""
        return {
            "anyOf": [{"type": "string", "pattern": PATTERN}, {"type": "number", "minimum": 0}],
            "description": 'A duration: "500ms", "30s", "15m", "4h", "7d", or seconds as a number.',
        }


Duration = Annotated[float, _Written()]
"""Seconds, from any written form."""
