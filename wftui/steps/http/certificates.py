"""Reader for the usual fields of an X.509 certificate in DER form.

The standard library decodes only certificates it has verified; the expiry of one that fails is what people look for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_UTC_TIME, _BMP_STRING, _VERSION = 0x17, 0x1E, 0xA0
_NAMES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """Subject, issuer (`CN=…, O=…`) and validity."""

    subject: str
    issuer: str
    valid_from: datetime
    expires_at: datetime


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate in DER form.

    Raises:
        ValueError: when the bytes are none.
    """
    try:
        (_, whole), *_ = _elements(der)
        (_, body), *_ = _elements(whole)
        fields = [(tag, content) for tag, content in _elements(body) if tag != _VERSION]
        _serial, _algorithm, issuer, validity, subject = fields[:5]
        valid_from, expires_at = (_time(tag, content) for tag, content in _elements(validity[1]))
        return Certificate(_name(subject[1]), _name(issuer[1]), valid_from, expires_at)
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError("not a certificate in DER form") from error


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        if position + length > len(data):
            raise ValueError("not a certificate in DER form")
        yield tag, data[position : position + length]
        position += length


def _name(data: bytes) -> str:
    parts: list[str] = []
    for _, relative in _elements(data):
        for _, attribute in _elements(relative):
            (_, oid), (tag, value) = _elements(attribute)
            text = value.decode("utf-16-be" if tag == _BMP_STRING else "utf-8", "replace")
            parts.append(f"{_NAMES.get(oid, oid.hex())}={text}")
    return ", ".join(parts)


def _time(tag: int, content: bytes) -> datetime:
    text = content.decode("ascii").removesuffix("Z")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
