"""JSON Pointer (RFC 6901): the address of a value, `/jobs/0/name`; "" is the root."""

import re
from collections.abc import Iterable

_POSITION = re.compile(r"[0-9]{1,9}")


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


def list_position(part: str) -> int | None:
    """Return the position in a list that a part means; None if no list is that long."""
    return int(part) if _POSITION.fullmatch(part) else None


def key_or_position(part: str) -> str | int:
    """Return the position in a list that a part means, else the key."""
    position = list_position(part)
    return part if position is None else position
