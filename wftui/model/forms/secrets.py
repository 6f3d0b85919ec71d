"""The value of a form to be shown and edited as JSON, with its secrets and big values covered, and back."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.forms.state import Leaf, Node, leaves
from wftui.model.schema.json_schema import MISSING

COVER = "••••••"
"""What stands for a secret."""
BIG_COVER = "… (a big value, kept as it is)"
"""What stands for a value that is too big to be edited."""


def covered(root: Node) -> tuple[Json, dict[str, Json]]:
    """The value with a different cover in place of each secret and big value, and what stands under each cover."""
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
    """The value with what was covered back where their covers still stand."""
    if isinstance(value, str):
        return hidden.get(value, value)
    if isinstance(value, list):
        return [uncovered(item, hidden) for item in value]
    if isinstance(value, Mapping):
        return {name: uncovered(item, hidden) for name, item in value.items()}
    return value


def forget_secrets(root: Node) -> None:
    """Clear all secrets: inputs of an earlier run have masks in their place."""
    for leaf in leaves(root):
        if leaf.field.secret:
            leaf.give(MISSING)
