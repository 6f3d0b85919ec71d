"""Questions to the user of a client: approvals, in each version of the protocol.

Since 2026-07-28 a call returns the question, and the client repeats the call with the answer and a sealed state.
Before, the server asks within the call. Accepting approves, declining rejects, and cancelling leaves the question open.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from wftui.model.base import Json
from wftui.model.run.steps import Waiting

_KEY = "answer"
_KEPT = {
    "string": ("title", "description", "default", "minLength", "maxLength", "enum"),
    "number": ("title", "description", "default", "minimum", "maximum"),
    "integer": ("title", "description", "default", "minimum", "maximum"),
    "boolean": ("title", "description", "default"),
}
_FORMATS = ("email", "uri", "date", "date-time")
_MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """A step that waits for an approval.

    Attributes:
        seq: number of the event by which it waits; another one is another question.
    """

    path: str
    seq: int
    waiting: Waiting

    @property
    def form(self) -> dict[str, Any] | None:
        """The form as clients show it; None if a person has to go to the screen for it."""
        return flat_form(self.waiting.form)

    def message(self, problem: str) -> str:
        """Return the text of the question.

        Args:
            problem: why the answer before it did not count.
        """
        parts = [problem, self.waiting.prompt or "", f"Accept approves step {self.path}, decline rejects it:"]
        return "\n".join(part for part in parts if part) + f" {self.waiting.rejection_effect}."

    def request(self, problem: str) -> ElicitRequestFormParams:
        """Return the request to the client; see `message`."""
        form = self.form
        assert form is not None
        return ElicitRequestFormParams(message=self.message(problem), requested_schema=cast("Any", form))


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """The answer with which a client repeats a call."""

    run: str
    path: str
    seq: int
    result: ElicitResult | None


def may_ask(context: ServerRequestContext[Any, Any]) -> bool:
    """Return whether the client shows questions to its user."""
    capabilities = context.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities is not None else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return asks_by_result(context) or context.session.can_send_request


def asks_by_result(context: ServerRequestContext[Any, Any]) -> bool:
    """Return whether this protocol version sends questions as results."""
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS


def question_result(run_id: str, question: Question, problem: str = "") -> InputRequiredResult:
    """Return the question as a result; the state is sealed on its way out."""
    state = {"run": run_id, "path": question.path, "seq": question.seq}
    return InputRequiredResult(
        input_requests={_KEY: ElicitRequest(params=question.request(problem))}, request_state=json.dumps(state)
    )


def given_answer(params: CallToolRequestParams) -> GivenAnswer | None:
    """Return the answer of a repeated call, whose state has been checked."""
    if params.request_state is None:
        return None
    state = json.loads(params.request_state)
    result = (params.input_responses or {}).get(_KEY)
    return GivenAnswer(state["run"], state["path"], state["seq"], result if isinstance(result, ElicitResult) else None)


def data_of(question: Question, result: ElicitResult) -> Json:
    """Return the data of an approval, without the fields that were left empty."""
    if question.waiting.form is None:
        return None
    given = result.content or {}
    return {name: cast("Json", value) for name, value in given.items() if value is not None}


def flat_form(form: Json) -> dict[str, Any] | None:
    """Return a form in the subset of JSON Schema that clients show, or None.

    Only texts, numbers, choices and switches, none of them secret. What it leaves out is checked on the answer.
    """
    if form is None:
        return {"type": "object", "properties": {}}
    if not isinstance(form, Mapping) or not _is_plain_object(form):
        return None
    properties = cast("Mapping[str, Json]", form.get("properties", {}))
    flat = {name: _flat_field(field) for name, field in properties.items()}
    if len(flat) > _MOST_FIELDS or not all(flat.values()):
        return None
    required = cast("list[str]", form.get("required", []))
    if not set(required) <= set(flat):
        return None
    return {"type": "object", "properties": flat, "required": required}


def _is_plain_object(form: Mapping[str, Json]) -> bool:
    combined = {"$ref", "$value", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "dependentSchemas"}
    return form.get("type", "object") == "object" and not combined & set(form)


def _flat_field(field: Json) -> dict[str, Any] | Literal[False]:
    if not isinstance(field, Mapping) or field.get("writeOnly") or field.get("format") == "secret":
        return False
    if {"$ref", "allOf", "anyOf", "oneOf", "not", "const"} & set(field):
        return False
    kind = field.get("type")
    if kind is None and "enum" in field:
        kind = "string"
    kept = _KEPT.get(kind) if isinstance(kind, str) else None
    if kept is None or ("enum" in field and not _is_choice(kind, field["enum"])):
        return False
    flat: dict[str, Any] = {"type": kind} | {key: field[key] for key in kept if key in field}
    if kind == "string" and field.get("format") in _FORMATS:
        flat["format"] = field["format"]
    return flat


def _is_choice(kind: Json, choices: Json) -> bool:
    return kind == "string" and isinstance(choices, list) and all(isinstance(each, str) for each in choices)
