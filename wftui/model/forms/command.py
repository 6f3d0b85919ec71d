"""The `wftui run` command that is equal to a filled-in form."""

import json
import shlex
from collections.abc import Sequence

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Group
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.text import is_bare
from wftui.model.forms.unions import Union
from wftui.model.json.equality import is_same
from wftui.model.schema.json_schema import MISSING

PLACEHOLDER = "…"
"""Placeholder of a secret, and of a value too big for a line."""


def run_command(beginning: Sequence[str], root: FormNode) -> str:
    """Return the command equal to a form, quoted for a shell.

    Defaults are left out; secrets and big values are placeholders.

    Args:
        beginning: the command without the inputs: `["wftui", "run", "report"]`.
    """
    words = [shlex.quote(word) for word in beginning]
    others: dict[str, Json] = {}
    group = root
    while isinstance(group, Union) and group.nodes:
        group = group.nodes[0]
    if not isinstance(group, Group):
        return " ".join([*words, "--input", _quoted_json(root.collect(_show))])
    for node in group.nodes:
        field, value = node.field, node.collect(_show)
        if value is MISSING or (is_same(node.collect(), field.default) and not field.conditional):
            continue
        text = assignment_text(field, value) if _is_assignable(field) else None
        if isinstance(node, Leaf) and _is_hidden(node) and _is_assignable(field):
            words += ["-i", f"{shlex.quote(field.name)}={PLACEHOLDER}"]
        elif text is not None:
            words += ["-i", f"{shlex.quote(field.name)}={shlex.quote(text)}"]
        elif field.rest and isinstance(value, dict):
            others = {**value, **others}
        else:
            others[PLACEHOLDER if field.rest else field.name] = value
    named = group.collect(_show)
    others.update({name: named[name] for name in group.unknown})
    if others:
        words += ["--input", _quoted_json(others)]
    return " ".join(words)


def _is_assignable(field: FormField) -> bool:
    """Return whether `-i key=` can name a field.

    A key that begins with a minus sign would be an option, and the first `=` begins the value.
    """
    name = field.name
    is_plain = bool(name) and name.isprintable() and "=" not in name and not name.startswith("-")
    return is_plain and not field.rest and not field.conditional


def assignment_text(field: FormField, value: Json) -> str | None:
    """Return the text after `-i key=` for a value; None if it needs `--input`.

    A field for text takes the text as it is (`null` where null is allowed), any other takes JSON, and a field without a
    type also bare words as text. A leading @ would name a file.
    """
    variants = (field.shape or field).variants
    if field.types is None and variants:
        forms = [variant.field for variant in variants]
        if all(form.types is not None for form in forms) and not any(_has_type(value, form) for form in forms):
            return None  # `-i` takes the types of the forms for those of the field
    elif field.types is not None and not _has_type(value, field):
        return None
    if not isinstance(value, str) and _json(value) in [choice.value for choice in field.choices]:
        return None  # it would be read as the text that looks like it
    if field.types is None:
        bare = isinstance(value, str) and is_bare(value) and value.isprintable() and not value.startswith("@")
        return str(value) if bare else _json(value)
    if "string" not in field.types:
        return _json(value)
    if value is None and field.nullable:
        return "null"
    plain = isinstance(value, str) and value.isprintable() and not value.startswith("@")
    return value if plain and not (field.nullable and value == "null") else None


def _has_type(value: Json, field: FormField) -> bool:
    """Return whether a value has a type of its field, and is read back as it is."""
    types = field.types or frozenset()
    match value:
        case None:
            return field.nullable
        case bool():
            return "boolean" in types
        case int():
            return bool(types & {"integer", "number"})
        case float():
            return "number" in types
        case str():
            return "string" in types
        case list():
            return "array" in types
    return "object" in types


def _show(leaf: Leaf) -> Json:
    return PLACEHOLDER if _is_hidden(leaf) else leaf.value


def _is_hidden(leaf: Leaf) -> bool:
    return leaf.field.secret or leaf.is_big


def _json(value: Json) -> str:
    """Return the JSON of a value, with escapes for characters that are not printable."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _quoted_json(value: Json) -> str:
    return shlex.quote(_json(value if value is not MISSING else {}))
