"""1,000 random secrets through every step type: none is found in any encoding."""

import asyncio
import contextlib
import gzip
import io
import json
import logging
import random
import signal
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from steps.composio.composio_server import Account, composio_server
from steps.llm.model_server import Fail, Say, call, model_server
from steps.mcp.mcp_helpers import RAW

from connections.leaky_served import SERVED, agent_results, http_answers
from connections.leaky_servers import echo_server, mailing
from connections.leaky_workflows import CHILD, COVERED, PLUGIN, local, services
from connections.secret_helpers import PLAIN, Search, random_secrets, texts_in
from wftui.cli.dispatch import dispatch
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.base import Json
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workbench import Settings, Workbench

SEED = 20261122
INPUTS, VAULT, SERVICES = 1_000, 60, 13

KINDS = ("run", "html", "ndjson", "otlp")
"""The formats of `export`."""

SINKS = (
    "database",
    "write-ahead log",
    "its index",
    "stored values",
    "events",
    "record",
    "run --events",
    "run --json",
    "run",
    "show --json",
    "show --logs",
    "show --events",
    "history --json",
    "exports",
    "compare, grep, stats",
    "workspace",
    "temporary files",
    "command lines",
    "environments of processes",
    "data folder",
    "compilation cache",
    "drafts",
    "versions",
    "pins",
    "http answers",
    "results for agents",
    "python logging",
    "steps",
    "connections",
    "plans",
    "refused reruns",
    "compile",
    "doctor",
)
"""What is looked through; forms, editor, clipboard and screens are in tests/tui/test_secrets_on_screen.py."""


@dataclass
class Leaky:
    """The runs that were made, and what they left behind."""

    settings: Settings
    secrets: list[str]
    listed: int
    search: Search
    given: Search
    runs: dict[str, Json]
    sinks: dict[str, str | bytes] = field(default_factory=dict)


def test_every_step_type_is_among_them() -> None:
    known = {kind.word for kind in builtin_registry().types()} | set(CONTAINER_TYPES) | {"acme.leak", "acme.fail"}
    assert COVERED.keys() == known, "say in leaky_workflows.py how a new step type can leak, and let it try"
    used = {step["type"] for flow in (local(""), services("", ["x"])) for step in _steps(flow)}
    assert used == known


@pytest.mark.slow
def test_sinks_hold_data_and_no_secret(leaky: Leaky) -> None:
    assert leaky.sinks.keys() == set(SINKS)
    for name, text in leaky.sinks.items():
        assert text or name in ("python logging", "temporary files", "data folder"), f"{name} is empty"
        # The user's own environment, which has the secrets of references env:NAME, is that of all children, too.
        search = leaky.given if name == "environments of processes" else leaky.search
        found = search.found_in(text)
        assert not found, f"{name} holds {found[0][0]!r} of {found[0][1]!r} (seed {SEED})"


@pytest.mark.slow
def test_the_steps_themselves_saw_the_secrets(leaky: Leaky) -> None:
    saved = json.loads((leaky.settings.tables.parent / "work" / "saved.json").read_text())
    assert saved == leaky.secrets[: leaky.listed]
    assert all("***" in str(leaky.sinks[name]) for name in ("run", "http answers", "results for agents"))
    assert str(leaky.sinks["refused reruns"]).count("error[resume.confirm]") == len(leaky.runs)
    assert str(leaky.sinks["events"]).count("***") > 20 * leaky.listed, "so much was masked"


@pytest.mark.slow
def test_every_step_ended_as_expected(leaky: Leaky) -> None:
    for workflow, record in leaky.runs.items():
        assert record["status"] == "completed", (workflow, record.get("error"))
        flow = local("") if workflow == "local" else services("", ["x"])
        meant = {step["id"]: "failed" if step.get("onError") else "completed" for step in flow["steps"]}
        ended = {each["path"]: each for each in record["stepResults"]}
        for step_id, status in meant.items():
            assert ended[step_id]["status"] == status, (step_id, ended[step_id].get("error"))


@pytest.mark.slow
def test_the_search_would_find_them(leaky: Leaky) -> None:
    for secret in leaky.secrets[:50]:
        text = secret.splitlines()[0]
        assert leaky.search.found_in(f"x{text}x")
        assert leaky.search.found_in(json.dumps({"a": text}).encode())
        assert leaky.search.found_in(text.encode().hex())


def _steps(part: Json) -> Iterator[Json]:
    for step in part.get("steps", []):
        yield step
        yield from _steps(step)
        for part_of_step in [*step.get("cases", []), *step.get("branches", [])]:
            yield from _steps(part_of_step)


