"""Errors of model servers as typed failures."""

import contextlib

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.text.cuts import beginning
from wftui.runtime.workflow_errors import WorkflowError

_SHOWN = 1000
_BY_STATUS = {401: "llm.auth", 403: "llm.auth", 429: "llm.limit", 529: "llm.overloaded"}
_BY_WORD = {
    "authentication_error": "llm.auth",
    "permission_error": "llm.auth",
    "rate_limit_error": "llm.limit",
    "rate_limit_exceeded": "llm.limit",
    "overloaded_error": "llm.overloaded",
    "insufficient_quota": "llm.quota",
    "billing_error": "llm.quota",
    "context_length_exceeded": "llm.context",
    "invalid_request_error": "llm.refused",
    "not_found_error": "llm.refused",
}
"""Of both protocols: the `type` or `code` of an error."""
_MAY_PASS = frozenset({"llm.limit", "llm.overloaded", "llm.server"})


def status_failure(status: int, content: bytes, url: str, retry_after: float | None) -> WorkflowError:
    """Return the failure for an error status.

    One of `llm.auth`, `llm.limit`, `llm.overloaded`, `llm.quota`, `llm.context`, `llm.refused` (the request) and
    `llm.server`.
    """
    text = content.decode("utf-8", "replace").strip()
    words: list[str] = []
    with contextlib.suppress(ValueError):  # plain text, or HTML of something in between, says it as well
        text, words = _message_and_codes(read_json(text), text)
    kind = _BY_STATUS.get(status) or ("llm.server" if status >= 500 else "llm.refused")
    # Some words say more than the status does: a spent budget comes as 429, a talk that is too long as 400.
    kind = next((_BY_WORD[word] for word in words if word in _BY_WORD), kind)
    detail = beginning(text, _SHOWN).rstrip(".") or "no message"
    return WorkflowError(
        kind,
        f"{url} returned status {status}: {detail}.",
        recoverable=kind in _MAY_PASS,
        details={"status": status, "retryAfter": retry_after},
    )


def stream_failure(error: Json) -> WorkflowError:
    """Return the failure for an error in the middle of a response."""
    text, words = _message_and_codes({"error": error}, "no reason given")
    kind = next((_BY_WORD[word] for word in words if word in _BY_WORD), "llm.server")
    return WorkflowError(
        kind, f"The model failed: {beginning(text, _SHOWN).rstrip('.')}.", recoverable=kind in _MAY_PASS
    )


def _message_and_codes(body: Json, otherwise: str) -> tuple[str, list[str]]:
    """Return the message of an error and its codes, the most specific first."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str):
        return error, []
    if not isinstance(error, dict):
        return otherwise, []
    text = error.get("message")
    words = [str(error[key]) for key in ("code", "type") if error.get(key)]
    return (text if isinstance(text, str) and text else otherwise), words
