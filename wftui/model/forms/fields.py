"""A field of a form.

Pure data: screens decide on the look of a field; `forms.state` holds its input.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from wftui.model.base import Json
from wftui.model.schema.facets import ValueChoice
from wftui.model.schema.json_schema import MISSING

FieldKind = Literal[
    "text", "multiline", "integer", "number", "boolean", "choice", "choices", "list", "tuple", "map", "group", "union",
    "json",
]  # fmt: skip


class Variant:
    """One of the forms of a value; its field is built when it is first needed.

    Attributes:
        label: its name in the picker.
        constants: the properties whose values tell it from the others.
        fits: returns whether a value has this form.
        place: its index in `among`, the list of the schema; None for a form that is not listed.
    """

    def __init__(
        self,
        label: str,
        description: str,
        make: Callable[[], "FormField"],
        fits: Callable[[Json], bool],
        *,
        constants: Mapping[str, Json] | None = None,
        place: int | None = None,
        among: Json = None,
    ) -> None:
        self.label = label
        self.description = description
        self.fits = fits
        self.constants = constants or {}
        self.place = place
        self.among = among
        self._make = make

    @cached_property
    def field(self) -> "FormField":
        """The field of a value of this form."""
        return self._make()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field.

    Attributes:
        name: its key in the object it belongs to; "" for the whole form and for items of a list.
        kind: the kind of its value. `choice` is one of `choices`, `choices` any number of them, `list` has items like
            `item`, `tuple` begins with `fields`, `map` an object whose names a person gives and whose values are like
            the second field of `item`, `group` is an object with `fields`, `union` has one of `variants`, `json` takes
            anything.
        label: its name on a screen.
        hints: on the form of its value, a few words each (`1 to 100`, `date`).
        nullable: null may be given.
        secret: never shown.
        hides: a value inside of it may be secret.
        default: MISSING without one.
        step: the increment of a number.
        format: `format` of the schema, for a text.
        types: the JSON types of its value, null aside; None when it may be any.
        rest: in a group or a tuple: contains all that has no field of its own.
        bindable: an expression, `{{ … }}`, is accepted instead of a value of any type.
        fixed: its variant has it, with its only value.
        conditional: a schema that applies to some values only has it; its default is always written.
        live: returns the fields of a group whose properties depend on its value.
        base: for `union`, the group of the properties that all variants have.
        shape: for `json`, the field with parts that it stands for.
    """

    name: str
    kind: FieldKind
    label: str
    description: str = ""
    hints: tuple[str, ...] = ()
    required: bool = False
    nullable: bool = False
    secret: bool = False
    hides: bool = False
    default: Json = MISSING
    examples: tuple[Json, ...] = ()
    choices: tuple[ValueChoice, ...] = ()
    fields: tuple["FormField", ...] = ()
    item: "FormField | None" = None
    variants: tuple[Variant, ...] = ()
    step: float = 1
    minimum: float | None = None
    maximum: float | None = None
    format: str = ""
    types: frozenset[str] | None = None
    rest: bool = False
    bindable: bool = False
    fixed: bool = False
    conditional: bool = False
    live: "Callable[[Mapping[str, Json]], tuple[FormField, ...]] | None" = None
    base: "FormField | None" = None
    shape: "FormField | None" = None

    @property
    def takes_text(self) -> bool:
        """Return whether its value may be a text."""
        return self.types is None or "string" in self.types

    @property
    def is_composed(self) -> bool:
        """Return whether the field has inner fields."""
        return self.kind in ("list", "tuple", "map", "group", "union")


def as_json_field(field: FormField) -> FormField:
    """Return the field as a JSON field, for a value of another shape or on request."""
    shape = field.shape or (field if field.kind != "json" else None)
    secret = field.secret or holds_secrets(field)
    return replace(
        field,
        kind="json",
        fields=(),
        item=None,
        choices=(),
        variants=(),
        live=None,
        base=None,
        shape=shape,
        secret=secret,
    )


def holds_secrets(field: FormField) -> bool:
    """Return whether a value of the field may hold a secret."""
    inner = field.fields if field.item is None else (*field.fields, field.item)
    return field.secret or field.hides or any(map(holds_secrets, inner))