# --- making the runs


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Leaky]:
    """Run both workflows once by the command line, in this process; collect traces."""
    folder = tmp_path_factory.mktemp("leaky")
    for name in ("tmp", "work", "private"):
        (folder / name).mkdir()
    choose = random.Random(SEED)
    listed = random_secrets(choose, INPUTS)
    vault = random_secrets(choose, VAULT)
    service = random_secrets(choose, SERVICES, PLAIN)
    token, stored = random_secrets(choose, 1, PLAIN)[0], random_secrets(choose, 2)
    lines = "\n".join(random_secrets(choose, 24, PLAIN))
    nested = random_secrets(choose, 1)[0]
    number = choose.randint(10**9, 10**10)
    secrets = [*listed, *vault, *service, token, *stored, nested, *lines.splitlines(), str(number)]
    assert len(secrets) >= INPUTS + 100
    derived = [token.upper(), token[::-1], token[:12]] + ([token.lower()] if token.lower() != token else [])
    search = Search([*secrets, *derived])
    inputs = {
        "secrets": [*listed],
        "token": token,
        "number": number,
        "nested": {"key": nested},
        "lines": lines,
        "folder": str(folder / "work"),
    }
    settings = Settings(tables=folder / "tables", database=folder / "runs.db", user_id="ada")
    environment = {
        "WFTUI_CONNECTIONS": str(folder / "private"),
        "TMPDIR": str(folder / "tmp"),
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "LEAKY": "1",
    }
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(tempfile, "tempdir", None)
        patch.chdir(folder)
        logs = stack.enter_context(_logging())
        echo = stack.enter_context(echo_server(service[0]))
        model = stack.enter_context(model_server())
        composio = stack.enter_context(composio_server())
        mail = stack.enter_context(mailing())
        shown = " ".join(listed[:100])
        say = call("run", secrets=listed[:5])
        model.script += [say, Say(shown), Fail(401, shown), say, Say(shown), Fail(500, shown)]
        composio.accounts.append(Account("ca_1", "github", "ada"))
        composio.execution = {"data": None, "error": shown, "successful": False}
        _keep_connections(folder, patch, vault, service, stored, echo, model.url, composio.url, mail.port)
        _write_workspace(
            folder,
            {"local": local(str(folder / "processes")), "child": CHILD, "services": services(echo, RAW), **SERVED},
        )
        places = ["--tables", str(settings.tables), "--db", str(settings.database)]
        (folder / "inputs.json").write_text(json.dumps(inputs))
        message: dict[str, str] = {}
        trusted = asyncio.run(_trust(settings, settings.tables / "steps" / "leak.py"))
        assert trusted == ["acme.fail", "acme.leak"]
        given = ["--input", f"@{folder}/inputs.json"]
        _output_of(["history", *places])
        # As long as somebody reads it, the database keeps its write-ahead log.
        reader = stack.enter_context(contextlib.closing(sqlite3.connect(settings.database)))
        reader.execute("SELECT count(*) FROM sqlite_master").fetchall()
        message["run --events"] = _output_of(["run", "local", *given, "--events", *places])
        message["run --json"] = _output_of(["run", "services", *given, "--json", *places])
        message["run"] = _output_of(["run", "child", "--input", "{}", *places]) + _output_of(["watch", "last", *places])
        runs = {name: asyncio.run(_record(settings, name)) for name in ("local", "services")}
        message["plans"] = message["refused reruns"] = ""
        for run in runs.values():
            rerun = ["rerun", run["id"], "--from-failed", *given, *places]
            message["plans"] += _output_of([*rerun, "--plan"]) + _output_of([*rerun, "--plan", "--json"])
            message["plans"] += _output_of(["resume", run["id"], "--plan", "--json", *places])
            message["refused reruns"] += _output_of(rerun)
        (folder / "inputs.json").unlink()
        message["compile"] = "".join(
            _output_of(["compile", "--all", f"--format={name}", *places])
            for name in ("human", "json", "sarif", "github")
        )
        message["doctor"] = _output_of(["doctor", *places]) + _output_of(["doctor", "--json", *places])
        for option in ("--json", "--logs", "--events"):
            message[f"show {option}"] = "".join(
                _output_of(["show", run["id"], option, *places]) for run in runs.values()
            )
        message["run"] += "".join(_output_of(["show", run["id"], *places]) for run in runs.values())
        message["history --json"] = _output_of(["history", "--json", *places])
        message["exports"] = _output_of(["history", "--format", "csv", *places])
        for name, run in runs.items():
            message["exports"] += "".join(
                _exported(run["id"], kind, folder / f"{name}.{kind}", places) for kind in KINDS
            )
        ids = [run["id"] for run in runs.values()]
        message["compare, grep, stats"] = _output_of(["compare", *ids, *places]) + _output_of(
            ["compare", *ids, "--json", *places]
        )
        message["compare, grep, stats"] += _output_of(["grep", "a", *places]) + _output_of(["stats", "local", *places])
        message["results for agents"] = asyncio.run(agent_results(settings, inputs))
        message["versions"] = asyncio.run(_versions(settings, [*runs, *SERVED]))
        message["pins"] = asyncio.run(_pinned(settings, runs))
        drafts = folder / "data" / "wftui" / "drafts"
        message["steps"] = _output_of(["steps", *places])
        message["connections"] = _output_of(["connections"]) + _output_of(["connections", "--json"])
        message["connections"] += _output_of(["connections", "secret", "list"]) + _output_of(
            ["connections", "test", "bearer"]
        )
        logged, index = (Path(f"{settings.database}-{kind}").read_bytes() for kind in ("wal", "shm"))
        reader.close()
        message["http answers"] = http_answers(settings, inputs)  # its process removes the log when it ends
        yield Leaky(
            settings,
            secrets,
            len(listed),
            search,
            Search([*listed, token, nested, *lines.splitlines(), str(number)]),
            runs,
            {
                **message,
                **asyncio.run(_stored(settings, list(runs.values()))),
                "database": settings.database.read_bytes(),
                "write-ahead log": logged,
                "its index": index,
                "workspace": b"".join(
                    path.read_bytes() for path in sorted(settings.tables.rglob("*")) if path.is_file()
                ),
                "temporary files": b"".join(
                    path.read_bytes() for path in sorted((folder / "tmp").rglob("*")) if path.is_file()
                ),
                "command lines": (folder / "processes").read_bytes(),
                "environments of processes": (folder / "processes.environ").read_bytes(),
                "data folder": b"".join(
                    path.read_bytes() for path in sorted((folder / "data").rglob("*")) if path.is_file()
                ),
                "compilation cache": b"".join(
                    path.read_bytes() for path in sorted((folder / "data" / "wftui" / "compiled").rglob("*.*"))
                ),
                "drafts": b"".join(path.read_bytes() for path in sorted(drafts.iterdir())),
                "python logging": logs.getvalue(),
            },
        )


