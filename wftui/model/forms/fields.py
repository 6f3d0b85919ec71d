"""A JSON Schema as fields of a form.

Every schema gives a form: what cannot be shown as fields is a field for JSON.

Pure data: screens decide on the look of a field; `forms.state` holds its input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wftui.model.base import Json
from wftui.model.schema import facets as schema_facets
from wftui.model.schema.facets import Facets, ValueChoice
from wftui.model.schema.json_schema import MISSING, SchemaNode, accepts_null, as_list, as_object, default_of, facets
from wftui.model.schema.secret_schema import holds_secret

FieldKind = Literal[
    "text", "multiline", "integer", "number", "boolean", "choice", "choices", "list", "map", "group", "json"
]

MAX_DEPTH = 6
"""Groups and lists inside each other; one that is deeper is a field for JSON."""
MAX_FIELDS = 2_000
"""Fields of one form; once there are so many, further groups are fields for JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field.

    Attributes:
        name: its key in the object it belongs to; "" for the whole form and for items of a list.
        kind: the kind of its value. `choice` is one of `choices`, `choices` any number of them, `list` has items like
            `item`, `map` an object whose names a person gives and whose values are like the second field of `item`,
            `group` is an object with `fields`, `json` takes anything.
        label: its name on a screen.
        hints: on the form of its value, a few words each (`1 to 100`, `date`).
        nullable: null may be given.
        secret: never shown.
        default: MISSING without one.
        step: the increment of a number.
        format: `format` of the schema, for a text.
        types: the JSON types of its value, null aside; None when it may be any.
        rest: for `json` in a group: contains all properties of the group without a field of their own.
        bindable: an expression, `{{ … }}`, is accepted instead of a value of any type.
    """

    name: str
    kind: FieldKind
    label: str
    description: str = ""
    hints: tuple[str, ...] = ()
    required: bool = False
    nullable: bool = False
    secret: bool = False
    default: Json = MISSING
    examples: tuple[Json, ...] = ()
    choices: tuple[ValueChoice, ...] = ()
    fields: tuple["FormField", ...] = ()
    item: "FormField | None" = None
    step: float = 1
    minimum: float | None = None
    maximum: float | None = None
    format: str = ""
    types: frozenset[str] | None = None
    rest: bool = False
    bindable: bool = False

    @property
    def takes_text(self) -> bool:
        """Return whether its value may be a text."""
        return self.types is None or "string" in self.types


def form_of(schema: Json) -> FormField:
    """Return the form: a group of fields, or one JSON field if it is not an object."""
    form = _Builder().field(SchemaNode.root(schema), "", _Around())
    return form if form.kind == "group" else replace(form, label=form.label or "Inputs", description="", required=True)


def needs_input(schema: Json) -> bool:
    """Return whether the schema names any inputs."""
    form = form_of(schema)
    return bool(form.fields) or form.kind != "group"


def with_bindings(field: FormField) -> FormField:
    """Return the field, and all in it, changed to take expressions as well."""
    inner = tuple(with_bindings(each) for each in field.fields)
    item = None if field.item is None else with_bindings(field.item)
    if field.kind == "map" and item is not None and field.item is not None:
        item = replace(item, fields=(field.item.fields[0], *item.fields[1:]))  # names are never evaluated
    return replace(field, bindable=True, fields=inner, item=item)


def as_json_field(field: FormField) -> FormField:
    """Return the field as a JSON field, for a value of another shape."""
    return replace(field, kind="json", fields=(), item=None, choices=())


@dataclass(frozen=True, slots=True)
class _Around:
    """The context of a field: the schemas around it, by identity, and the depth."""

    schemas: frozenset[int] = frozenset()
    depth: int = 0
    secret: bool = False

    def inside(self, parts: Facets, *, secret: bool) -> "_Around":
        return _Around(self.schemas | {id(part.contents) for part in parts}, self.depth + 1, secret)


class _Builder:
    """Builder of fields, which counts them."""

    def __init__(self) -> None:
        self._made = 0

    def field(self, node: SchemaNode, name: str, around: _Around, *, required: bool = False) -> FormField:
        made = self._field(node, name, around, required=required)
        # A value written as JSON shows its secrets too.
        return replace(made, secret=True) if made.kind == "json" and not made.secret and holds_secret(node) else made

    def _field(self, node: SchemaNode, name: str, around: _Around, *, required: bool = False) -> FormField:
        parts = list(facets(node))
        types = schema_facets.types(parts)
        if not around.depth and (types is None or "object" in types):
            types = {"object"}  # inputs are always an object
        field = FormField(
            name=name,
            kind="json",
            label=schema_facets.label(parts, name),
            description=schema_facets.text(parts, "description"),
            hints=(*schema_facets.json_hint(types), *schema_facets.hints(parts)),
            required=required,
            nullable=_speaks_of_null(parts) and accepts_null(node),
            secret=around.secret or _is_secret(parts),
            default=default_of(node),
            examples=schema_facets.examples(parts),
            format=schema_facets.text(parts, "format"),
            types=None if types is None else frozenset(types),
        )
        self._made += 1
        choices = schema_facets.choices(parts)
        if choices:
            return replace(field, kind="choice", choices=choices, hints=schema_facets.hints(parts))
        if types == {"object"} or (types == {"array"} and not schema_facets.depends_on_value(parts)):
            return self._composed(parts, field, around, whole_group=types == {"object"})
        return _simple(parts, field, types)

    def _composed(self, parts: Facets, field: FormField, around: _Around, *, whole_group: bool) -> FormField:
        if around.depth >= MAX_DEPTH or self._made >= MAX_FIELDS:
            return field
        if around.schemas & {id(part.contents) for part in parts}:
            return field
        inner = around.inside(parts, secret=field.secret)
        return self._group(parts, field, inner) if whole_group else self._list(parts, field, inner)

    def _list(self, parts: Facets, field: FormField, inner: _Around) -> FormField:
        items = next((part for part in parts if isinstance(part.contents.get("items"), Mapping)), None)
        if items is None or schema_facets.first(parts, "prefixItems") is not MISSING:
            return field
        item = self.field(items.below(items.contents["items"]), "", inner, required=True)
        if item.kind == "choice" and not item.nullable and schema_facets.first(parts, "uniqueItems") is True:
            return replace(field, kind="choices", choices=item.choices, hints=schema_facets.sizes(parts))
        if item.kind in ("list", "choices", "map") or (item.kind == "json" and not item.takes_text):
            return field
        return replace(field, kind="list", item=item, hints=schema_facets.hints(parts))

    def _map(self, parts: Facets, field: FormField, inner: _Around) -> FormField:
        """Return pairs of name and value for an object without named properties."""
        if schema_facets.first(parts, "patternProperties") is not MISSING:
            return field
        others = next((part for part in parts if part.contents.get("additionalProperties") is not None), None)
        contents = True if others is None else others.contents["additionalProperties"]
        if contents is False:
            return field
        node = parts[0] if others is None else others
        value = replace(self.field(node.below(contents), "value", inner, required=True), label="Value")
        if value.kind in ("list", "choices", "map"):
            value = as_json_field(value)
        name = FormField(name="name", kind="text", label="Name", required=True, types=frozenset({"string"}))
        pair = FormField(name="", kind="group", label="", required=True, fields=(name, value))
        return replace(field, kind="map", item=pair, secret=field.secret or value.secret, hints=())

    def _group(self, parts: Facets, field: FormField, inner: _Around) -> FormField:
        needed = {name for part in parts for name in as_list(part.contents.get("required")) if isinstance(name, str)}
        properties: dict[str, list[SchemaNode]] = {}
        for part in parts:
            for name, contents in as_object(part.contents.get("properties")).items():
                if contents is not False:
                    properties.setdefault(name, []).append(part.below(contents))
        fields = [
            self.field(_merged(nodes), name, inner, required=name in needed) for name, nodes in properties.items()
        ]
        if not fields and inner.depth > 1:
            return self._map(parts, field, inner) if not (needed or schema_facets.depends_on_value(parts)) else field
        unnamed = sorted(needed - properties.keys())
        if unnamed or schema_facets.depends_on_value(parts) or _takes_others(parts):
            fields.append(_rest(unnamed, alone=not fields, secret=any(map(_hides_others, parts))))
        return replace(field, kind="group", fields=tuple(fields), hints=())


def _simple(parts: Facets, field: FormField, types: set[str] | None) -> FormField:
    """Return a field for a scalar; for JSON if the schema allows several types."""
    if types == {"string"}:
        return replace(field, kind="multiline" if schema_facets.wants_lines(parts) and not field.secret else "text")
    if types == {"boolean"}:
        return replace(field, kind="boolean")
    if types in ({"integer"}, {"number"}):
        step = schema_facets.number(parts, "multipleOf")
        return replace(
            field,
            kind="integer" if types == {"integer"} else "number",
            step=step if step and step > 0 else 1,
            minimum=schema_facets.number(parts, "minimum"),
            maximum=schema_facets.number(parts, "maximum"),
        )
    if types == set():
        return replace(field, kind="choice", choices=(ValueChoice(None, "null"),), nullable=False)
    return field


def _merged(nodes: Sequence[SchemaNode]) -> SchemaNode:
    """Return one schema for a property that several facets describe."""
    return nodes[0] if len(nodes) == 1 else nodes[0].below({"allOf": [node.contents for node in nodes]})


def _speaks_of_null(parts: Facets) -> bool:
    """Return whether null can be intended: untyped schemas accept it by accident."""
    return any(part.contents.keys() & {"type", "enum", "const", "anyOf", "oneOf"} for part in parts)


def _is_secret(parts: Facets) -> bool:
    return any(part.contents.get("writeOnly") is True or part.contents.get("format") == "password" for part in parts)


def _takes_others(parts: Facets) -> bool:
    """Return whether the schema describes properties that it does not name."""
    return any(
        as_object(part.contents.get("additionalProperties")) or as_object(part.contents.get("patternProperties"))
        for part in parts
    )


def _hides_others(part: SchemaNode) -> bool:
    """Return whether a property without a name in the schema can be secret."""
    others = {key: value for key, value in part.contents.items() if key not in _OF_OTHER_FACETS}
    return holds_secret(part.below(others))


_OF_OTHER_FACETS = frozenset({"properties", "$ref", "$dynamicRef", "allOf"})


def _rest(needed: Sequence[str], *, alone: bool, secret: bool) -> FormField:
    return FormField(
        name="",
        kind="json",
        label="Inputs" if alone else "More",
        description="A JSON object." if alone else "A JSON object with further properties.",
        hints=(f"needs {', '.join(needed)}",) if needed else (),
        required=bool(needed),
        types=frozenset({"object"}),
        rest=True,
        secret=secret,
    )
