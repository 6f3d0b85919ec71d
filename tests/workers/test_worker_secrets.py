"""No value of a run reaches PostgreSQL: tables, files, write-ahead log or log."""

import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest
from helpers import until, write_workflow
from psycopg import sql

from wftui.workbench import Settings, Workbench
from wftui.workers.sealing import key_path
from workers.conftest import StartWorker, shell

pytestmark = pytest.mark.slow

COUNT = 50
SECRETS = {f"s{number}": f"{number:02}-Geheim/{secrets.token_urlsafe(18)}" for number in range(COUNT)}


def forms(text: str) -> list[bytes]:
    """The forms in which a text could be found."""
    plain = text.encode()
    encoded = [base64.b64encode(b"\0" * shift + plain)[4:-4] for shift in range(3)]  # at any place in a longer text
    return [plain, plain.hex().encode(), quote(text, safe="").encode(), *encoded]


def columns(address: str) -> bytes:
    """Every value of every table of the database, also of those of the queue."""
    found: list[str] = []
    with psycopg.connect(address, autocommit=True) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 5
        for schema, table in tables:
            rows = connection.execute(sql.SQL("select * from {}").format(sql.Identifier(schema, table))).fetchall()
            for row in rows:
                found += [value.hex() if isinstance(value, bytes) else str(value) for value in row]
                found += [value.decode("latin-1") for value in row if isinstance(value, bytes)]
    return "\n".join(found).encode("utf-8", "replace")


def files(folder: Path) -> bytes:
    """Everything that the server has written."""
    parts = []
    for place, _folders, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if path.is_file() and path.name != "password":
                with suppress(FileNotFoundError):  # a segment of the log that the server has just renamed
                    parts.append(path.read_bytes())
    return b"\0".join(parts)


async def test_fifty_secrets_leave_no_trace_in_postgresql(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path, address: str, server: str
) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("alter system set log_statement = 'all'")
        connection.execute("alter system set log_min_messages = 'debug1'")
        connection.execute("alter system set log_parameter_max_length = -1")
        connection.execute("alter system set log_min_duration_statement = 0")
        connection.execute("select pg_reload_conf()")
    start_worker("--pool", "build", "-j", "2")
    began, go = tmp_path / "began", tmp_path / "go"
    schema = {
        "type": "object",
        "properties": {name: {"type": "string", "writeOnly": True} for name in SECRETS},
        "required": list(SECRETS),
    }
    env = {name.upper(): "{{ inputs." + name + " }}" for name in SECRETS}
    say = "env | grep Geheim; env | grep '^S' >&2; env | grep '^S' >> \"$WFTUI_OUTPUT\""
    talk = shell("talk", f"{say}; touch {began}; while ! test -e {go}; do sleep 0.05; done")
    talk["input"] |= {"env": env, "stdin": list(env.values())}
    code = "def main(**given):\n    print(given)\n    raise ValueError(str(given))\n"
    fails = {
        "id": "fails",
        "type": "python",
        "pool": "build",
        "onError": "continue",
        "retry": {"maxAttempts": 2, "delay": "1ms"},
    }
    fails["input"] = {"code": code, "args": {name: "{{ inputs." + name + " }}" for name in SECRETS}}
    write_workflow(settings.tables, "talk", talk, fails, inputSchema=schema)
    run_id = await workbench.runs.start("talk", dict(SECRETS))
    await until(began.exists)

    async def printed() -> bool:
        return any("talk" in str(event) and event.type == "log" for event in await workbench.runs.events(run_id))

    while not await printed():
        pass
    during = columns(address)
    go.touch()
    await workbench.runs.wait(run_id)
    record = await workbench.runs.record(run_id, whole=True)
    assert record.status == "completed", record.error
    assert record.step_results[0].output["stdout"].count("***") >= COUNT
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("checkpoint")
        connection.execute("select pg_switch_wal()")
    written = files(Path(parse_qs(urlsplit(server).query)["host"][0]))
    assert b"talk" in during
    assert run_id.encode() in during
    assert b"insert into workers" in written, "the log of the server holds statements"
    everything = during + columns(address) + written
    key = key_path().read_text().strip()
    found = [text for text in [*SECRETS.values(), key] for form in forms(text) if form in everything]
    assert found == []
    assert forms("insert into workers")[0] in everything
