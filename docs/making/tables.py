"""JSON Schemas as Markdown tables."""

import json
from typing import Any

from wftui.model.base import Json
from wftui.model.workflow.durations import PATTERN

EXPRESSION = r"\{\{"
"""Pattern of a text that may stand for another value."""


def fields_table(title: str, schema: dict[str, Any], *, given: bool = True) -> str:
    """The fields of an object as a table.

    Args:
        given: whether a person writes the object, so that it matters which fields are required (`*`).
    """
    properties = schema.get("properties")
    if not properties:
        return ""
    required = schema.get("required", []) if given else []
    rows = "".join(
        f"| `{name}`{' *' if name in required else ''} | {type_text(field)} | {_meaning(field)} |\n"
        for name, field in properties.items()
    )
    return f"\n| {title} | | |\n|---|---|---|\n{rows}"


def type_text(field: dict[str, Any]) -> str:
    """The type of a field in a few words."""
    if "anyOf" in field:
        if any(option.get("pattern") == PATTERN for option in field["anyOf"]):
            return "duration"
        return " or ".join(dict.fromkeys(type_text(each) for each in field["anyOf"] if each.get("type") != "null"))
    if "enum" in field:
        return ", ".join(f"`{choice}`" for choice in field["enum"])
    if "const" in field:
        return f"`{field['const'] if isinstance(field['const'], str) else json.dumps(field['const'])}`"
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if field.get("pattern") == EXPRESSION:
        return "expression"
    kind = field.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array" and field.get("items"):
        return f"list of {type_text(field['items'])}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict) and "$ref" in str(field):
        return f"object of {type_text(field['additionalProperties'])}"
    return str(kind)


def _meaning(field: dict[str, Any]) -> str:
    text = " ".join(str(field.get("description", "")).split()).replace("|", "\\|")
    default = field.get("default")
    if default in (None, {}, []):
        return text
    return f"{text} Default: `{_value(field, default)}`.".strip()


def _value(field: dict[str, Any], value: Json) -> str:
    if type_text(field).startswith("duration") and isinstance(value, int | float):
        return f"{value:g}s"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
