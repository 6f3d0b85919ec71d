"""The value of a form with its secrets covered, to be shown and edited as JSON, and back."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.form_state import Leaf, Node, leaves
from wftui.model.json_schema import MISSING

COVER = "••••••"


def covered(root: Node) -> tuple[Json, dict[str, Json]]:
    """The value with a different cover in place of each secret, and what stands under each cover."""
    hidden: dict[str, Json] = {}

    def show(leaf: Leaf) -> Json:
        if not leaf.field.secret:
            return leaf.value
        cover = COVER if not hidden else f"{COVER} {len(hidden) + 1}"
        hidden[cover] = leaf.value
        return cover

    return root.collect(show), hidden


def uncovered(value: Json, hidden: Mapping[str, Json]) -> Json:
    """The value with the secrets back where their covers still stand."""
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
