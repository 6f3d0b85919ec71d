"""500 random secrets through every step type that runs offline: none is found in any sink, in any encoding."""

import base64
import json
import random
import shlex
import string
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from wftui.model.base import Json
from wftui.workbench import Settings, Workbench

COUNT = 500
ALPHABETS = (
    string.ascii_letters + string.digits,
    string.ascii_letters + string.digits + "+/=_-",
    string.printable.strip() + " ",
    "äöüßéøλ→漢字😀" + string.ascii_lowercase + "'\"\\$`{}",
)

PRINTING = """
import base64, html, json, shlex, sys
from urllib.parse import quote, quote_plus

def forms(secret):
    data = secret.encode()
    once = json.dumps(secret)
    return [
        secret, once, json.dumps(secret, ensure_ascii=False), json.dumps(once), quote(secret), quote(secret, safe=""),
        quote_plus(secret), shlex.quote(secret), repr(secret), html.escape(secret), data.hex(), data.hex().upper(),
        *(base64.b64encode(b"." * shift + data + b"..").decode() for shift in range(3)),
        *(base64.urlsafe_b64encode(b"." * shift + data).decode() for shift in range(3)),
    ]

def main(secrets):
    found = [forms(secret) for secret in secrets]
    for texts in found:
        print(*texts, sep="\\n")
        print(*texts, sep=" | ", file=sys.stderr)
    return {"forms": found, "keys": {secret: 1 for secret in secrets}, "text": "".join(secrets)}
"""
FAILING = "def main(secrets):\n    raise ValueError(secrets)\n"
WORKFLOW: Json = {
    "format": 1,
    "id": "leaky",
    "inputSchema": {
        "type": "object",
        "properties": {
            "secrets": {"type": "array", "items": {"type": "string"}, "writeOnly": True},
            "file": {"type": "string"},
        },
        "required": ["secrets", "file"],
    },
    "steps": [
        {
            "id": "set",
            "type": "set",
            "needs": [],
            "input": {"all": "{{ inputs.secrets }}", "t": "x{{ inputs.secrets[0] }}"},
        },
        {
            "id": "py",
            "type": "python",
            "needs": [],
            "input": {"code": PRINTING, "args": {"secrets": "{{ inputs.secrets }}"}},
        },
        {
            "id": "trace",
            "type": "python",
            "needs": [],
            "onError": "continue",
            "input": {"code": FAILING, "args": {"secrets": "{{ inputs.secrets }}"}},
        },
        {
            "id": "sh",
            "type": "shell",
            "needs": [],
            "input": {
                "script": 'cat; cat >&2 <<< "$ALL"; echo "all=$ALL" >> $WFTUI_OUTPUT',
                "stdin": "{{ inputs.secrets | join('\\n') }}",
                "env": {"ALL": "{{ inputs.secrets | first }}"},
                "parse": "lines",
            },
        },
        {
            "id": "bad",
            "type": "shell",
            "needs": [],
            "onError": "continue",
            "input": {"script": "cat >&2; exit 3", "stdin": "{{ inputs.secrets | join(' ') }}"},
        },
        {
            "id": "tpl",
            "type": "template",
            "needs": [],
            "input": {
                "template": "{% for s in all %}<[[ s ]]>\n{% endfor %}",
                "values": {"all": "{{ inputs.secrets }}"},
            },
        },
        {
            "id": "db",
            "type": "sql",
            "needs": [],
            "input": {
                "database": ":memory:",
                "query": "SELECT value FROM json_each(?)",
                "params": ["{{ inputs.secrets }}"],
            },
        },
        {
            "id": "save",
            "type": "file",
            "needs": [],
            "input": {"action": "write", "path": "{{ inputs.file }}", "content": "{{ inputs.secrets }}"},
        },
        {"id": "load", "type": "file", "needs": ["save"], "input": {"action": "read", "path": "{{ inputs.file }}"}},
        {
            "id": "claim",
            "type": "assert",
            "needs": [],
            "onError": "continue",
            "input": {"that": False, "message": "not {{ inputs.secrets | join(', ') }}"},
        },
    ],
    "outputs": {"all": "{{ steps.load.output.value }}", "text": "{{ steps.py.output.text }}"},
}


def random_secrets(seed: int) -> list[str]:
    choose = random.Random(seed)
    secrets: list[str] = []
    while len(secrets) < COUNT:
        secret = "".join(choose.choices(choose.choice(ALPHABETS), k=choose.randint(8, 40))).strip()
        if len(secret) >= 8:
            secrets.append(secret)
    return secrets


def encodings(secret: str) -> Iterator[str]:
    data = secret.encode()
    yield secret
    yield json.dumps(secret)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield escape(secret)
    yield repr(secret)[1:-1]
    yield data.hex()
    yield shlex.quote(secret).strip("'")
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + data).decode()
        yield whole[4 if shift else 0 : len(whole) - 4]


def texts_in(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


@pytest.mark.parametrize("seed", [20261122])
async def test_no_secret_is_found_anywhere(tmp_path: Path, seed: int) -> None:
    secrets = random_secrets(seed)
    folder = tmp_path / "tables" / "workflows" / "leaky"
    folder.mkdir(parents=True)
    (folder / "workflow.json").write_text(json.dumps(WORKFLOW))
    settings = Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="ada")
    workbench = Workbench(settings)
    try:
        run_id = await workbench.start("leaky", {"secrets": secrets, "file": str(tmp_path / "saved.json")})
        record = await workbench.wait(run_id)
        assert record.status == "completed", record.error
        assert json.loads((tmp_path / "saved.json").read_text()) == secrets, "the steps themselves saw the secrets"
        whole = await workbench.record(run_id, whole=True)
        events = [event.to_wire() for event in await workbench.events(run_id, limit=100_000)]
        store = await workbench.store()
        resolved = await store.resolve(events)
    finally:
        await workbench.close()
    sinks = {
        "record": "\n".join(texts_in(whole.to_wire())),
        "events": "\n".join(texts_in(resolved)),
        "json": json.dumps(resolved),
        "generated code": (folder / "workflow.py").read_text(),
    }
    for path in tmp_path.glob("wftui.db*"):
        sinks[path.name] = path.read_bytes().decode("latin-1")
    for secret in secrets:
        for form in encodings(secret):
            raw = form.encode().decode("latin-1")
            for name, text in sinks.items():
                assert form not in text, f"{name} holds {form!r} of {secret!r}"
                assert raw not in text, f"{name} holds the bytes of {form!r} of {secret!r}"
    assert sinks["events"].count("***") > 20 * COUNT, "so much was masked"
