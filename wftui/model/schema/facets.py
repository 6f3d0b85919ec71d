"""The facets of one schema taken together: types, choices, limits and labels."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wftui.model.base import Json
from wftui.model.schema.formats import FORMATS
from wftui.model.schema.json_schema import MISSING, SchemaNode, as_list, as_object, is_null_schema

MULTILINE_LENGTH = 300
"""Text that may be this long (`maxLength`) is edited over several lines."""
_MULTILINE_FORMATS = frozenset({"multiline", "multi-line", "textarea", "markdown", "code", "html", "sql", "yaml"})
_LONGEST_PATTERN = 40
_SHOWN_WHOLE = 10**20

Facets = Sequence[SchemaNode]
"""The facets of one schema, nearest first (`json_schema.facets`)."""


@dataclass(frozen=True, slots=True)
class ValueChoice:
    """A value to choose, with its label."""

    value: Json
    label: str
    description: str = ""


def first(parts: Facets, keyword: str) -> Json:
    """Return the keyword's value in the nearest facet; MISSING without one."""
    return next((part.contents[keyword] for part in parts if keyword in part.contents), MISSING)


def text(parts: Facets, keyword: str) -> str:
    """Return the keyword's text in the nearest facet; "" without one."""
    found = next((part.contents.get(keyword) for part in parts if isinstance(part.contents.get(keyword), str)), "")
    return str(found).strip()


def number(parts: Facets, keyword: str) -> float | None:
    """Return the keyword's number in the nearest facet; None without one."""
    found = first(parts, keyword)
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def types(parts: Facets) -> set[str] | None:
    """Return the allowed JSON types besides null; None if any is allowed.

    Without `type`, keywords that apply to one type only imply it.
    """
    allowed: frozenset[str] | None = None
    for part in parts:
        declared = part.contents.get("type")
        if isinstance(declared, str | list):
            these = _KNOWN_TYPES.intersection(
                name for name in (declared if isinstance(declared, list) else [declared]) if isinstance(name, str)
            )
            if not these:
                continue
            if "number" in these:
                these |= {"integer"}
            allowed = these if allowed is None else allowed & these
    if allowed is None:
        return _implied_types(parts)
    return set(allowed - {"null"} - ({"integer"} if "number" in allowed else set()))


_KNOWN_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})


def _implied_types(parts: Facets) -> set[str] | None:
    for name, keywords in _IMPLYING.items():
        if any(first(parts, keyword) is not MISSING for keyword in keywords):
            return {name}
    return None


