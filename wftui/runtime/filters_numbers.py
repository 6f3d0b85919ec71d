"""Filters on numbers, and on times written as text."""

import math
from datetime import UTC, timedelta
from typing import Any

from wftui.model.base import Json
from wftui.model.text.cuts import beginning
from wftui.model.workflow.durations import format_duration, parse_duration
from wftui.runtime.language.arguments import number_argument, whole_argument
from wftui.runtime.language.declarations import Table, declare
from wftui.runtime.language.json_kinds import kind_of
from wftui.runtime.language.limits import MAX_BITS, check_bits, check_text
from wftui.runtime.language.times import (
    in_zone,
    iso_text,
    pattern_fields,
    plus_months,
    time_argument,
    zone_argument,
)
from wftui.runtime.workflow_errors import BindingError

NUMBER_FILTERS: Table = {}

_UNSET: Any = object()


@declare(NUMBER_FILTERS, "int", gives="integer")
def to_int(value: Json, default: Json = _UNSET, base: Json = 10) -> Json:
    """A number without decimals; also a text that holds a number.

    `default` replaces any other text.

    >>> "12" | int
    12
    >>> 3.9 | int
    3
    >>> "no" | int(0)
    0
    """
    try:
        if isinstance(value, str):
            if len(value) > MAX_BITS // 3:
                raise ValueError
            return int(value, base) if base != 10 else _int_of(value)
        if isinstance(value, int | float):
            return int(value)
    except (ValueError, OverflowError, TypeError):
        pass
    return _or_default(value, default, "a whole number")


@declare(NUMBER_FILTERS, "float", gives="number")
def to_float(value: Json, default: Json = _UNSET) -> Json:
    """A number with decimals; also a text that holds a number.

    `default` replaces any other text.

    >>> "1.5" | float
    1.5
    """
    try:
        if isinstance(value, str | int | float) and math.isfinite(made := float(value)):
            return made
    except (ValueError, OverflowError):
        pass
    return _or_default(value, default, "a number")


@declare(NUMBER_FILTERS, "abs", gives="number")
def absolute(value: Json) -> Json:
    """The number without its sign.

    >>> -3 | abs
    3
    """
    return abs(number_argument(value, "abs"))


@declare(NUMBER_FILTERS, "round", gives="number")
def rounded(value: Json, precision: Json = 0, method: Json = "common") -> Json:
    """The number rounded to `precision` decimals; `method`: `common`, `ceil`, `floor`.

    >>> 2.567 | round(2)
    2.57
    >>> 2.1 | round(0, "ceil")
    3.0
    """
    if method not in ("common", "ceil", "floor"):
        raise BindingError("binding.value", 'the method of the filter round must be "common", "ceil" or "floor"')
    number = number_argument(value, "round")
    if isinstance(precision, bool) or not isinstance(precision, int) or abs(precision) > 300:
        raise BindingError("binding.type", "the precision of the filter round must be a whole number up to 300")
    try:
        if method == "common":
            return round(number, precision)
        scale = 10.0**precision
        return float((math.ceil if method == "ceil" else math.floor)(number * scale) / scale)
    except OverflowError:
        raise BindingError("binding.limit", "the number is too big to be rounded") from None


@declare(NUMBER_FILTERS, "filesizeformat", gives="string")
def file_size(value: Json, binary: Json = False) -> str:
    """A number of bytes with a unit.

    >>> 13000 | filesizeformat
    "13.0 kB"
    >>> 2048 | filesizeformat(true)
    "2.0 KiB"
    """
    size = float(number_argument(value, "filesizeformat"))
    base = 1024 if binary else 1000
    units = ("KiB", "MiB", "GiB", "TiB", "PiB") if binary else ("kB", "MB", "GB", "TB", "PB")
    if abs(size) < base:
        return f"{int(size)} Byte{'' if size == 1 else 's'}"
    for power, unit in enumerate(units, start=1):
        if abs(size) < base ** (power + 1) or unit == units[-1]:
            return f"{size / base**power:.1f} {unit}"
    raise AssertionError("the last unit always fits")


@declare(NUMBER_FILTERS, "format", gives="string")
def number_format(value: Json, decimals: Json = 0, thousands: Json = "") -> str:
    """A number as text with fixed decimals, and a separator between thousands.

    >>> 1234.5 | format(2, ",")
    "1,234.50"
    """
    number = number_argument(value, "format")
    if isinstance(decimals, bool) or not isinstance(decimals, int) or not 0 <= decimals <= 100:
        raise BindingError("binding.type", "the filter format needs a whole number of decimals up to 100")
    if not isinstance(thousands, str) or len(thousands) > 10:
        raise BindingError("binding.type", "the separator of the filter format must be a text of at most 10 characters")
    if isinstance(number, int):
        check_bits(number.bit_length(), "format")
    try:
        made = f"{number:,.{decimals}f}"
    except OverflowError:
        raise BindingError("binding.limit", "the number is too big to be formatted") from None
    check_text(len(made) * (1 + len(thousands)), "format")
    return made.replace(",", thousands)


