"""Text that came from outside as JSON values: nothing that JSON does not know, and no text too deep to read."""

import json

from wftui.model.base import Json
from wftui.model.json.incremental import BIG_TEXT, read_json


def parse_json(text: str | bytes) -> Json:
    """The value a text stands for; of a big text, in a thread, without holding up the others.

    Raises:
        ValueError: with what is wrong, when it is no JSON.
    """
    try:
        if len(text) > BIG_TEXT:
            return read_json(text if isinstance(text, str) else text.decode(), _no_constant)
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
