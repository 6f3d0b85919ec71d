"""Secret inputs, marked in the plan by JSON Pointer: mask, restore and find them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy

from wftui.connections.redaction import MASK
from wftui.connections.secret_forms import MINIMUM_LENGTH
from wftui.model.base import Json
from wftui.model.errors import UsageError
from wftui.model.json.pointers import list_position, pointer_parts
from wftui.model.schema.secret_schema import secret_pointers


def masked(inputs: Mapping[str, Json], pointers: Iterable[str]) -> dict[str, Json]:
    """Return the inputs with every secret value, however short, replaced by `***`."""
    shown: dict[str, Json] = deepcopy(dict(inputs)) if pointers else dict(inputs)
    for holder, key in _places(shown, pointers):
        if holder[key] is not None:
            holder[key] = MASK
    return shown


def restore_secrets(stored: Mapping[str, Json], given: Mapping[str, Json], pointers: Iterable[str]) -> dict[str, Json]:
    """Return masked inputs with the secret values from `given`.

    An input that held a masked text because it derived from a secret is taken from `given` as well, if present.

    Raises:
        UsageError: secret values are missing; the message names them.
    """
    whole: dict[str, Json] = deepcopy(dict(stored))
    missing: list[str] = []
    for pointer in pointers:
        hidden = [(holder, key) for holder, key in _places(whole, [pointer]) if holder[key] == MASK]
        known = [holder[key] for holder, key in _places(dict(given), [pointer])]
        if len(known) < len(hidden):
            missing.append(pointer)
        for (holder, key), secret in zip(hidden, known, strict=False):
            holder[key] = secret
    if missing:
        names = ", ".join(_name(pointer) for pointer in missing)
        raise UsageError(f"secret inputs are never stored; give them again: {names}", code="inputs.secret")
    whole.update({name: given[name] for name in given if name in whole and MASK in json.dumps(whole[name])})
    return whole


def missing_secrets_form(
    schema: Mapping[str, Json], stored: Mapping[str, Json], pointers: Iterable[str]
) -> tuple[dict[str, Json], dict[str, Json]] | None:
    """Return the form for the secrets of stored inputs, or None without any.

    Returns:
        The part of the inputs' schema with the secrets of the run, and the known values of these inputs.
    """
    pointers = list(pointers)
    hidden = [pointer for pointer in pointers if any(at[key] == MASK for at, key in _places(dict(stored), [pointer]))]
    names = {pointer_parts(pointer)[0] for pointer in hidden}
    if not names:
        return None
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not names <= properties.keys():
        return dict(schema), dict(stored)
    asked = {name: properties[name] for name in properties if name in names}
    part = {"type": "object", "properties": asked, "required": list(asked), "additionalProperties": False}
    definitions = {key: schema[key] for key in ("$schema", "$defs", "definitions") if key in schema}
    return {**definitions, **part}, {name: stored[name] for name in asked}


def secret_texts(inputs: Mapping[str, Json], pointers: Iterable[str]) -> Iterator[str]:
    """Yield every text and number inside the secret values."""
    for holder, key in _places(dict(inputs), pointers):
        yield from _leaves(holder[key])


def refuse_short_secrets(inputs: Mapping[str, Json], pointers: Iterable[str]) -> None:
    """Refuse secret values that could not be masked within a text.

    Raises:
        UsageError: `inputs.secret_short`, naming the inputs.
    """
    short = [
        pointer
        for pointer in pointers
        if any(0 < len(text) < MINIMUM_LENGTH for text in secret_texts(inputs, [pointer]))
    ]
    if short:
        raise UsageError(
            f"a secret input needs at least {MINIMUM_LENGTH} characters, because a shorter one cannot be masked within"
            f" a text: {', '.join(map(_name, short))}; give a longer one, or none",
            code="inputs.secret_short",
        )


def answered_secrets(form: Mapping[str, Json] | None, data: Json) -> list[str]:
    """Return every text and number in the secret fields of an answer."""
    if not form or not isinstance(data, Mapping):
        return []
    return list(secret_texts(data, secret_pointers(form)))


def _name(pointer: str) -> str:
    return ".".join(pointer_parts(pointer))


def _places(inputs: dict[str, Json], pointers: Iterable[str]) -> Iterator[tuple[Json, str | int]]:
    """Yield the positions of the pointers as (object or list, key).

    The part `*` stands for every item of a list or object.
    """
    for pointer in pointers:
        holders: list[Json] = [inputs]
        *way, last = pointer_parts(pointer)
        for part in way:
            holders = [holder[key] for holder in holders for key in _keys(holder, part)]
        for holder in holders:
            for key in _keys(holder, last):
                yield holder, key


def _keys(holder: Json, part: str) -> list[str | int]:
    if isinstance(holder, dict):
        if part == "*":
            return list(holder)
        return [part] if part in holder else []
    if isinstance(holder, list):
        if part == "*":
            return list(range(len(holder)))
        position = list_position(part)
        return [position] if position is not None and position < len(holder) else []
    return []


def _leaves(value: Json) -> Iterator[str]:
    match value:
        case dict():
            for inner in value.values():
                yield from _leaves(inner)
        case list():
            for inner in value:
                yield from _leaves(inner)
        case None | bool():
            pass
        case _:
            yield str(value)
