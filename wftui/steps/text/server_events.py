"""Server-sent events, as streamed by language models."""

import codecs
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; `name` is empty if the server sends none."""

    name: str
    data: str


async def server_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[ServerEvent]:
    """Yield the events of a byte stream, without comments and keep-alives."""
    name, data = "", list[str]()
    async for line in _lines(chunks):
        if line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            continue
        if data:
            yield ServerEvent(name, "\n".join(data))
        name, data = "", []
    if data:
        yield ServerEvent(name, "\n".join(data))


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    rest = ""
    async for chunk in chunks:
        *lines, rest = (rest + decode(chunk)).split("\n")
        for line in lines:
            yield line.removesuffix("\r")
    if rest:
        yield rest.removesuffix("\r")
