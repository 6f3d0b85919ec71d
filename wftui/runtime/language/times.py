"""Times of the time filters: time zones, months, and the fields of patterns."""

import calendar
from datetime import UTC, datetime, tzinfo

from wftui.model.base import Json, format_timestamp
from wftui.runtime.language.json_kinds import is_number, kind_and_value, shown
from wftui.runtime.workflow_errors import BindingError

_MONTHS = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def time_argument(value: Json, name: str) -> datetime:
    """Return the time of an ISO 8601 text or of seconds since 1970, in UTC.

    Raises:
        BindingError: `binding.value`, `binding.type`.
    """
    try:
        if is_number(value):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise BindingError(
            "binding.value", f"the filter {name} needs a time such as 2026-11-22T13:37:00Z, not {shown(value)}"
        ) from None
    raise BindingError("binding.type", f"the filter {name} needs a time as text, not {kind_and_value(value)}")


def zone_argument(value: Json, name: str) -> tzinfo:
    """Return the time zone of a name such as Europe/Berlin; UTC for null.

    Raises:
        BindingError: `binding.value`, `binding.type`.
    """
    if value is None:
        return UTC
    if not isinstance(value, str):
        raise BindingError(
            "binding.type", f"the filter {name} needs the name of a time zone, not {kind_and_value(value)}"
        )
    from zoneinfo import ZoneInfo  # 0.7 MB that every run would load

    try:
        return ZoneInfo(value)
    except (ValueError, OSError, LookupError):  # ValueError: a path; OSError: a folder of the database
        raise BindingError(
            "binding.value",
            f"there is no time zone {shown(value)} on this machine; names are those of the IANA database, such as "
            "Europe/Berlin (package tzdata)",
        ) from None


def in_zone(time: datetime, zone: tzinfo) -> datetime:
    """Return a time in a zone.

    Raises:
        BindingError: `binding.value` for a time beyond the years 1 to 9999.
    """
    try:
        return time.astimezone(zone)
    except OverflowError:
        raise BindingError("binding.value", "the time is outside of the years 1 to 9999") from None


def iso_text(time: datetime) -> str:
    """Return a time as ISO 8601 text with `Z` or the offset of its zone."""
    return format_timestamp(time) if time.tzinfo is UTC else time.isoformat(timespec="milliseconds")


def plus_months(time: datetime, months: int) -> datetime:
    """Return a time some months later, by the clock of its zone.

    A day that the month does not have becomes its last one.

    Raises:
        ValueError: the year is out of range.
    """
    year, month = divmod(time.year * 12 + time.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError("the year is out of range")
    day = min(time.day, calendar.monthrange(year, month + 1)[1])
    return time.replace(year=year, month=month + 1, day=day)


def pattern_fields(time: datetime) -> dict[str, str]:
    """Return the fields of `strftime` patterns by letter; names are English."""
    iso_year, iso_week, iso_day = time.isocalendar()
    offset = time.strftime("%z")
    return {
        "Y": f"{time.year:04}",
        "m": f"{time.month:02}",
        "d": f"{time.day:02}",
        "H": f"{time.hour:02}",
        "M": f"{time.minute:02}",
        "S": f"{time.second:02}",
        "j": f"{time.timetuple().tm_yday:03}",
        "y": f"{time.year % 100:02}",
        "B": _MONTHS[time.month - 1],
        "b": _MONTHS[time.month - 1][:3],
        "A": _DAYS[iso_day - 1],
        "a": _DAYS[iso_day - 1][:3],
        "u": str(iso_day),
        "G": f"{iso_year:04}",
        "V": f"{iso_week:02}",
        "z": offset or "+0000",
        "Z": time.tzname() or "UTC",
        "%": "%",
    }
