"""Functions, methods and names of other languages, and their equivalents."""

from collections.abc import Container

_FILTERS = {
    "len": "length",
    "size": "length",
    "str": "string",
    "tostring": "string",
    "parsejson": "fromjson",
    "loads": "fromjson",
    "dumps": "tojson",
    "stringify": "tojson",
    "jsonencode": "tojson",
    "jsondecode": "fromjson",
    "sorted": "sort",
    "tolowercase": "lower",
    "lowercase": "lower",
    "touppercase": "upper",
    "uppercase": "upper",
    "strip": "trim",
    "parseint": "int",
    "parsefloat": "float",
    "tonumber": "float",
    "number": "float",
    "ceil": "round(0, 'ceil')",
    "floor": "round(0, 'floor')",
    "filter": "select",
    "distinct": "unique",
    "flat": "flatten",
    "reversed": "reverse",
    "encodeuricomponent": "urlencode",
    "entries": "items",
    "fromentries": "fromitems",
    "dateadd": "add_time",
    "formatdate": "strftime",
    "find": "selectattr",
}
_FORMS = {
    "dict": '{"name": value}',
    "get": "value.name | default(...)",
    "coalesce": "a | default(b)",
    "ifnull": "a | default(b)",
    "contains": "part in value",
    "includes": "part in value",
    "has": "name in value",
    "haskey": "name in value",
    "isset": "value is defined",
    "exists": "value is defined",
    "isempty": "value is empty",
    "isnull": "value is none",
    "concat": "a ~ b, or a + b for lists",
    "substring": "text[0:3]",
    "substr": "text[0:3]",
    "any": "values | select | length > 0",
    "all": "values | reject('truthy') | length == 0",
    "iif": "a if condition else b",
    "success": 'the key "join": "all_success" of the step',
    "failure": 'the key "join": "any_failed" of the step',
    "always": 'the key "join": "all_done" of the step',
    "push": "values + [value]",
    "append": "values + [value]",
}
_ROOTS = {
    "params": "inputs",
    "parameters": "inputs",
    "arguments": "inputs",
    "args": "inputs",
    "flowinput": "inputs",
    "outputs": "steps",
    "results": "steps",
    "tasks": "steps",
    "jobs": "steps",
    "needs": "steps",
    "execution": "run",
    "secret": "secrets",
    "variables": "vars",
    "envs": "env",
    "getenv": "env",
}


def instead_of_call(name: str, filters: Container[str]) -> str | None:
    """Return what to write instead of a function or method, if it is known."""
    simple = _simple(name)
    if name in filters:
        return f"value | {name}"
    if simple in _FORMS:
        return _FORMS[simple]
    return f"value | {_FILTERS[simple]}" if simple in _FILTERS else None


def filter_for(name: str, filters: Container[str]) -> str | None:
    """Return the filter for a property or function of other languages."""
    if name in filters:
        return name
    meant = _FILTERS.get(_simple(name))
    return meant if meant in filters else None


def takes_filter(text: str, start: int, end: int) -> bool:
    """Return whether a filter behind a stretch of an expression applies to just that.

    A sign in front of it would be filtered, too; a key or a call behind it would be part of the filter.
    """
    return not text[:start].rstrip().endswith("-") and not text[end:].lstrip().startswith((".", "[", "("))


def instead_of_root(name: str) -> str | None:
    """Return the name that other products call so, if it is known."""
    return _ROOTS.get(_simple(name))


def _simple(name: str) -> str:
    return name.lower().replace("_", "")
