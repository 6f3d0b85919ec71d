"""Sentences about answers of MCP servers that break the protocol or a schema."""

from typing import cast

import jsonschema
from pydantic import ValidationError

from wftui.model.text.cuts import beginning
from wftui.runtime.language.json_kinds import kind_and_value
from wftui.runtime.validation.messages import sentences

_SHOWN = 200
_ANSWERS = {"InitializeResult": "its greeting", "ListToolsResult": "the list of its tools"}


def invalid_field(error: ValidationError) -> str:
    """Return which field of an answer is invalid, as the end of a sentence."""
    first = error.errors(include_url=False)[0]
    path = ""
    for key in first["loc"]:
        if isinstance(key, int):
            path += f"[{key}]"
        elif key[:1].isupper() or "[" in key:  # the name of a variant
            continue
        else:
            path += f".{key}" if path else key
    answer = _ANSWERS.get(error.title, "the answer")
    if first["type"] == "missing":
        return f"{answer} is invalid: {path} is missing"
    return f"{answer} is invalid: {path or 'it'} is {beginning(kind_and_value(first['input']), _SHOWN)}"


def invalid_content(error: RuntimeError) -> str:
    """Return why the SDK refused structured content, as the end of a sentence."""
    cause = error.__cause__ or error.__context__
    if str(error).startswith("Invalid schema") and not isinstance(cause, jsonschema.SchemaError):
        return "the output schema of the tool has a $ref that leads nowhere"
    if not isinstance(cause, jsonschema.ValidationError | jsonschema.SchemaError):
        return str(error).partition("\n")[0]
    pointer, sentence = next(iter(sentences([cast("jsonschema.ValidationError", cause)])))
    if isinstance(cause, jsonschema.SchemaError):
        return f"the output schema of the tool is invalid: {pointer or 'the whole'}: {sentence}"
    return f"the structured content does not follow the tool's output schema: {pointer or 'the whole'}: {sentence}"
