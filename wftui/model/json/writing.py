"""Incremental JSON encoding: other threads run between the parts of a big text."""

import json
from collections.abc import Callable, Iterator
from functools import cache

from wftui.model.base import Json
from wftui.model.json.big_values import weight

_PIECE = 256 * 1024
_MEMBERS = 1_000


def encode(value: Json) -> bytes:
    """Return the shortest JSON text of a value, as the history has it.

    Raises:
        pydantic_core.PydanticSerializationError: a text in it is not Unicode.
    """
    return _encoder()(value)


@cache
def _encoder() -> Callable[[Json], bytes]:
    from pydantic_core import to_json  # only what writes needs it

    return to_json


def encode_pieces(value: Json) -> Iterator[bytes]:
    """Yield the shortest JSON text of a value, piece by piece.

    Each piece is valid UTF-8 of about a quarter of a megabyte: no single call takes long, so that the event loop runs
    while a thread encodes 100 MB.
    """
    return _pieces(value, encode, b",", b":")


def text_pieces(value: Json) -> Iterator[str]:
    """Yield the text of `json.dumps` in pieces; non-ASCII characters stay."""
    for piece in _pieces(value, _dumps, b", ", b": "):
        yield piece.decode()


def _dumps(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _pieces(value: Json, encode: Callable[[Json], bytes], comma: bytes, colon: bytes) -> Iterator[bytes]:
    if isinstance(value, str) and len(value) > _PIECE:
        yield b'"'
        for start in range(0, len(value), _PIECE):
            yield encode(value[start : start + _PIECE])[1:-1]
        yield b'"'
        return
    if not isinstance(value, dict | list) or not value:
        yield encode(value)
        return
    keys = list(value) if isinstance(value, dict) else []
    yield b"{" if keys else b"["
    between = b""
    start, count = 0, _MEMBERS
    while start < len(value):
        part = {key: value[key] for key in keys[start : start + count]} if keys else value[start : start + count]
        size = weight((part,), _PIECE)
        if size <= _PIECE:
            yield between + encode(part)[1:-1]
            start += count
            if size < _PIECE // 2:
                count *= 2
        elif count > 1:
            count = max(1, count // 4)
            continue
        else:
            yield between + (encode(keys[start]) + colon if keys else b"")
            yield from _pieces(value[keys[start]] if keys else value[start], encode, comma, colon)
            start += 1
        between = comma
    yield b"}" if keys else b"]"
