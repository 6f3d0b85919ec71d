"""The `wftui run` command that is equal to a filled-in form."""

import json
import shlex
from collections.abc import Sequence

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.state import Group, Leaf, Node
from wftui.model.forms.text import is_bare
from wftui.model.schema.json_schema import MISSING

PLACEHOLDER = "…"
"""Placeholder of a secret, and of a value too big for a line."""


def run_command(beginning: Sequence[str], root: Node) -> str:
    """Return the command equal to a form, quoted for a shell.

    Defaults are left out; secrets and big values are placeholders.

    Args:
        beginning: the command without the inputs: `["wftui", "run", "report"]`.
    """
    words = [shlex.quote(word) for word in beginning]
    others: dict[str, Json] = {}
    if not isinstance(root, Group):
        return " ".join([*words, "--input", _quoted_json(root.collect(_show))])
    for node in root.nodes:
        if not node.differs():
            continue
        value = node.collect(_show)
        text = None if node.field.rest else assignment_text(node.field, value)
        if isinstance(node, Leaf) and not node.field.rest and _is_hidden(node):
            words += ["-i", f"{shlex.quote(node.field.name)}={PLACEHOLDER}"]
        elif text is not None:
            words += ["-i", f"{shlex.quote(node.field.name)}={shlex.quote(text)}"]
        elif node.field.rest and isinstance(value, dict):
            others.update(value)
        else:
            others[node.field.name or PLACEHOLDER] = value
    others.update(root.unknown)
    if others:
        words += ["--input", _quoted_json(others)]
    return " ".join(words)


def assignment_text(field: FormField, value: Json) -> str | None:
    """Return the text after `-i key=` for a value; None if it needs `--input`.

    A field for text takes the text as it is (`null` where null is allowed), any other takes JSON, and a field without a
    type also bare words as text. A leading @ would name a file.
    """
    if "=" in field.name or not field.name:
        return None
    if field.types is None:
        bare = isinstance(value, str) and is_bare(value) and not value.startswith("@")
        return str(value) if bare else _json(value)
    if "string" not in field.types:
        return _json(value)
    if value is None and field.nullable:
        return "null"
    plain = isinstance(value, str) and value.isprintable() and not value.startswith("@")
    return value if plain and not (field.nullable and value == "null") else None


def _show(leaf: Leaf) -> Json:
    return PLACEHOLDER if _is_hidden(leaf) else leaf.value


def _is_hidden(leaf: Leaf) -> bool:
    return leaf.field.secret or leaf.is_big


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quoted_json(value: Json) -> str:
    return shlex.quote(_json(value if value is not MISSING else {}))
