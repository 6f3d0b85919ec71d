"""The forms of a value that suit it."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.json.equality import is_same


def suits(field: FormField, value: Json, most: int) -> bool:
    """Return whether a value can be shown in a field of its kind.

    Args:
        most: items of a list that are shown as fields.
    """
    match field.kind:
        case "group":
            return isinstance(value, Mapping)
        case "map":
            return isinstance(value, Mapping) and len(value) <= most
        case "list":
            return isinstance(value, list) and len(value) <= most
        case "tuple":
            places = sum(not inner.rest for inner in field.fields)
            is_open = places < len(field.fields)
            return isinstance(value, list) and (len(value) <= places or (is_open and len(value) <= most))
        case "union":
            return variant_of(field, value, most) is not None
        case "boolean":
            return isinstance(value, bool)
        case "choice":
            return _is_among(value, field)
        case "choices":
            return isinstance(value, list) and all(_is_among(item, field) for item in value)
    return True


def variant_of(field: FormField, value: Json, most: int) -> int | None:
    """Return the place of the variant of a value; None if it has the shape of none.

    A value that fits none of them exactly has the one of its constants, or else the one that knows most of its names.
    """
    places = range(len(field.variants))
    for place in places:
        variant = field.variants[place]
        if variant.fits(value) and suits(variant.field, value, most):
            return place
    if isinstance(value, Mapping):
        for place in places:
            constants = field.variants[place].constants
            told = [name for name in constants if name in value]
            if told and all(is_same(value[name], constants[name]) for name in told):
                return place
    alike = [place for place in places if is_alike(field.variants[place].field, value, most)]
    return max(alike, key=lambda place: (_known(field.variants[place].field, value), -place), default=None)


def is_alike(field: FormField, value: Json, most: int) -> bool:
    """Return whether a value is of the kind of a field, be it valid or not."""
    if field.kind in ("text", "multiline"):
        return isinstance(value, str)
    if field.kind in ("integer", "number"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return suits(field, value, most)


def _known(field: FormField, value: Json) -> int:
    """Return how many names of a value a field knows."""
    return len({inner.name for inner in field.fields} & value.keys()) if isinstance(value, Mapping) else 0


def _is_among(value: Json, field: FormField) -> bool:
    return any(is_same(value, choice.value) for choice in field.choices)
