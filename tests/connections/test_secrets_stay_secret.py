"""1,000 random secrets through every step type: none is found in any encoding."""

import asyncio
import contextlib
import json
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from steps.composio.composio_server import Account, composio_server
from steps.llm.model_server import Fail, Say, call, model_server
from steps.mcp.mcp_helpers import RAW

from connections.leaky_runs import (
    KINDS,
    captured_logs,
    exported,
    keep_connections,
    output_of,
    record_of,
    stored_texts,
    texts_of_pins,
    texts_of_versions,
    trust,
    write_workspace,
)
from connections.leaky_served import SERVED, agent_results, http_answers
from connections.leaky_servers import echo_server, mailing
from connections.leaky_workflows import CHILD, COVERED, local, services
from connections.secret_helpers import PLAIN, Search, random_secrets
from wftui.model.base import Json
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workbench import Settings

SEED = 20261122
INPUTS, VAULT, SERVICES = 1_000, 60, 13

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
        logs = stack.enter_context(captured_logs())
        echo = stack.enter_context(echo_server(service[0]))
        model = stack.enter_context(model_server())
        composio = stack.enter_context(composio_server())
        mail = stack.enter_context(mailing())
        shown = " ".join(listed[:100])
        say = call("run", secrets=listed[:5])
        model.script += [say, Say(shown), Fail(401, shown), say, Say(shown), Fail(500, shown)]
        composio.accounts.append(Account("ca_1", "github", "ada"))
        composio.execution = {"data": None, "error": shown, "successful": False}
        keep_connections(folder, patch, vault, service, stored, echo, model.url, composio.url, mail.port)
        write_workspace(
            folder,
            {"local": local(str(folder / "processes")), "child": CHILD, "services": services(echo, RAW), **SERVED},
        )
        places = ["--tables", str(settings.tables), "--db", str(settings.database)]
        (folder / "inputs.json").write_text(json.dumps(inputs))
        message: dict[str, str] = {}
        trusted = asyncio.run(trust(settings, settings.tables / "steps" / "leak.py"))
        assert trusted == ["acme.fail", "acme.leak"]
        given = ["--input", f"@{folder}/inputs.json"]
        output_of(["history", *places])
        # As long as it is being read, the database keeps its write-ahead log.
        reader = stack.enter_context(contextlib.closing(sqlite3.connect(settings.database)))
        reader.execute("SELECT count(*) FROM sqlite_master").fetchall()
        message["run --events"] = output_of(["run", "local", *given, "--events", *places])
        message["run --json"] = output_of(["run", "services", *given, "--json", *places])
        message["run"] = output_of(["run", "child", "--input", "{}", *places]) + output_of(["watch", "last", *places])
        runs = {name: asyncio.run(record_of(settings, name)) for name in ("local", "services")}
        message["plans"] = message["refused reruns"] = ""
        for run in runs.values():
            rerun = ["rerun", run["id"], "--from-failed", *given, *places]
            message["plans"] += output_of([*rerun, "--plan"]) + output_of([*rerun, "--plan", "--json"])
            message["plans"] += output_of(["resume", run["id"], "--plan", "--json", *places])
            message["refused reruns"] += output_of(rerun)
        (folder / "inputs.json").unlink()
        message["compile"] = "".join(
            output_of(["compile", "--all", f"--format={name}", *places])
            for name in ("human", "json", "sarif", "github")
        )
        message["doctor"] = output_of(["doctor", *places]) + output_of(["doctor", "--json", *places])
        for option in ("--json", "--logs", "--events"):
            message[f"show {option}"] = "".join(
                output_of(["show", run["id"], option, *places]) for run in runs.values()
            )
        message["run"] += "".join(output_of(["show", run["id"], *places]) for run in runs.values())
        message["history --json"] = output_of(["history", "--json", *places])
        message["exports"] = output_of(["history", "--format", "csv", *places])
        for name, run in runs.items():
            message["exports"] += "".join(
                exported(run["id"], kind, folder / f"{name}.{kind}", places) for kind in KINDS
            )
        ids = [run["id"] for run in runs.values()]
        message["compare, grep, stats"] = output_of(["compare", *ids, *places]) + output_of(
            ["compare", *ids, "--json", *places]
        )
        message["compare, grep, stats"] += output_of(["grep", "a", *places]) + output_of(["stats", "local", *places])
        message["results for agents"] = asyncio.run(agent_results(settings, inputs))
        message["versions"] = asyncio.run(texts_of_versions(settings, [*runs, *SERVED]))
        message["pins"] = asyncio.run(texts_of_pins(settings, runs))
        drafts = folder / "data" / "wftui" / "drafts"
        message["steps"] = output_of(["steps", *places])
        message["connections"] = output_of(["connections"]) + output_of(["connections", "--json"])
        message["connections"] += output_of(["connections", "secret", "list"]) + output_of(
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
                **asyncio.run(stored_texts(settings, list(runs.values()))),
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
