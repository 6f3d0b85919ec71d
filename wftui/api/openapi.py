"""The OpenAPI 3.1 document, made from the table of endpoints and the models."""

import re
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from wftui import __version__
from wftui.api.bodies import Health
from wftui.api.problems import Problem
from wftui.api.routes import ENDPOINTS, Endpoint
from wftui.model.base import WireModel
from wftui.model.validated import adapter_of

_REF = "#/components/schemas/{model}"
_COMMON = (400, 401, 403, 405, 421, 503)
_OF_BODIES = (413, 415, 422)
_HEADER_TEXTS = {
    "Idempotency-Key": "Makes it safe to repeat the request: the same key and inputs give the same run back.",
    "If-None-Match": "ETag of the answer that is known.",
    "Last-Event-ID": "Number of the last event that is known.",
}


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    models: set[type[WireModel]] = {Problem, Health}
    for each in ENDPOINTS:
        models |= {model for model in (each.body, each.answer, each.query) if isinstance(model, type)}
    ordered = sorted(models, key=lambda model: model.__name__)
    mode: Literal["validation"] = "validation"
    adapters = [(model, mode, adapter_of(model)) for model in ordered]
    refs, schemas = TypeAdapter.json_schemas(adapters, by_alias=True, ref_template=_REF)
    names = {model: refs[model, mode] for model in ordered}
    definitions = schemas["$defs"]
    paths: dict[str, Any] = {"/health": {"get": _health(names[Health])}}
    for each in ENDPOINTS:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, names, definitions)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "wftui",
            "version": __version__,
            "description": "Workflows over HTTP. Every request but /health needs a token: `wftui serve token add`.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(each: Endpoint, names: dict[type[WireModel], Any], definitions: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", each.path)
    ]
    query = definitions[names[each.query]["$ref"].rpartition("/")[2]]
    parameters += [
        {"name": name, "in": "query", "required": name in query.get("required", ()), "schema": _parameter(schema)}
        for name, schema in query.get("properties", {}).items()
    ]
    parameters += [
        {"name": name, "in": "header", "required": False, "description": _HEADER_TEXTS[name], "schema": _TEXT}
        for name in each.headers
    ]
    statuses = sorted({*_COMMON, *each.problems, 422, *(_OF_BODIES if each.body else ())})
    operation: dict[str, Any] = {
        "operationId": each.name,
        "summary": (each.handle.__doc__ or "").partition("\n")[0],
        "description": f"Scope: {each.scope}.",
        "parameters": parameters,
        "responses": {
            str(each.status): _answer(each, names),
            **{str(status): {"description": _ALSO[status]} for status in each.also},
            **{
                str(status): {
                    "description": "Problem details.",
                    "content": {"application/problem+json": {"schema": names[Problem]}},
                }
                for status in statuses
            },
        },
    }
    if each.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": names[each.body]}}}
    return operation


_TEXT = {"type": "string"}
_ALSO = {204: "The run has ended, and there are no further events.", 304: "It has not changed."}


def _answer(each: Endpoint, names: dict[type[WireModel], Any]) -> dict[str, Any]:
    if isinstance(each.answer, str):
        schema: dict[str, Any] = {} if each.answer == "application/json" else _TEXT
        content = {each.answer: {"schema": schema}}
    else:
        content = {"application/json": {"schema": names[each.answer]}}
    return {"description": "Done." if each.status == 200 else "Accepted; the run continues.", "content": content}


def _parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter, which is absent rather than null."""
    options = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    if len(options) == 1:
        schema = {**{key: value for key, value in schema.items() if key not in ("anyOf", "default")}, **options[0]}
    return schema


def _health(model: Any) -> dict[str, Any]:
    return {
        "operationId": "health",
        "summary": "Check that the server responds.",
        "security": [],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": model}}},
            **{
                str(status): {
                    "description": "Problem details.",
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
                for status in (403, 405, 421)
            },
        },
    }
