"""A literal secret in workflow.json is reported without showing it, with a remedy."""

from typing import Any

import pytest

from compiler.compiler_helpers import after_fix, found, marked, text_of, workflow
from wftui.compiler.diagnostics.report import human
from wftui.model.workflow.compilation import CompilationError

SHAPED = "sk-" + "a1b2c3d4" * 4


def typed(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": "a", "type": kind, "input": fields}


def told(source: dict[str, Any]) -> list[CompilationError]:
    return [each for each in found(source) if each.code == "secret.literal"]


@pytest.mark.parametrize(
    ("where", "secret"),
    [
        (typed("http", url="https://x.org", headers={"Authorization": "Bearer 8e1c-secret"}), "8e1c-secret"),
        (typed("http", url="https://x.org", headers={"X-API-Key": "8e1csecret"}), "8e1csecret"),
        (typed("http", url="https://x.org", json={"client_secret": "8e1c77aa90ff"}), "8e1c77aa90ff"),
        (typed("http", url="https://me:hunter22@x.org/a"), "hunter22"),
        (typed("sql", database="postgresql://app:hunter22@db/x", query="SELECT 1"), "hunter22"),
        (typed("shell", script="run", env={"DB_PASSWORD": "hunter"}), "hunter"),
        (typed("shell", script=f"curl -H 'X-Key: {SHAPED}' https://x.org"), SHAPED),
        (typed("shell", script="curl -H 'Authorization: Bearer abcdef0123456789' x"), "abcdef0123456789"),
        (typed("python", code=f"KEY = '{SHAPED}'\ndef main(): pass"), SHAPED),
        (typed("mcp", server={"command": ["s"], "env": {"API_KEY": "8e1c77aa90ff"}}, tool="t"), "8e1c77aa90ff"),
        (typed("set", key="-----BEGIN PRIVATE KEY-----\nMIIB"), "-----BEGIN PRIVATE KEY-----"),
    ],
    ids=lambda each: each["type"] if isinstance(each, dict) else "",
)
def test_literal_secret_is_reported_but_not_shown(where: dict[str, Any], secret: str) -> None:
    source = workflow(where)
    (warning,) = told(source)
    assert (warning.severity, warning.location.step_id) == ("warning", "a")
    assert marked(text_of(source), warning) == secret
    assert secret not in warning.message
    assert all(secret not in str(fix) for fix in warning.fixes)
    assert secret not in human("workflow.json", text_of(source), found(source))


@pytest.mark.parametrize(
    "where",
    [
        typed("http", url="https://x.org", headers={"Authorization": "Bearer {{ secrets.token }}"}),
        typed("http", url="https://x.org", headers={"Authorization": "Bearer <token>", "Cookie": "***"}),
        typed("http", url="https://x.org:8080/a@b", query={"pageToken": "8e1c77aa90ff", "token": "next"}),
        typed("sql", database="postgresql://app:password@localhost/x", query="SELECT 1"),
        typed("shell", script='curl -H "Authorization: Bearer $TOKEN" "https://me:$PASSWORD@x.org"'),
        typed("shell", script="run", env={"TOKEN": "env:TOKEN", "PASSWORD": "your-password", "API_KEY": "sk-..."}),
        typed(
            "set", tokens="8e1c77aa90ff", maxTokens="1000000000000a", note="the password is a secret", sha="ab12" * 10
        ),
        typed("set", aws="AKIAIOSFODNN7EXAMPLE", secretName="db-password-1234"),
    ],
    ids=lambda each: each["type"],
)
def test_harmless_literals_are_accepted(where: dict[str, Any]) -> None:
    assert told(workflow(where)) == []


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"inputSchema": {"type": "object"}},
        {"inputSchema": {"type": "object", "properties": {"token": {"type": "string"}}, "required": ["token"]}},
    ],
)
def test_fix_creates_a_secret_input(schema: dict[str, Any]) -> None:
    headers = {"Authorization": "Bearer 8e1c-secret", "X-Of": "{{ inputs.token | default('') }}" if schema else ""}
    source = workflow(typed("http", url="https://x.org", headers=headers), **schema)
    (warning,) = told(source)
    assert "a connection or the encrypted store (wftui connections secret set token" in warning.message
    left = {each.code for each in after_fix(text_of(source), warning)}
    assert left == {each.code for each in found(source)} - {"secret.literal"}


def test_a_default_of_an_input_is_looked_at_as_well() -> None:
    schema = {"type": "object", "properties": {"key": {"type": "string", "default": SHAPED}}}
    (warning,) = told(workflow(typed("set", x="{{ inputs.key }}"), inputSchema=schema))
    assert (warning.pointer, warning.fixes) == ("/inputSchema/properties/key/default", [])
