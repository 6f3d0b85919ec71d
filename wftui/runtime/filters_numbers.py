"""Filters on numbers, and on times written as text."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from wftui.model.base import Json, format_timestamp
from wftui.model.cuts import beginning
from wftui.model.workflow.durations import format_duration, parse_duration
from wftui.runtime.language.arguments import number_argument
from wftui.runtime.language.declarations import Table, declare
from wftui.runtime.language.json_kinds import is_number, kind_of
from wftui.runtime.language.limits import MAX_BITS, check_bits, check_text
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
    return _time_of(value, "timestamp").timestamp()


@declare(NUMBER_FILTERS, "isotime", gives="string")
def iso_time(value: Json) -> str:
    """The ISO 8601 time, in UTC, of seconds since 1970 or of another ISO time.

    >>> 0 | isotime
    "1970-01-01T00:00:00.000Z"
    """
    return format_timestamp(_time_of(value, "isotime"))


@declare(NUMBER_FILTERS, "strftime", gives="string")
def strftime(value: Json, pattern: Json = "%Y-%m-%d %H:%M:%S") -> str:
    """A time as text, in UTC, by a pattern of `%Y %m %d %H %M %S %j %y %%`.

    >>> "2026-11-22T08:05:00Z" | strftime("%d.%m.%Y")
    "22.11.2026"
    """
    time = _time_of(value, "strftime")
    if not isinstance(pattern, str) or len(pattern) > 200:
        raise BindingError(
            "binding.type", "the pattern of the filter strftime must be a text of at most 200 characters"
        )
    fields = {
        "Y": f"{time.year:04}",
        "m": f"{time.month:02}",
        "d": f"{time.day:02}",
        "H": f"{time.hour:02}",
        "M": f"{time.minute:02}",
        "S": f"{time.second:02}",
        "j": f"{time.timetuple().tm_yday:03}",
        "y": f"{time.year % 100:02}",
        "%": "%",
    }
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
def add_time(value: Json, duration: Json) -> str:
    """A time plus a duration (minus, if it starts with `-`), as ISO 8601.

    >>> "2026-11-22T08:00:00Z" | add_time("36h")
    "2026-11-23T20:00:00.000Z"
    >>> "2026-11-22T08:00:00Z" | add_time("-1d")
    "2026-11-21T08:00:00.000Z"
    """
    time, back = _time_of(value, "add_time"), False
    if isinstance(duration, str) and duration.startswith("-"):
        back, duration = True, duration[1:]
    try:
        seconds = parse_duration(duration)
        return format_timestamp(time + timedelta(seconds=-seconds if back else seconds))
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


def _time_of(value: Json, name: str) -> datetime:
    try:
        if is_number(value):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise BindingError("binding.value", f"the filter {name} needs a time such as 2026-11-22T13:37:00Z") from None
    raise BindingError("binding.type", f"the filter {name} needs a time as text, not {kind_of(value)}")
