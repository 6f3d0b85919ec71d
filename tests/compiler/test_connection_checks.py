"""Connections of steps: that they exist, are of the right kind, and are there where nothing goes without."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.fixes import apply_fix
from wftui.model.compilation import CompilationError
from wftui.steps.base import StepType
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
    """A catalogue of these two."""

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