_IMPLYING = {
    "object": ("properties", "patternProperties"),
    "array": ("items", "prefixItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def choices(parts: Facets) -> tuple[ValueChoice, ...] | None:
    """Return the choices that the schema lists, without null; None without a list."""
    for part in parts:
        contents = part.contents
        if isinstance(contents.get("enum"), list):
            return _told_apart(_enum_choices(contents))
        if "const" in contents:
            return (_choice(contents["const"], contents),)
        for keyword in ("oneOf", "anyOf"):
            found = _constant_choices(as_list(contents.get(keyword)))
            if found:
                return _told_apart(found)
    return None


def _told_apart(found: tuple[ValueChoice, ...]) -> tuple[ValueChoice, ...]:
    """Quote texts that could be taken for another value, or for none."""
    others = not all(isinstance(choice.value, str) for choice in found)
    return tuple(
        replace(choice, label=json.dumps(choice.value, ensure_ascii=False))
        if choice.label == choice.value and (others or not choice.value.strip() or not choice.value.isprintable())
        else choice
        for choice in found
    )


def _enum_choices(contents: Mapping[str, Json]) -> tuple[ValueChoice, ...]:
    names = as_list(contents.get("enumNames")) or as_list(contents.get("x-enumNames"))
    descriptions = as_list(contents.get("enumDescriptions")) or as_list(contents.get("markdownEnumDescriptions"))
    return tuple(
        ValueChoice(
            value,
            str(names[index]) if index < len(names) else literal(value),
            str(descriptions[index]) if index < len(descriptions) else "",
        )
        for index, value in enumerate(contents["enum"])
        if value is not None
    )


def _constant_choices(forms: Sequence[Json]) -> tuple[ValueChoice, ...]:
    found = []
    for form in forms:
        contents = as_object(form)
        values = [contents["const"]] if "const" in contents else as_list(contents.get("enum"))
        if len(values) == 1:
            found.append(_choice(values[0], contents))
        elif not is_null_schema(form):
            return ()
    return tuple(choice for choice in found if choice.value is not None)


def _choice(value: Json, contents: Mapping[str, Json]) -> ValueChoice:
    title = contents.get("title")
    described = contents.get("description")
    return ValueChoice(
        value,
        title if isinstance(title, str) and title else literal(value),
        described if isinstance(described, str) else "",
    )


def literal(value: Json) -> str:
    """Return a value as text: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def written(number: int | float) -> str:
    """Return a number as text; whole numbers of 64 bits have all their digits."""
    if isinstance(number, float):
        return str(int(number)) if number.is_integer() and abs(number) < _SHOWN_WHOLE else repr(number)
    return str(number) if abs(number) < _SHOWN_WHOLE else f"{Decimal(number).normalize():.6g}"


def requires_more(form: Json) -> bool:
    """Return whether a form asks for more than the presence of properties."""
    return bool(as_object(form).keys() - {"required", "title", "description"})


def wants_lines(parts: Facets) -> bool:
    """Return whether a text should be edited over several lines."""
    longest = number(parts, "maxLength")
    samples = [first(parts, "default"), *as_list(first(parts, "examples"))]
    return (
        text(parts, "format") in _MULTILINE_FORMATS
        or first(parts, "contentMediaType") is not MISSING
        or (longest is not None and longest >= MULTILINE_LENGTH)
        or any(isinstance(sample, str) and "\n" in sample for sample in samples)
    )


def label(parts: Facets, name: str) -> str:
    """Return the label of a value: its title, else its name."""
    return text(parts, "title") or name


def examples(parts: Facets) -> tuple[Json, ...]:
    """Return examples of the value: the schema's, else that of its format."""
    given = as_list(first(parts, "examples"))
    known = FORMATS.get(text(parts, "format"))
    return tuple(given) or ((known.example,) if known else ())


def hints(parts: Facets) -> tuple[str, ...]:
    """Return hints on the form of the value, a few words each."""
    found = [
        _format_hint(text(parts, "format")),
        _range(
            number(parts, "minimum"),
            number(parts, "maximum"),
            number(parts, "exclusiveMinimum"),
            number(parts, "exclusiveMaximum"),
        ),
        _multiple(number(parts, "multipleOf")),
        _count(number(parts, "minLength"), number(parts, "maxLength"), "character"),
        *sizes(parts),
        "each only once" if first(parts, "uniqueItems") is True else "",
        _pattern(text(parts, "pattern")),
        "deprecated" if first(parts, "deprecated") is True else "",
    ]
    return tuple(filter(None, found))


def sizes(parts: Facets) -> tuple[str, ...]:
    """Return a hint on the number of items, in a few words."""
    return tuple(filter(None, [_count(number(parts, "minItems"), number(parts, "maxItems"), "item")]))


def json_hint(allowed: set[str] | None) -> tuple[str, ...]:
    """Return a hint on the JSON type of a value that is edited as JSON."""
    if allowed == {"object"}:
        return ("a JSON object",)
    if allowed == {"array"}:
        return ("a JSON list",)
    if allowed is None or allowed & {"object", "array"}:
        return ("JSON",)
    return (" or ".join(label for name, label in TYPE_LABELS.items() if name in allowed),) if len(allowed) > 1 else ()


TYPE_LABELS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
}
"""Names of the types of JSON in forms."""


def _format_hint(name: str) -> str:
    return FORMATS[name].title if name in FORMATS else ""


def _range(low: float | None, high: float | None, above: float | None, below: float | None) -> str:
    if low is not None and high is not None and above is None and below is None:
        return f"{written(low)} to {written(high)}"
    lowest = ("at least", low) if above is None else ("more than", above)
    highest = ("at most", high) if below is None else ("less than", below)
    return ", ".join(f"{word} {written(limit)}" for word, limit in (lowest, highest) if limit is not None)


def _multiple(step: float | None) -> str:
    return f"in steps of {written(step)}" if step not in (None, 1) else ""


def _count(low: float | None, high: float | None, noun: str) -> str:
    if low is not None and high is not None and low > 0:
        return f"{written(low)} {noun}s" if low == high else f"{written(low)} to {written(high)} {noun}s"
    if high is not None:
        return f"at most {written(high)} {noun}{'' if high == 1 else 's'}"
    if low is not None and low > 1:
        return f"at least {written(low)} {noun}s"
    return ""


def _pattern(pattern: str) -> str:
    return f"like {pattern}" if pattern and len(pattern) <= _LONGEST_PATTERN else ""
