"""JSON Pointer (RFC 6901): the address of a value, `/jobs/0/name`; "" is the root."""

from collections.abc import Iterable


def pointer_to(parts: Iterable[str | int]) -> str:
    """Return the pointer through these keys and positions."""
    pointer = ""
    for part in parts:
        key = str(part)
        if "/" in key or "~" in key:
            key = key.replace("~", "~0").replace("/", "~1")
        pointer += f"/{key}"
    return pointer


def pointer_parts(pointer: str) -> list[str]:
    """Return the keys and positions of a pointer, positions still as text."""
    parts = pointer.split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts] if "~" in pointer else parts
