"""The `format`s of JSON Schema that wftui knows: names, examples and tests.

Implemented here, because the checks of jsonschema depend on the extras installed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class TextFormat:
    """A `format`: its name, an example, and a test (False or ValueError if invalid)."""

    title: str
    example: str
    accepts: Callable[[str], object]


_TIME = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)"
_TIME_WITH_OFFSET = re.compile(_TIME)
_DATE_AND_TIME = re.compile(rf"\d{{4}}-\d\d-\d\d[tT ]{_TIME}")
_DURATION = re.compile(r"P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_HOST = re.compile(r"(?=.{1,253}\.?$)[A-Za-z0-9](-*[A-Za-z0-9]){0,62}(\.[A-Za-z0-9](-*[A-Za-z0-9]){0,62})*\.?")


def _is_date(text: str) -> bool:
    return len(text) == 10 and date.fromisoformat(text) is not None


def _is_date_time(text: str) -> bool:
    return _DATE_AND_TIME.fullmatch(text) is not None and _is_date(text[:10])


def _is_uri(text: str) -> bool:
    return bool(urlsplit(text).scheme) and not re.search(r"\s", text)


def _uuid(text: str) -> object:
    from uuid import UUID  # late: asks the system which one it is

    return UUID(text)


FORMATS: dict[str, TextFormat] = {
    "date": TextFormat("date", "2026-11-22", _is_date),
    "time": TextFormat("time with offset", "13:37:00Z", _TIME_WITH_OFFSET.fullmatch),
    "date-time": TextFormat("date and time with offset", "2026-11-22T13:37:00Z", _is_date_time),
    "duration": TextFormat("ISO 8601 duration", "P1DT2H", _DURATION.fullmatch),
    "email": TextFormat("e-mail address", "name@example.org", _EMAIL.fullmatch),
    "idn-email": TextFormat("e-mail address", "name@example.org", _EMAIL.fullmatch),
    "hostname": TextFormat("host name", "db.example.org", _HOST.fullmatch),
    "ipv4": TextFormat("IPv4 address", "192.0.2.1", IPv4Address),
    "ipv6": TextFormat("IPv6 address", "2001:db8::1", IPv6Address),
    "uri": TextFormat("address (URI)", "https://example.org/path", _is_uri),
    "iri": TextFormat("address (IRI)", "https://example.org/path", _is_uri),
    "uuid": TextFormat("UUID", "123e4567-e89b-12d3-a456-426614174000", _uuid),
    "json-pointer": TextFormat("JSON Pointer", "/steps/0", re.compile(r"(/([^~/]|~[01])*)*").fullmatch),
    "regex": TextFormat("regular expression", "^v[0-9]+$", re.compile),
}


def has_format(text: str, name: str) -> bool:
    """Return whether the text has the format; true for unknown formats, by the spec."""
    known = FORMATS.get(name)
    if known is None:
        return True
    try:
        return known.accepts(text) not in (None, False)
    except (ValueError, re.error):
        return False