@declare(NUMBER_FILTERS, "timestamp", gives="number")
def timestamp(value: Json) -> float:
    """Seconds since 1970 of an ISO 8601 time; UTC if it has no zone.

    >>> "2026-11-22T00:00:00Z" | timestamp
    1795305600.0
    """
    return time_argument(value, "timestamp").timestamp()


@declare(NUMBER_FILTERS, "isotime", gives="string")
def iso_time(value: Json, tz: Json = None) -> str:
    """The ISO 8601 time of seconds since 1970 or of another ISO time.

    In UTC, or in the time zone `tz`.

    >>> 0 | isotime
    "1970-01-01T00:00:00.000Z"
    >>> "2026-07-01T12:00:00Z" | isotime(tz="Europe/Berlin")
    "2026-07-01T14:00:00.000+02:00"
    """
    return iso_text(in_zone(time_argument(value, "isotime"), zone_argument(tz, "isotime")))


@declare(NUMBER_FILTERS, "strftime", gives="string")
def strftime(value: Json, pattern: Json = "%Y-%m-%d %H:%M:%S", tz: Json = None) -> str:
    """A time as text by a pattern, in UTC or in the time zone `tz`.

    `%Y %y` year, `%m` month, `%B %b` its English name, `%d` day, `%A %a` English week day, `%u` its number (Monday is
    1), `%j` day of the year, `%G-W%V` ISO week with its year, `%H %M %S` time of day, `%z %Z` offset and name of the
    zone, `%%`.

    >>> "2026-11-22T08:05:00Z" | strftime("%d.%m.%Y")
    "22.11.2026"
    >>> "2026-12-31T23:30:00Z" | strftime("%a %d %b %H:%M, %G-W%V", tz="Europe/Berlin")
    "Fri 01 Jan 00:30, 2026-W53"
    """
    time = in_zone(time_argument(value, "strftime"), zone_argument(tz, "strftime"))
    if not isinstance(pattern, str) or len(pattern) > 200:
        raise BindingError(
            "binding.type", "the pattern of the filter strftime must be a text of at most 200 characters"
        )
    fields = pattern_fields(time)
    made, position = [], 0
    while position < len(pattern):
        if pattern[position] != "%":
            made.append(pattern[position])
            position += 1
            continue
        word = pattern[position + 1 : position + 2]
        if word not in fields:
            raise BindingError("binding.value", f"the filter strftime does not support %{word}")
        made.append(fields[word])
        position += 2
    return "".join(made)


@declare(NUMBER_FILTERS, "add_time", gives="string")
def add_time(value: Json, duration: Json = 0, months: Json = 0, tz: Json = None) -> str:
    """A time plus a duration (minus, if it starts with `-`), as ISO 8601.

    `months` are added first, by the calendar of UTC or of the time zone `tz`; a day that the month does not have
    becomes its last one.

    >>> "2026-11-22T08:00:00Z" | add_time("36h")
    "2026-11-23T20:00:00.000Z"
    >>> "2026-11-22T08:00:00Z" | add_time("-1d")
    "2026-11-21T08:00:00.000Z"
    >>> "2026-01-31T08:00:00Z" | add_time(months=1)
    "2026-02-28T08:00:00.000Z"
    """
    zone = zone_argument(tz, "add_time")
    time, back = in_zone(time_argument(value, "add_time"), zone), False
    if isinstance(duration, str) and duration.startswith("-"):
        back, duration = True, duration[1:]
    try:
        time = plus_months(time, whole_argument(months, "add_time")).astimezone(UTC)
        seconds = parse_duration(duration)
        return iso_text(in_zone(time + timedelta(seconds=-seconds if back else seconds), zone))
    except (ValueError, OverflowError) as error:
        raise BindingError("binding.value", f"the filter add_time cannot add the duration: {error}") from None


@declare(NUMBER_FILTERS, "duration", gives="string")
def duration_text(value: Json) -> str:
    """Seconds as a duration.

    >>> 185 | duration
    "3m05s"
    """
    number = number_argument(value, "duration")
    return format_duration(number) if number >= 0 else f"-{format_duration(-number)}"


def _int_of(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        return int(float(value))


def _or_default(value: Json, default: Json, what: str) -> Json:
    if default is _UNSET:
        shown = f"{beginning(value, 40)!r}" if isinstance(value, str) else kind_of(value)
        raise BindingError("binding.value", f"{shown} is not {what}")
    return default
