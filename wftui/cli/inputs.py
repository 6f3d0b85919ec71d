"""Parsing of command-line values: inputs, timestamps, JSON."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from wftui.cli.input_types import typed
from wftui.cli.input_values import parse_value, refuse_repeated_keys
from wftui.connections.private_files import private_folder
from wftui.connections.secret_references import is_reference, resolve_reference
from wftui.connections.secret_store import SecretStore
from wftui.model.base import Json
from wftui.model.errors import UsageError
from wftui.model.json.incremental import read_json
from wftui.model.moments import MomentError, parse_moment
from wftui.model.run.summary import ExecutionFilters
from wftui.model.schema.json_schema import as_object
from wftui.model.schema.secret_schema import secret_pointers
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.user.home_paths import expanded
from wftui.model.workflow.durations import parse_duration

_NAMING = (
    "$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "dependentRequired", "dependencies", "required"
)  # fmt: skip
"""Keywords that can name inputs besides `properties`."""
_LONGEST_NAME = 200  # of a file, in characters


def read_inputs(arguments: argparse.Namespace, schema: Mapping[str, Json], stdin: str | None = None) -> dict[str, Json]:
    """Return the inputs from `--input` and `-i`; `-i` takes precedence.

    A secret input may be given by reference, as secrets of connections: `-i token=env:TOKEN`.

    Raises:
        UsageError: a value is invalid; the message contains no secret.
        ConnectionsError: a secret reference cannot be resolved.
    """
    inputs: dict[str, Json] = {}
    if arguments.input is not None:
        inputs = _read_object(arguments.input, stdin)
    known = _known(schema)
    secret = {pointer[1:] for pointer in secret_pointers(schema)}
    parts: dict[str, list[Json]] = {}
    for pair in arguments.pairs:
        key, separator, text = pair.partition("=")
        if not separator or not key:
            raise UsageError("-i: expected KEY=VALUE", code="usage.input")  # not shown: it may be a secret
        if known and key not in known and not schema.get("additionalProperties"):
            raise UsageError(_unknown(key, list(known)), code="usage.input")
        if key in secret:
            value = parse_value(key, _secret_text(key, text), typed(schema, known.get(key)), shown="…")
        else:
            value = parse_value(key, _text(key, text), typed(schema, known.get(key)))
        parts.setdefault(key, []).append(value)
    return {**inputs, **{key: _joined(key, values) for key, values in parts.items()}}


def check_pairs(pairs: Sequence[str], schema: Mapping[str, Json]) -> None:
    """Check `-i` values of a later run, but not the files and variables they name.

    Raises:
        UsageError: as `read_inputs`, or a required input is missing.
    """
    now: list[str] = []
    later: set[str] = set()
    known = _known(schema)
    for pair in pairs:
        key, _, text = pair.partition("=")
        refers = (text.startswith("@") and not text.startswith("@@")) or is_reference(text)
        if refers and (key in known or not known):
            later.add(key)
        else:
            now.append(pair)
    given = read_inputs(argparse.Namespace(input=None, pairs=now), schema)
    required = schema.get("required")
    for name in required if isinstance(required, list) else []:
        if name not in given and name not in later and "default" not in as_object(known.get(str(name))):
            raise UsageError(f"the input {name} is required: add -i {name}=VALUE", code="usage.input")


def _known(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the schemas of the inputs that a schema names, also in its parts."""
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    if schema.keys().isdisjoint(_NAMING):
        return known
    from wftui.model.schema.branches import named_properties
    from wftui.model.schema.json_schema import SchemaNode

    return {**named_properties(SchemaNode.root(schema)), **known}


def _joined(key: str, values: list[Json]) -> Json:
    """Return the value of an input that was given once, or the items of lists."""
    if len(values) == 1:
        return values[0]
    if not all(isinstance(value, list) for value in values):
        raise UsageError(f"-i {key} is given {len(values)} times; only a list may be", code="usage.input")
    return [item for value in values for item in value]


def _content(text: str) -> str:
    """Return a text, or that of the file after `@`; `@@` begins a text with `@`."""
    if not text.startswith("@"):
        return text
    return text[1:] if text.startswith("@@") else _read_file(text[1:])


def _text(key: str, text: str) -> str:
    try:
        return _content(text)
    except UsageError as error:
        hint = f"for a text that begins with @, write -i {key}=@{text}"
        raise UsageError(f"{error}; {hint}", code="usage.input") from None


def read_connections(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the connections to replace, from `--connection`.

    Raises:
        UsageError: an option is malformed.
    """
    chosen: dict[str, str] = {}
    for pair in arguments.connections:
        name, separator, other = pair.partition("=")
        if not separator or not name or not other:
            raise UsageError(f"--connection {pair}: expected NAME=OTHER", code="usage.connection")
        chosen[name] = other
    return chosen


def _secret_text(key: str, text: str) -> str:
    if is_reference(text):
        return resolve_reference(text, SecretStore(private_folder()))
    try:
        return _content(text)
    except UsageError:
        raise UsageError(f"-i {key}: cannot read the file after @", code="usage.input") from None


def parse_when(text: str, now: datetime, *, end: bool = False) -> datetime:
    """Parse a point in time; `end`: a day means its end.

    Raises:
        UsageError: the text is not one.
    """
    try:
        return parse_moment(text, now, end=end)
    except MomentError as error:
        raise UsageError(str(error), code="usage.moment") from None


def parse_filters(arguments: argparse.Namespace, now: datetime) -> ExecutionFilters:
    """Return the filters that the options of `history` and `grep` have in common.

    Raises:
        UsageError: a time or a duration is invalid.
    """
    try:
        longer_than = parse_duration(arguments.longer_than) * 1000 if arguments.longer_than else None
    except ValueError as error:
        raise UsageError(f"--longer-than: {error}", code="usage.duration") from None
    return ExecutionFilters(
        workflow_id=arguments.workflow,
        status=arguments.status,
        user_id=arguments.user,
        since=parse_when(arguments.since, now) if arguments.since else None,
        until=parse_when(arguments.until, now, end=True) if arguments.until else None,
        longer_than=longer_than,
        error_type=arguments.error,
        label=arguments.label,
    )


def _read_object(text: str, stdin: str | None) -> dict[str, Json]:
    if text == "-":
        text = stdin if stdin is not None else _read_file("/dev/stdin")
    elif text.startswith("@"):
        text = _read_file(text[1:])
    try:
        value = read_json(text.removeprefix("\ufeff"))
        refuse_repeated_keys(text.removeprefix("\ufeff"), "--input")
    except ValueError as error:
        hint = f"; for a file, write --input @{text}" if len(text) < _LONGEST_NAME and Path(text).is_file() else ""
        raise UsageError(f"--input is not JSON: {error}{hint}", code="usage.input") from None
    if not isinstance(value, dict):
        raise UsageError("--input must be a JSON object", code="usage.input")
    return value


def _read_file(name: str) -> str:
    if not name:
        raise UsageError("@ names no file", code="usage.input")
    try:
        return expanded(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise UsageError(f"cannot read {name}: {reason}", code="usage.input") from None


def _unknown(key: str, known: Sequence[str]) -> str:
    hint = did_you_mean(suggestion(key, known), f"; inputs: {', '.join(known)}")
    return f"the workflow has no input {key}{hint}"