@contextlib.contextmanager
def _logging() -> Iterator[io.StringIO]:
    """Log messages of libraries at the default level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield text
    finally:
        logging.getLogger().removeHandler(handler)


def _exported(run_id: str, kind: str, file: Path, places: list[str]) -> str:
    """Export a run and return the text of the file, which is removed."""
    _output_of(["export", run_id, "--format", kind, "-o", str(file), *places])
    data = gzip.decompress(file.read_bytes()) if kind == "run" else file.read_bytes()
    file.unlink()
    return data.decode()


def _output_of(words: list[str]) -> str:
    """The output of a command on both streams."""
    text = io.StringIO()
    hang_up = signal.getsignal(signal.SIGHUP)
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            dispatch(words)
    finally:
        signal.signal(signal.SIGHUP, hang_up)
    return text.getvalue()


def _write_workspace(folder: Path, flows: dict[str, Json]) -> None:
    for name, flow in flows.items():
        place = folder / "tables" / "workflows" / name
        place.mkdir(parents=True)
        (place / "workflow.json").write_text(json.dumps(flow, indent=1))
    (folder / "tables" / "steps").mkdir()
    (folder / "tables" / "steps" / "leak.py").write_text(PLUGIN)


async def _trust(settings: Settings, file: Path) -> list[str]:
    workbench = Workbench(settings)
    try:
        return await workbench.steps.trust(file)
    finally:
        await workbench.close()


def _keep_connections(
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


async def _versions(settings: Settings, names: list[str]) -> str:
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


async def _pinned(settings: Settings, runs: dict[str, Json]) -> str:
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


async def _record(settings: Settings, workflow: str) -> Json:
    from wftui.model.run.summary import ExecutionFilters

    workbench = Workbench(settings)
    try:
        page = await workbench.runs.history(ExecutionFilters(workflow_id=workflow))
        found = next(each for each in page.executions if each.parent_id is None)
        return (await workbench.runs.record(found.id, whole=True)).to_wire()
    finally:
        await workbench.close()


async def _stored(settings: Settings, runs: list[Json]) -> dict[str, str]:
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
