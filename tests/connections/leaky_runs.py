"""Runs of all step types over many secrets."""

import contextlib
import gzip
import io
import json
import logging
import signal
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from steps.mcp.mcp_helpers import RAW

from connections.leaky_workflows import PLUGIN
from connections.secret_helpers import texts_in
from wftui.cli.dispatch import dispatch
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.base import Json
from wftui.workbench import Settings, Workbench

KINDS = ("run", "html", "ndjson", "otlp")


@contextlib.contextmanager
def captured_logs() -> Iterator[io.StringIO]:
    """Log messages of libraries at the default level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield text
    finally:
        logging.getLogger().removeHandler(handler)


def exported(run_id: str, kind: str, file: Path, places: list[str]) -> str:
    """Export a run and return the text of the file, which is removed."""
    output_of(["export", run_id, "--format", kind, "-o", str(file), *places])
    data = gzip.decompress(file.read_bytes()) if kind == "run" else file.read_bytes()
    file.unlink()
    return data.decode()


def output_of(words: list[str]) -> str:
    """The output of a command on both streams."""
    text = io.StringIO()
    hang_up = signal.getsignal(signal.SIGHUP)
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            dispatch(words)
    finally:
        signal.signal(signal.SIGHUP, hang_up)
    return text.getvalue()


def write_workspace(folder: Path, flows: dict[str, Json]) -> None:
    for name, flow in flows.items():
        place = folder / "tables" / "workflows" / name
        place.mkdir(parents=True)
        (place / "workflow.json").write_text(json.dumps(flow, indent=1))
    (folder / "tables" / "steps").mkdir()
    (folder / "tables" / "steps" / "leak.py").write_text(PLUGIN)


async def trust(settings: Settings, file: Path) -> list[str]:
    workbench = Workbench(settings)
    try:
        return await workbench.steps.trust(file)
    finally:
        await workbench.close()


def keep_connections(
    folder: Path,
    patch: pytest.MonkeyPatch,
    vault: list[str],
    service: list[str],
    stored: list[str],
    echo: str,
    model: str,
    composio: str,
    mail: int,
) -> None:
    """The connections, their secrets by references of all four kinds in turn."""
    known = Connections(folder / "private")
    kinds = ("env", "file", "cmd", "store")
    count = 0

    def by(secret: str) -> str:
        nonlocal count
        count += 1
        kind, name = kinds[count % 4], f"LEAKY_{count}"
        file = folder / "private" / name
        if kind == "env":
            patch.setenv(name, secret)
            return f"env:{name}"
        if kind == "store":
            known.store.put(name, secret)
            return f"store:{name}"
        file.write_text(secret)
        return f"file:{file}" if kind == "file" else f"cmd:cat '{file}'"

    _, password, bearer, header, query, client, openai, anthropic, key, env, remote, url, smtp = service
    http: Json = {"baseUrl": echo}
    kept: dict[str, tuple[str, Json]] = {
        "vault": ("generic", {"secrets": {f"s{number}": by(secret) for number, secret in enumerate(vault)}}),
        "basic": ("http", {**http, "auth": "basic", "username": "ann", "password": by(password)}),
        "bearer": ("http", {**http, "auth": "bearer", "token": by(bearer)}),
        "header": ("http", {**http, "auth": "apiKey", "apiKey": by(header)}),
        "query": ("http", {**http, "auth": "apiKey", "apiKey": by(query), "apiKeyIn": "query"}),
        "oauth": (
            "http",
            {
                **http,
                "auth": "clientCredentials",
                "tokenUrl": f"{echo}/token",
                "clientId": "me",
                "clientSecret": by(client),
            },
        ),
        "openai": ("openai", {"baseUrl": f"{model}/v1", "apiKey": by(openai), "model": "tiny-1"}),
        "anthropic": ("anthropic", {"baseUrl": model, "apiKey": by(anthropic), "model": "tiny-1"}),
        "composio": ("composio", {"baseUrl": composio, "apiKey": by(key)}),
        "stdio": ("mcp", {"command": RAW, "env": {"LEAKY_ENV": by(env)}}),
        "remote": ("mcp", {"url": f"{echo}/mcp", "headers": {"Authorization": by(remote)}}),
        "db": ("database", {"url": by(f"sqlite:///{folder}/work/{url.replace('/', '_')}.db")}),
        "smtp": (
            "smtp",
            {"host": "127.0.0.1", "port": mail, "security": "none", "username": "a@b.org", "password": by(smtp)},
        ),
    }
    for name, (kind, values) in kept.items():
        known.save(StoredConnection(name=name, kind=kind, values=values))
    known.store.put("first", stored[0])
    known.store.put("second", stored[1])


async def texts_of_versions(settings: Settings, names: list[str]) -> str:
    """Versions of the workflows for comparison; drafts of killed editors are kept."""
    workbench = Workbench(settings)
    try:
        found = []
        for name in names:
            source = await workbench.workflows.read(name)
            draft = workbench.sources.draft_file(name)
            draft.keep(source.text + "\n", "")
            draft.release()
            found += [version.text for version in await workbench.sources.versions(name)]
            found += [each.text for each in await workbench.sources.drafts(name)]
        return "\n".join(found)
    finally:
        await workbench.close()


async def texts_of_pins(settings: Settings, runs: dict[str, Json]) -> str:
    """Pin the output of every step of the last runs, and return the files of pins."""
    workbench = Workbench(settings)
    try:
        store = await workbench.store()
        for name, run in runs.items():
            record = await store.get(run["id"], window=None)
            assert record is not None
            for step in (await store.resolve_record(record)).step_results:
                if step.path == step.step_id and step.status == "completed":
                    await workbench.trials.pin(name, step.step_id, step.output)
        return "".join(file.read_text() for file in sorted(settings.tables.rglob("pins.json")))
    finally:
        await workbench.close()


async def record_of(settings: Settings, workflow: str) -> Json:
    from wftui.model.run.summary import ExecutionFilters

    workbench = Workbench(settings)
    try:
        page = await workbench.runs.history(ExecutionFilters(workflow_id=workflow))
        found = next(each for each in page.executions if each.parent_id is None)
        return (await workbench.runs.record(found.id, whole=True)).to_wire()
    finally:
        await workbench.close()


async def stored_texts(settings: Settings, runs: list[Json]) -> dict[str, str]:
    """Events and records with their big values, and all separately stored values."""
    workbench = Workbench(settings)
    try:
        store = await workbench.store()
        ids = [each.id for each in (await workbench.runs.history(limit=100)).executions]
        events = [
            await store.resolve([event.to_wire() for event in await workbench.runs.events(run_id, limit=100_000)])
            for run_id in ids
        ]
        records = [(await workbench.runs.record(run_id, whole=True)).to_wire() for run_id in ids]
    finally:
        await workbench.close()
    assert len(ids) >= 4, "the child is one of them"
    return {
        "events": "\n".join([*texts_in(events), json.dumps(events)]),
        "record": "\n".join([*texts_in(records), json.dumps(records, ensure_ascii=False)]),
        "stored values": "\n".join(_cells(settings.database)),
    }


def _cells(database: Path) -> Iterator[str]:
    """Every value of every table, unpacked."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert "payload_parts" in names
        for name in names:
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                for value in row:
                    if isinstance(value, bytes):
                        with contextlib.suppress(zlib.error):
                            value = zlib.decompress(value)
                        value = value.decode("utf-8", "replace")
                    yield str(value)
