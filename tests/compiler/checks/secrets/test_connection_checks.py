"""Connections of steps: they exist, have the right kind, and are not missing."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.diagnostics.fixes import apply_fix
from wftui.connections.connection_kinds import KINDS
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.base import Json
from wftui.model.workflow.compilation import CompilationError
from wftui.steps.api.step_type import StepType
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workspace.files import Workspace


class Mail(StepType[Any]):
    """Can do nothing without its connection."""

    word = "acme.mail"
    title = "Mail"
    connection_kind = "smtp"
    connection_required = True
    secret_fields: ClassVar[frozenset[str]] = frozenset({"password"})


class Fetch(StepType[Any]):
    """May take one of two kinds of connections."""

    word = "acme.fetch"
    title = "Fetch"
    connection_kind = "http"

    @classmethod
    def takes_connection(cls, kind: str) -> bool:
        return kind in ("http", "proxy")


class Own:
    """Registry of these two."""

    def get(self, word: str) -> StepType[Any] | None:
        return next((each for each in self.types() if each.word == word), None)

    def types(self) -> list[StepType[Any]]:
        return [FETCH, MAIL]

    def why_not(self, _word: str) -> str | None:
        return None


FETCH, MAIL = Fetch(), Mail()


def text_of(step: dict[str, Any], connections: dict[str, str]) -> str:
    listed = {name: {"kind": kind} for name, kind in connections.items()}
    extra = {"connections": listed} if listed else {}
    return json.dumps({"format": 1, "id": "flow", **extra, "steps": [{"id": "a", **step}]})


def told(text: str) -> list[CompilationError]:
    result = WorkflowCompiler(Workspace(Path("nowhere")), Own()).check("flow", text)
    return [each for each in [*result.errors, *result.warnings] if each.severity != "hint"]


@pytest.mark.parametrize(
    ("step", "connections", "codes"),
    [
        ({"type": "acme.mail", "connection": "post"}, {"post": "smtp"}, []),
        ({"type": "acme.mail", "connection": "post"}, {"post": "http"}, ["connection.kind"]),
        ({"type": "acme.mail", "connection": "pots"}, {"post": "smtp"}, ["connection.unknown"]),
        ({"type": "acme.mail"}, {"post": "smtp"}, ["connection.missing"]),
        ({"type": "acme.mail"}, {"other": "http"}, ["connection.missing"]),
        ({"type": "acme.mail"}, {}, ["connection.missing"]),
        ({"type": "acme.fetch"}, {}, []),
        ({"type": "acme.fetch", "connection": "via"}, {"via": "proxy"}, []),
        ({"type": "acme.mail", "connection": "p", "input": {"password": "{{ connection.key }}"}}, {"p": "smtp"}, []),
        (
            {"type": "acme.mail", "connection": "p", "input": {"to": "{{ connection.key }}"}},
            {"p": "smtp"},
            ["secret.place"],
        ),
    ],
)
def test_a_connection_is_checked(step: dict[str, Any], connections: dict[str, str], codes: list[str]) -> None:
    text = text_of(step, connections)
    found = told(text)
    assert [each.code for each in found] == codes
    for each in found:
        for fix in each.fixes:
            assert each.code not in [left.code for left in told(apply_fix(text, fix))]
    if codes and codes[0] in ("connection.missing", "connection.unknown"):
        assert found[0].fixes


VALUES: dict[str, dict[str, Json]] = {
    "anthropic": {"apiKey": "env:K"},
    "composio": {"apiKey": "env:K"},
    "database": {"url": "env:K"},
    "smtp": {"host": "h"},
}
"""What the kinds cannot be without."""


@pytest.fixture
def own(tmp_path: Path) -> Connections:
    return Connections(tmp_path / "private")


def warned(own: Connections, needs: dict[str, Any]) -> list[CompilationError]:
    text = json.dumps({"format": 1, "id": "flow", "connections": needs, "steps": [{"id": "a", "type": "set"}]})
    result = WorkflowCompiler(Workspace(Path("nowhere")), builtin_registry(), connections=own).check("flow", text)
    assert result.success, "what a user has decides nothing about the workflow"
    return [each for each in result.warnings if each.code != "connection.idle"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_missing_connection_is_reported_with_the_command(own: Connections, kind: str) -> None:
    [found] = warned(own, {"mine": {"kind": kind}})
    assert (found.code, found.severity) == ("connection.absent", "warning")
    assert found.message == (
        f"you have no connection mine, so runs do not start; add it: wftui connections add mine --kind {kind}"
    )
    assert (found.line, found.column) == (1, 45), "the name is marked"
    own.save(StoredConnection(name="mine", kind=kind, values=VALUES.get(kind, {})))
    assert warned(own, {"mine": {"kind": kind}}) == []
    other = next(each for each in KINDS if each != kind)
    [found] = warned(own, {"mine": {"kind": other}})
    assert found.code == "connection.unfit"
    assert found.message == (
        f"your connection mine is of kind {kind}, not {other}; choose another one with --connection mine=OTHER"
    )


def test_an_optional_one_is_a_hint(own: Connections) -> None:
    [found] = warned(own, {"mine": {"kind": "http", "required": False}})
    assert (found.code, found.severity) == ("connection.absent", "hint")
    assert found.message == (
        "you have no connection mine, so steps run without it; add it: wftui connections add mine --kind http"
    )


def test_unknown_kind_has_a_fix(own: Connections) -> None:
    [found] = warned(own, {"mine": {"kind": "htttp"}})
    assert (found.code, [fix.title for fix in found.fixes]) == ("connection.unheard", ["change it to http"])
    assert found.message == "there is no connection kind 'htttp'; did you mean http?"
    assert (found.pointer, found.location.field, found.severity) == (
        "/connections/mine/kind",
        "connections.mine.kind",
        "warning",
    )
    [other] = warned(own, {"mine": {"kind": "carrier pigeon"}})
    assert other.message == f"there is no connection kind 'carrier pigeon'; known kinds: {', '.join(KINDS)}"
    assert other.fixes == []


def test_readable_connections_file_is_reported_once(own: Connections) -> None:
    own.save(StoredConnection(name="mine", kind="http"))
    own.path.chmod(0o644)
    [found] = warned(own, {"mine": {"kind": "http"}, "other": {"kind": "http"}})
    assert "chmod 600" in found.message


def test_next_check_uses_changed_connections(own: Connections) -> None:
    compiler = WorkflowCompiler(Workspace(Path("nowhere")), builtin_registry(), connections=own)
    text = text_of({"type": "http", "connection": "mine", "input": {"url": "/x"}}, {"mine": "http"})
    assert [each.code for each in compiler.check("flow", text).warnings] == ["connection.absent"]
    own.save(StoredConnection(name="mine", kind="http"))
    assert compiler.check("flow", text).warnings == []
