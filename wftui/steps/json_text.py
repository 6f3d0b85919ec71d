"""Text that came from outside as JSON values: nothing that JSON does not know, and no text too deep to read."""

import json

from wftui.model.base import Json


def parse_json(text: str | bytes) -> Json:
    """The value a text stands for.

    Raises:
        ValueError: with what is wrong, when it is no JSON.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("its lists and objects are nested too deeply") from None


def split_lines(text: str) -> list[str]:
    """The lines of a text: only a newline ends one, with or without a carriage return before it.

    `str.splitlines` also ends them at form feeds and other characters that are part of what people write.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def _no_constant(word: str) -> Json:
    raise ValueError(f"{word} is no JSON value")
