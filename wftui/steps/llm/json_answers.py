"""JSON values in the answers of models, with or without text around them."""

import json
import re
from collections.abc import Iterator

from wftui.model.base import Json
from wftui.model.json.incremental import read_json

_FENCE = re.compile(r"```[^\n`]*\n(.*?)```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*(?:<think(?:ing)?>)?.*?</think(?:ing)?>", re.DOTALL)
_OPENING = re.compile(r"[{\[]")
_MOST_STARTS = 200
_DECODER = json.JSONDecoder()


def without_thinking(text: str) -> str:
    """Return an answer without what the model wrote before it while it was thinking.

    Some chat templates leave the opening tag out of the answer.
    """
    return _THOUGHT.sub("", text, count=1).strip() if "</think" in text[:200_000] else text.strip()


def json_values(text: str) -> Iterator[Json]:
    """Yield the values that an answer may mean, the likeliest first."""
    plain = without_thinking(text)
    whole = [plain, *(fenced.strip() for fenced in _FENCE.findall(plain))]
    if plain.startswith("```") and len(whole) == 1:
        whole.append(plain.partition("\n")[2].rpartition("```")[0])  # a fence within the value
    for candidate in whole:
        try:
            value = read_json(candidate)
        except ValueError:
            continue
        yield value
        if isinstance(value, str):
            yield from _read(value)
    yield from _between_sentences(plain)


def _read(text: str) -> Iterator[Json]:
    try:
        yield read_json(text)
    except ValueError:
        return


def _between_sentences(text: str) -> Iterator[Json]:
    """Yield the objects and lists in a text."""
    position = 0
    for _ in range(_MOST_STARTS):
        found = _OPENING.search(text, position)
        if found is None:
            return
        try:
            _, end = _DECODER.raw_decode(text, found.start())
            value = read_json(text[found.start() : end])  # which refuses NaN
        except (ValueError, RecursionError):
            position = found.end()
            continue
        yield value
        position = end
