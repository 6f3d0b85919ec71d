"""Secrets in places where they are not allowed are reported."""

from typing import Any

import pytest

from compiler.compiler_helpers import check, step, workflow

SECRET_INPUT = {
    "type": "object",
    "properties": {
        "token": {"type": "string", "writeOnly": True},
        "db": {"type": "object", "properties": {"host": {"type": "string"}, "key": {"format": "password"}}},
        "list": {"type": "array", "items": {"type": "string", "writeOnly": True}},
    },
    "required": ["token", "db", "list"],
}
VAULT = {"vault": {"kind": "http"}}


def typed(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": "a", "type": kind, "input": fields}


def reported(source: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(code, severity, field) of what is said of secrets."""
    result = check(source)
    return [
        (each.code, each.severity, each.location.field or "")
        for each in [*result.errors, *result.warnings]
        if each.code.startswith("secret.")
    ]


@pytest.mark.parametrize("root", ["secrets.token", "connection.token"])
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("when", lambda root: step("a", when=f"{root} == 'x'")),
        ("forEach.in", lambda root: step("a", forEach={"in": f"[{root}]"})),
        ("input.x", lambda root: step("a", input={"x": f"{{{{ {root} }}}}"})),
        ("input.x", lambda root: step("a", input={"x": f"{{{{ {root} | sha256 }}}}"})),
        ("input.argv.1", lambda root: typed("shell", argv=["echo", f"{{{{ {root} }}}}"])),
        ("input.cwd", lambda root: typed("shell", script="ls", cwd=f"{{{{ {root} }}}}")),
        ("input.message", lambda root: typed("assert", that=True, message=f"{{{{ {root} }}}}")),
        ("input.prompt", lambda root: typed("approval", prompt=f"{{{{ {root} }}}}")),
        ("input.values.x", lambda root: typed("template", template="x", values={"x": f"{{{{ {root} }}}}"})),
        ("input.path", lambda root: typed("file", action="read", path=f"{{{{ {root} }}}}")),
        (
            "input.params.0",
            lambda root: typed("sql", database=":memory:", query="SELECT ?", params=[f"{{{{ {root} }}}}"]),
        ),
        ("input.saveTo", lambda root: typed("http", url="https://x.org", saveTo=f"{{{{ {root} }}}}")),
        ("input.prompt", lambda root: typed("llm", prompt=f"{{{{ {root} }}}}", baseUrl="http://x")),
        ("input.for", lambda root: typed("delay", **{"for": f"{{{{ {root} }}}}"})),
    ],
)
def test_a_secret_is_refused_where_it_could_be_shown(root: str, field: str, make: Any) -> None:
    assert reported(workflow(make(root))) == [("secret.place", "error", field)]


@pytest.mark.parametrize("root", ["secrets.token", "connection.token"])
def test_a_secret_is_refused_in_conditions_and_outputs(root: str) -> None:
    loop = {"id": "l", "type": "loop", "until": f"{root} == 'x'", "maxIterations": 2, "steps": [step("a")]}
    switch = {"id": "s", "type": "switch", "cases": [{"when": f"{root} == 'x'", "steps": [step("a")]}]}
    assert reported(workflow(loop)) == [("secret.place", "error", "until")]
    assert [code for code, *_ in reported(workflow(switch))] == ["secret.place"]
    assert reported(workflow(step("a"), outputs={"x": f"{{{{ {root} }}}}"})) == [("secret.place", "error", "outputs.x")]


def test_secret_in_an_intended_field_is_accepted() -> None:
    secret = "Bearer {{ secrets.token }}"
    for each in (
        typed("shell", script="x", env={"T": secret}, stdin=secret),
        typed("python", code="def main(**all): ...", args={"t": secret}, env={"T": secret}),
        typed("http", url="https://x.org/" + secret, headers={"Authorization": secret}, query={"a": secret}),
    ):
        assert reported(workflow(each)) == []


def test_braces_in_script_or_code_are_refused_with_a_fix() -> None:
    for kind, field in (("shell", "script"), ("python", "code")):
        result = check(workflow(typed(kind, **{field: "def main(): '{{ secrets.token }}'"})))
        assert any(each.location.field == f"input.{field}" and "into" in each.message for each in result.errors)


@pytest.mark.parametrize(
    "read", ["inputs.token", "inputs.db", "inputs.db.key", "inputs.list", "inputs.list[0]", "inputs.token | upper"]
)
def test_secret_output_is_reported_as_masked(read: str) -> None:
    flow = workflow(step("a"), inputSchema=SECRET_INPUT, outputs={"x": f"{{{{ {read} }}}}"})
    assert reported(flow) == [("secret.output", "warning", "outputs.x")]


def test_output_without_secrets_has_no_diagnostic() -> None:
    flow = workflow(step("a"), inputSchema=SECRET_INPUT, outputs={"x": "{{ inputs.db.host }}"})
    assert reported(flow) == []


def test_secret_on_a_command_line_is_a_warning() -> None:
    shell = typed("shell", argv=["curl", "-u", "{{ inputs.token }}", "{{ inputs.db.host }}"])
    assert reported(workflow(shell, inputSchema=SECRET_INPUT)) == [("secret.visible", "warning", "input.argv.2")]
    server = {"command": ["server", "--key", "{{ secrets.token }}"], "env": {"KEY": "{{ secrets.token }}"}}
    mcp = typed("mcp", server=server, tool="x")
    assert reported(workflow(mcp)) == [("secret.visible", "warning", "input.server.command.2")]


def test_default_of_a_secret_input_has_a_fix() -> None:
    key = {"format": "password", "default": "hunter22"}
    nested = {"type": "object", "properties": {"db": {"type": "object", "properties": {"key": key}}}}
    result = check(workflow(step("a", input={"x": "{{ inputs.db }}"}), inputSchema=nested))
    (warning,) = [each for each in result.warnings if each.code == "secret.default"]
    assert warning.pointer == "/inputSchema/properties/db/properties/key/default"
    assert [fix.title for fix in warning.fixes] == ["remove the default"]
    assert "hunter22" not in warning.message
