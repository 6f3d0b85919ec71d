"""A JSON Schema as fields of a form.

Every schema gives a form: what cannot be shown as fields is a field for JSON. What most values do not need (the other
variants, another level of a recursive schema) is built when it is first asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wftui.model.base import Json
from wftui.model.forms.fields import FormField, Variant
from wftui.model.forms.parts import (
    hides_others,
    is_secret,
    leading_items,
    merged,
    name_hints,
    others_of,
    properties_of,
    rest_field,
    simple_field,
    speaks_of_null,
    takes_others,
)
from wftui.model.schema import branches
from wftui.model.schema import facets as schema_facets
from wftui.model.schema.branches import SchemaBranch
from wftui.model.schema.facets import Facets
from wftui.model.schema.json_schema import MISSING, SchemaNode, accepts_null, as_list, default_of, facets
from wftui.model.schema.matching import SchemaMatcher
from wftui.model.schema.secret_schema import holds_secret

MAX_DEPTH = 8
"""Groups and lists inside each other; one that is deeper is a field for JSON."""
MAX_FIELDS = 2_000
"""Fields built at once; once there are this many, further groups are fields for JSON."""


def form_of(schema: Json, *, bindable: bool = False) -> FormField:
    """Return the form: fields, or one JSON field if it is not an object.

    Args:
        bindable: every field also takes an expression.
    """
    builder = _Builder(SchemaMatcher(schema), bindable)
    form = builder.field(SchemaNode.root(schema), "", _Around())
    whole = form.kind in ("group", "union")
    return form if whole else replace(form, label=form.label or "Inputs", description="", required=True)


def needs_input(schema: Json) -> bool:
    """Return whether the schema names any inputs."""
    return asks(form_of(schema))


def asks(form: FormField) -> bool:
    """Return whether a form has fields."""
    return bool(form.fields) or form.kind != "group" or form.live is not None


@dataclass(frozen=True, slots=True)
class _Around:
    """The context of a field.

    Attributes:
        schemas: the schemas around it, by identity.
        depth: the groups and lists around it.
        turns: the unions around it.
        secret: everything in it is secret.
        conditional: it is in a variant, whose defaults nobody else fills in.
        constants: the properties that tell the variant from the others.
        own: how many of the facets are the variant's; its properties come after those of all variants.
    """

    schemas: frozenset[int] = frozenset()
    depth: int = 0
    turns: int = 0
    secret: bool = False
    conditional: bool = False
    constants: frozenset[str] = frozenset()
    own: int = 0

    def inside(self, parts: Facets, *, secret: bool) -> "_Around":
        schemas = self.schemas | {id(part.contents) for part in parts}
        return replace(self, schemas=schemas, depth=self.depth + 1, secret=secret)

    def variant(self, constants: Iterable[str], own: int, *, secret: bool) -> "_Around":
        names = self.constants.union(constants)
        return _Around(frozenset(), self.depth, self.turns + 1, secret, conditional=True, constants=names, own=own)

    def below(self) -> "_Around":
        """Return the context of a property."""
        return replace(self, constants=frozenset(), own=0)


class _Builder:
    """Builder of fields, which counts them."""

    def __init__(self, matcher: SchemaMatcher, bindable: bool) -> None:
        self._matcher = matcher
        self._bindable = bindable
        self._made = 0

    def field(self, node: SchemaNode, name: str, around: _Around, *, required: bool = False) -> FormField:
        """Return the field of a schema."""
        parts = list(facets(node))
        nullable = (speaks_of_null(parts) or branches.offer_null(parts)) and accepts_null(node)
        return self._of_parts(parts, name, around, required=required, nullable=nullable, default=default_of(node))

    def _of_parts(
        self, parts: Facets, name: str, around: _Around, *, required: bool, nullable: bool, default: Json
    ) -> FormField:
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
            nullable=nullable,
            secret=around.secret or is_secret(parts),
            default=default,
            examples=schema_facets.examples(parts),
            format=schema_facets.text(parts, "format"),
            types=None if types is None else frozenset(types),
            bindable=self._bindable,
            conditional=around.conditional,
        )
        self._made += 1
        made = self._shaped(parts, field, types, around)
        if (made.kind == "json" or made.live) and not made.secret and any(map(holds_secret, parts)):
            # A value written as JSON shows its secrets too, and so does one whose condition is not met.
            return replace(made, secret=True) if made.kind == "json" else replace(made, hides=True)
        return made

    def _shaped(self, parts: Facets, field: FormField, types: set[str] | None, around: _Around) -> FormField:
        choices = schema_facets.choices(parts)
        if choices:
            return replace(field, kind="choice", choices=choices, hints=schema_facets.hints(parts))
        forms = branches.listed(parts) or (branches.by_type(parts) if around.depth else [])
        if forms:
            return self._union(forms, replace(field, hides=any(map(holds_secret, parts))), around)
        if types in ({"object"}, {"array"}):
            return self._composed(parts, field, around, whole_group=types == {"object"})
        simple = simple_field(parts, field, types)
        scalars = branches.scalar_types(parts) if simple.kind == "json" and types is None else set()
        if not scalars:
            return simple
        return replace(simple, hints=(*schema_facets.json_hint(scalars), *schema_facets.hints(parts)))

    def _union(self, forms: Sequence[SchemaBranch], field: FormField, around: _Around) -> FormField:
        if around.turns >= MAX_DEPTH or around.depth > MAX_DEPTH:
            return field
        variants = tuple(self._variant(branch, field, around) for branch in forms)
        base = self._base(forms[0].parts[forms[0].own :], field, around)
        return replace(field, kind="union", variants=variants, hints=(), base=base)

    def _base(self, parts: Facets, field: FormField, around: _Around) -> FormField | None:
        """Return the group of the properties that all variants have; None without any."""
        if not any(map(properties_of, parts)):
            return None
        inner = around.variant((), 0, secret=field.secret)
        made = self._of_parts(parts, field.name, inner, required=field.required, nullable=False, default=MISSING)
        return replace(made, label=field.label, hides=field.hides) if made.kind == "group" else None

    def _variant(self, branch: SchemaBranch, field: FormField, around: _Around) -> Variant:
        inner = around.variant(branch.constants, branch.own, secret=field.secret)

        def make() -> FormField:
            default = schema_facets.first(branch.parts[: branch.own], "default")
            made = self._later()._of_parts(
                branch.parts, field.name, inner, required=True, nullable=False, default=default
            )
            return replace(made, label=field.label, hides=field.hides or made.hides)

        return Variant(
            branch.label,
            branch.description,
            make,
            lambda value: self._matcher.fits(branch.node, value),
            constants=branch.constants,
            place=branch.place,
            among=branch.among,
        )

    def _later(self) -> "_Builder":
        """Return a builder with a separate count."""
        return _Builder(self._matcher, self._bindable)

    def _composed(self, parts: Facets, field: FormField, around: _Around, *, whole_group: bool) -> FormField:
        if around.depth >= MAX_DEPTH or self._made >= MAX_FIELDS:
            return field
        if around.schemas & {id(part.contents) for part in parts}:
            return self._deferred(parts, field, around, whole_group=whole_group)
        inner = around.inside(parts, secret=field.secret)
        return self._group(parts, field, inner) if whole_group else self._list(parts, field, inner)

    def _deferred(self, parts: Facets, field: FormField, around: _Around, *, whole_group: bool) -> FormField:
        """Return another level of a recursive schema as its only variant."""
        # Built only where it is asked for, so it has its own allowance of levels; `turns` bounds them all.
        inner = replace(around.variant((), 0, secret=field.secret), depth=0).inside(parts, secret=field.secret)
        # The union that holds the level shows its description.
        plain = replace(field, required=True, nullable=False, default=MISSING, description="")

        def make() -> FormField:
            builder = self._later()
            return builder._group(parts, plain, inner) if whole_group else builder._list(parts, plain, inner)

        kind = dict if whole_group else list
        variant = Variant("fields", "", make, lambda value: isinstance(value, kind))
        return replace(field, kind="union", variants=(variant,), hints=())

    def _list(self, parts: Facets, field: FormField, inner: _Around) -> FormField:
        leading = leading_items(parts)
        items = next((part for part in parts if isinstance(part.contents.get("items"), Mapping | bool)), None)
        others = next(
            (part for part in parts if isinstance(part.contents.get("additionalItems"), Mapping | bool)), None
        )
        if leading:
            return self._tuple(leading, others if items is None else items, field, inner)
        if items is not None and items.contents["items"] is False:
            return field
        contents = True if items is None else items.contents["items"]
        node = parts[0].below(True) if items is None else items.below(contents)
        item = self.field(node, "", inner, required=True)
        if item.kind == "choice" and not item.nullable and schema_facets.first(parts, "uniqueItems") is True:
            return replace(field, kind="choices", choices=item.choices, hints=schema_facets.sizes(parts))
        return replace(field, kind="list", item=item, hints=schema_facets.hints(parts))

    def _tuple(
        self, leading: Sequence[SchemaNode], others: SchemaNode | None, field: FormField, inner: _Around
    ) -> FormField:
        fields = [self.field(each, str(place), inner, required=False) for place, each in enumerate(leading)]
        fields = [
            each if each.label != each.name else replace(each, label=str(place)) for place, each in enumerate(fields, 1)
        ]
        contents = None if others is None else others.contents.get("items", others.contents.get("additionalItems"))
        if isinstance(others, SchemaNode) and isinstance(contents, Mapping):
            item = self.field(others.below(contents), "", inner, required=True)
            fields.append(
                FormField(
                    name="",
                    kind="list",
                    label="More",
                    item=item,
                    rest=True,
                    types=frozenset({"array"}),
                    bindable=self._bindable,
                )
            )
        return replace(field, kind="tuple", fields=tuple(fields), hints=())

    def _map(self, parts: Facets, field: FormField, inner: _Around) -> FormField:
        """Return pairs of name and value for an object without named properties."""
        pair = self._pair(parts, inner)
        return (
            field
            if pair is None
            else replace(
                field, kind="map", item=pair, secret=field.secret or pair.fields[1].secret, hints=name_hints(parts)
            )
        )

    def _pair(self, parts: Facets, inner: _Around) -> FormField | None:
        """Return the row of a property without a field; None if there can be none."""
        contents, around = others_of(parts)
        if contents is False or around is None:
            return None
        below = inner.below()
        value = replace(self.field(around.below(contents), "value", below, required=True), label="Value")
        if value.kind == "json" and any(map(hides_others, parts)):
            value = replace(value, secret=True)
        name = FormField(name="name", kind="text", label="Name", required=True, types=frozenset({"string"}))
        return FormField(name="", kind="group", label="", required=True, fields=(name, value), bindable=self._bindable)

    def _group(self, parts: Facets, field: FormField, inner: _Around) -> FormField:
        found = self._fields(parts, (), set(), inner, {})
        live = self._live(parts, inner) if branches.has_conditions(parts) else None
        if all(each.rest for each in found) and live is None and inner.depth > 1:
            return self._map(parts, field, inner)
        return replace(field, kind="group", fields=found, hints=(), live=live)

    def _live(self, parts: Facets, inner: _Around) -> Callable[[Mapping[str, Json]], tuple[FormField, ...]]:
        made: dict[object, FormField] = {}
        known: dict[object, tuple[FormField, ...]] = {}

        def fields(value: Mapping[str, Json]) -> tuple[FormField, ...]:
            extra, required = branches.applied(parts, value, self._matcher)
            key = (tuple(id(each.part.contents) for each in extra), frozenset(required))
            if key not in known:
                known[key] = self._later()._fields(parts, extra, required, inner, made)
            return known[key]

        return fields

    def _fields(
        self,
        parts: Facets,
        extra: Sequence[branches.Applied],
        more_required: set[str],
        inner: _Around,
        made: dict[object, FormField],
    ) -> tuple[FormField, ...]:
        """Return the fields of an object, with those that its value asks for.

        Args:
            made: fields made before, so that the same schemas give the same field.
        """
        below = inner.below()
        everything = [*parts, *(each.part for each in extra)]
        listed = [name for part in everything for name in as_list(part.contents.get("required"))]
        needed = {name for name in listed if isinstance(name, str)} | more_required
        order = [name for part in (*parts[inner.own :], *parts[: inner.own]) for name in properties_of(part)]
        properties: dict[str, list[SchemaNode]] = {name: [] for name in order}
        for part in parts:
            for name, contents in properties_of(part).items():
                properties[name].append(part.below(contents))
        always = set(properties)
        contents, around = others_of(parts)
        named = {name for each in extra for name in properties_of(each.part)} | always
        for name in sorted(needed - named):
            if around is not None and contents is not False:
                properties[name] = [around.below(contents)]
        for each in extra:
            for name, inside in properties_of(each.part).items():
                if not (name in each.deciding and name in always):
                    properties.setdefault(name, []).append(each.part.below(inside))
        fields = []
        for name, nodes in properties.items():
            key = (name, name in needed, tuple(id(node.contents) for node in nodes))
            if key not in made:
                field = self.field(merged(nodes), name, below, required=name in needed)
                is_fixed = name in inner.constants and len(field.choices) == 1
                conditional = field.conditional or (bool(extra) and name not in always)
                made[key] = replace(field, fixed=is_fixed, conditional=conditional)
            fields.append(made[key])
        if contents is not False and around is not None and (takes_others(parts) or (not fields and inner.depth == 1)):
            if "rest" not in made and (pair := self._pair(parts, inner)) is not None:
                made["rest"] = rest_field(pair, alone=not fields, bindable=self._bindable)
            if "rest" in made and (fields or takes_others(parts)):
                fields.append(made["rest"])
        return tuple(fields)
