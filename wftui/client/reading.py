"""Models from answers, also those of later versions."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from wftui.client.errors import RemoteError
from wftui.model.base import Json
from wftui.model.unknown_fields import without_unknown_fields

ModelT = TypeVar("ModelT")
ResultT = TypeVar("ResultT")

_BIG = 64 * 1024


async def read_answer(data: bytes, read: Callable[[Json], ResultT]) -> ResultT:
    """Parse an answer, and read what it holds; a big one in a thread.

    Raises:
        RemoteError: this version does not understand it.
    """
    if len(data) > _BIG:
        return await asyncio.to_thread(_read, data, read)
    return _read(data, read)


def _read(data: bytes, read: Callable[[Json], ResultT]) -> ResultT:
    try:
        return read(from_json(data))
    except (ValueError, KeyError, TypeError):  # of JSON, of pydantic; other keys
        sentence = "the server answered in a form unknown to this version; check that both have the same version"
        raise RemoteError(sentence, code="remote.answer") from None


def model(kind: type[ModelT]) -> Callable[[Json], ModelT]:
    """Return a reader of a type, which leaves out fields of later versions."""
    adapter: TypeAdapter[ModelT] = TypeAdapter(kind)

    def read(value: Json) -> ModelT:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            return adapter.validate_python(without_unknown_fields(value, error))

    return read


def models(kind: type[ModelT], key: str) -> Callable[[Json], list[ModelT]]:
    """Return a reader of the list of models at a key."""
    read = model(kind)
    return lambda value: [read(each) for each in value[key]]


def lines(read: Callable[[Json], ResultT], text: Iterable[bytes]) -> list[ResultT]:
    """Read lines of JSON; see `read_answer`."""
    return [_read(line, read) for line in text if line]
