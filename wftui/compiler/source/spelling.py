"""JSON text of a changed value; unchanged parts keep their spelling."""

import json
from difflib import SequenceMatcher

from wftui.compiler.source.document import raw_offset
from wftui.model.base import Json


def respelled(raw: str, value: Json) -> str:
    """Return the text of a plain value; unchanged parts keep their spelling."""
    old = json.loads(raw)
    if type(old) is type(value) and old == value:
        return raw
    if not (isinstance(old, str) and isinstance(value, str)):
        return json.dumps(value, ensure_ascii=False)
    shorter = min(len(old), len(value))
    head = next((at for at in range(shorter) if old[at] != value[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[-1 - at] != value[-1 - at]), rest)
    inner = raw[1:-1]
    first, last = raw_offset(inner, head), raw_offset(inner, len(old) - tail)
    middle = _middle(inner[first:last], old[head : len(old) - tail], value[head : len(value) - tail])
    return f'"{inner[:first]}{middle}{inner[last:]}"'


def _middle(raw: str, old: str, new: str) -> str:
    """Return the changed part of a string, in which parts may be unchanged."""
    if raw == _escaped(old):
        return _escaped(new)
    made = ""
    for word, start, end, to, until in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        made += raw[raw_offset(raw, start) : raw_offset(raw, end)] if word == "equal" else _escaped(new[to:until])
    return made


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
