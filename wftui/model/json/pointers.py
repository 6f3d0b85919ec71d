"""JSON Pointer (RFC 6901): the address of a value inside a JSON document, `/jobs/0/name`; the whole document is ""."""

from collections.abc import Iterable


def pointer_to(parts: Iterable[str | int]) -> str:
    """The pointer that goes down through these keys and positions."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def pointer_parts(pointer: str) -> list[str]:
    """The keys and positions a pointer goes through, positions still as text."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
