"""`wftui steps`: all step types, broken plugins, new packages, and curl commands."""

import io
import json
import random
import shlex
from pathlib import Path

import pytest
from connections.secret_helpers import PLAIN, Search, random_secrets
from helpers import Cli

from wftui.workbench import Settings


def test_steps_lists_the_step_types(cli: Cli) -> None:
    code, out, err = cli("steps")
    assert (code, err) == (0, "")
    assert {"shell", "http", "python"} <= {line.split()[0] for line in out.splitlines()}
    types = {each["type"]: each for each in json.loads(cli("steps", "--json")[1])}
    assert types["http"]["inputSchema"]["properties"]["url"]
    assert types["http"]["connectionKind"] == "http"


def test_broken_plugin_is_one_line_and_a_diagnostic(cli: Cli, settings: Settings) -> None:
    folder = settings.tables / "steps"
    folder.mkdir()
    file = folder / "broken.py"
    file.write_text("print('never on stdout')\nimport no_such_module\n")
    workflow = settings.tables / "workflows" / "uses" / "workflow.json"
    workflow.parent.mkdir()
    workflow.write_text(json.dumps({"format": 1, "id": "uses", "steps": [{"id": "a", "type": "acme.fetch"}]}))
    code, out, err = cli("steps", "--json")
    assert (code, err.count("\n")) == (0, 1)
    assert f"{file}: it is not trusted" in err
    assert json.loads(out)
    code, out, err = cli("steps", "trust", str(file))
    assert (code, out) == (0, f"trusted the current contents of {file}; it declares no step type\n")
    code, out, err = cli("steps", "--json")
    assert (code, err.count("\n")) == (0, 1)
    assert "it cannot be imported: ModuleNotFoundError: No module named 'no_such_module'" in err
    assert json.loads(out)
    for command in (["compile", "uses", "--check"], ["run", "uses"]):
        code, out, err = cli(*command)
        assert code in (1, 3)
        assert "error[step.type] the step type acme.fetch cannot be used" in err
        assert "no_such_module" in err
        assert "Traceback" not in err


def test_a_new_package(cli: Cli, tmp_path: Path) -> None:
    code, out, _ = cli("steps", "new", "acme.fetch", "--folder", str(tmp_path))
    assert code == 0
    assert f"created {tmp_path / 'acme-steps' / 'pyproject.toml'}" in out
    assert cli("steps", "new", "acme.fetch", "--folder", str(tmp_path))[0] != 0
    code, _, err = cli("steps", "new", "nodot", "--folder", str(tmp_path))
    assert (code, "write it like acme.fetch" in err) == (2, True)


@pytest.mark.parametrize("piped", [False, True])
def test_a_curl_command_becomes_a_step(cli: Cli, monkeypatch: pytest.MonkeyPatch, piped: bool) -> None:
    command = "curl -L -X PATCH https://x.org/a?b=1 \\\n  -H 'Content-Type: application/json' -d '{\"c\": [1]}'"
    monkeypatch.setattr("sys.stdin", io.StringIO(command))
    code, out, err = cli("steps", "curl", "-" if piped else command)
    assert (code, err) == (0, "")
    values = {"url": "https://x.org/a", "query": {"b": "1"}, "json": {"c": [1]}, "method": "PATCH"}
    assert json.loads(out) == {"id": "request", "type": "http", "input": values}


SECRET = "Zq8x-geheim.71Lk_94"


@pytest.mark.parametrize(
    ("given", "where", "reads"),
    [
        *(
            (["-H", f"{header}: {scheme}{SECRET}"], ["headers", header], scheme)
            for header in ("Authorization", "authorization", "X-Api-Key", "PRIVATE-TOKEN", "X-Vault-Token", "Cookie")
            for scheme in ("", "Bearer ", "Basic ", "token ")
        ),
        (["-b", f"session={SECRET}"], ["headers", "Cookie"], ""),
        (["-G", "-d", f"api_key={SECRET}"], ["query", "api_key"], ""),
        (["-d", f"password={SECRET}", "-d", "a=1"], ["form", "password"], ""),
        (["-F", f"client_secret={SECRET}"], ["form", "client_secret"], ""),
        (["--json", json.dumps({"deep": [{"accessToken": SECRET}]})], ["json", "deep", 0, "accessToken"], ""),
        (["-d", json.dumps({"password": SECRET})], ["text"], None),
    ],
)
def test_a_secret_of_a_curl_command_is_not_in_the_step(
    cli: Cli, given: list[str], where: list[str | int], reads: str | None
) -> None:
    code, out, err = cli("steps", "curl", shlex.join(["curl", "-L", "https://x.org/a", *given]))
    assert code == 0
    assert SECRET not in out + err
    step = json.loads(out)["input"]
    for part in where:
        step = step[part]
    assert "{{ secrets." in step
    if reads is not None:
        assert step.startswith(f"{reads}{{{{ secrets.")
    name = step.partition("{{ secrets.")[2].partition(" ")[0]
    assert f"wftui connections secret set {name}" in err


def test_the_password_of_an_address_is_not_in_the_step(cli: Cli) -> None:
    code, out, _ = cli("steps", "curl", f"curl -L https://ann:{SECRET}@x.org/a")
    assert code == 0
    assert "ann:{{ secrets." in json.loads(out)["input"]["url"]


SECRET_PLACES = (
    "-H 'Authorization: Bearer {}' https://x.org",
    "-H 'authorization: token {}' https://x.org",
    "-H 'Proxy-Authorization: Bearer {}' https://x.org",
    "-H 'X-Api-Key: {}' https://x.org",
    "-H 'Private-Token: {}' https://x.org",
    "-H 'X-Auth-Token: {}' https://x.org",
    "-H 'X-Signature: {}' https://x.org",
    "-H 'Cookie: sid={}' https://x.org",
    "-b 'session={}' https://x.org",
    "'https://ann:{}@x.org/'",
    "'https://x.org?api_key={}'",
    "'https://x.org?access_token={}&a=1'",
    "-G -d 'token={}' https://x.org",
    "-d 'user=ann&password={}' https://x.org",
    "--data-urlencode 'client_secret={}' https://x.org",
    """-d '{{"user": "ann", "password": "{}"}}' https://x.org""",
    """--json '{{"client": {{"secret": "{}"}}}}' https://x.org""",
    "-F 'password={}' https://x.org",
    "https://hooks.slack.com/services/T02ABCD/B02ABCD/{0}{0}{0}",
    "https://discord.com/api/webhooks/123456789/{0}{0}{0}",
    "-u 'ann:{}' https://x.org",
    "--oauth2-bearer {} https://x.org",
    "-x 'http://ann:{}@proxy:3128' https://x.org",
)


@pytest.mark.parametrize("place", SECRET_PLACES)
def test_curl_import_prints_no_secret(cli: Cli, place: str) -> None:
    choose = random.Random(place)
    for secret in random_secrets(choose, 5, PLAIN[:1]):
        _, out, err = cli("steps", "curl", f"curl {place.format(secret)}")
        assert Search([secret]).found_in(out + err) == []
        assert "{{ secrets." in out or "into an http connection" in err or "HTTPS_PROXY" in err


def test_other_commands_than_curl_are_refused(cli: Cli) -> None:
    code, out, err = cli("steps", "curl", "wget https://x.org")
    assert (code, out) == (2, "")
    assert "paste a curl command" in err
    assert "into an http connection" in cli("steps", "curl", "curl -u ann:pw https://x.org")[2]
