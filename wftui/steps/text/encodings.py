"""Text encodings by name."""

import codecs
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from wftui.model.base import Json


def known_encoding(name: str) -> str:
    """Return the name of a text encoding.

    Raises:
        ValueError: when there is none of that name.
    """
    try:
        found = codecs.lookup(name)
        "".encode(found.name)  # refuses codecs of other kinds: `base64`, `rot13`
    except (LookupError, ValueError):
        raise ValueError(f"{name!r} is not a known text encoding, such as utf-8, latin-1, cp1252 or utf-16") from None
    return name


def encoding_problems(literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Return the problem of an unknown literal `encoding`, for `StepType.check`."""
    name = literal_input.get("encoding")
    if isinstance(name, str) and "{{" not in name:
        try:
            known_encoding(name)
        except ValueError as error:
            return [("encoding", f"{error}.")]
    return []


def not_in_encoding(name: str, encoding: str) -> str:
    """Return the warning about a stream with bytes of another encoding."""
    return f'{name} is not {encoding} text; set "encoding", for example to "latin-1".'


TextEncoding = Annotated[str, AfterValidator(known_encoding)]


def text_by_mark(data: bytes) -> str | None:
    """Return the text of bytes that begin with a byte order mark, or None.

    The two bytes of a mark alone do not make a UTF-16 text.

    Raises:
        UnicodeDecodeError: when the rest is not what the mark says.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark) and (encoding == "utf-8-sig" or len(data) > len(mark)):
            return data.decode(encoding)
    return None
