"""Cover secrets and big values of a form for editing as JSON, and uncover them."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.forms.addresses import leaves
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.schema.json_schema import MISSING

COVER = "••••••"
"""The cover of a secret."""
BIG_COVER = "… (a big value, kept as it is)"
"""The cover of a value that is too big to edit."""


def covered(root: FormNode) -> tuple[Json, dict[str, Json]]:
    """Return the value with a cover for each secret and big value, and the covered."""
    hidden: dict[str, Json] = {}

    def show(leaf: Leaf) -> Json:
        if not (leaf.field.secret or leaf.is_big):
            return leaf.value
        cover = COVER if leaf.field.secret else BIG_COVER
        if cover in hidden:
            cover = f"{cover} {len(hidden) + 1}"
        hidden[cover] = leaf.value
        return cover

    return root.collect(show), hidden


def uncovered(value: Json, hidden: Mapping[str, Json]) -> Json:
    """Return the value with covers replaced by what they cover."""
    if isinstance(value, str):
        return hidden.get(value, value)
    if isinstance(value, list):
        return [uncovered(item, hidden) for item in value]
    if isinstance(value, Mapping):
        return {name: uncovered(item, hidden) for name, item in value.items()}
    return value


def forget_secrets(root: FormNode) -> None:
    """Clear all secrets: inputs of an earlier run have masks instead of them."""
    for leaf in leaves(root):
        if leaf.field.secret:
            leaf.give(MISSING)
