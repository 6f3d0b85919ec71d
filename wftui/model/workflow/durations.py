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


_WORDS = {"ms": 1, "milli": 1, "s": 1_000, "sec": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "hr": 3_600_000}
_WORDS |= {"hour": 3_600_000, "minute": 60_000, "second": 1_000, "millisecond": 1, "d": 86_400_000, "day": 86_400_000}
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([a-z]+)[\s,]*")
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])")
_MONTHS = re.compile(r"p[^t]*m.*")


def meant_duration(text: str) -> str | None:
    """Return the duration that was meant: `5 minutes`, `1h30m`, `PT5M`, `00:05:00`."""
    written = text.strip().lower()
    if (clock := _CLOCK.fullmatch(written)) is not None:
        written = f"{clock[1]}h{clock[2]}m{clock[3]}s"
    if _MONTHS.fullmatch(written):
        return None
    written = f"{written}s" if written.isascii() and written.isdigit() else written
    written = re.sub(r"^pt?(?=\d)|(?<=d)t(?=\d)", "", written)
    parts = list(_PART.finditer(written))
    if not parts or "".join(part[0] for part in parts) != written:
        return None
    factors = [_WORDS.get(part[2]) or _WORDS.get(part[2].removesuffix("s")) for part in parts]
    total = sum(round(float(part[1]) * (factor or 0)) for part, factor in zip(parts, factors, strict=True))
    if None in factors or total <= 0 or total / 1000 > _LONGEST:
        return None
    unit = next(unit for unit, seconds in reversed(_UNITS.items()) if total % round(seconds * 1000) == 0)
    return f"{total // round(_UNITS[unit] * 1000)}{unit}"


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
