"""JSON Pointer (RFC 6901): the address of a value, `/jobs/0/name`; "" is the root."""

from collections.abc import Iterable


def pointer_to(parts: Iterable[str | int]) -> str:
    """Return the pointer through these keys and positions."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def pointer_parts(pointer: str) -> list[str]:
    """Return the keys and positions of a pointer, positions still as text."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
