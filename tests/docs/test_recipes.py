"""The recipes of docs/ compile without warnings and work, with real counterparts."""

import argparse
import csv
import json
import os
import shlex
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from helpers import patience, run_to_end
from steps.email.mail_server import mail_server
from steps.http.http_server import Handler, serving
from steps.llm.model_server import model_server

from docs.page_runner import DOCS, blocks
from wftui.cli.inputs import read_inputs
from wftui.cli.parser import build_parser
from wftui.connections.connections import StoredConnection
from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Settings, Workbench

RECIPES = sorted(path.parent for path in DOCS.glob("recipes/*/workflow.json"))


@pytest.fixture
async def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workbench]:
    """A workbench over a workspace with the recipes, started in an empty folder."""
    shutil.copytree(DOCS / "recipes", tmp_path / "tables" / "workflows")
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(tmp_path / "private"))
    monkeypatch.chdir(tmp_path)
    bench = Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ada"))
    yield bench
    await bench.close(cancel=True)


async def completed(workbench: Workbench, recipe: str, inputs: dict[str, Json]) -> dict[str, Any]:
    """Run a recipe to its good end; returns its outputs."""
    record = await run_to_end(workbench, recipe, inputs)
    assert record.status == "completed", record.error
    outputs: dict[str, Any] = record.outputs
    return outputs


async def failed(workbench: Workbench, recipe: str, inputs: dict[str, Json]) -> ExecutionRecord:
    record = await run_to_end(workbench, recipe, inputs)
    assert record.status == "failed"
    return record


def query(database: Path, statement: str, rows: Iterable[tuple[Json, ...]] = ()) -> list[tuple[Any, ...]]:
    """Ask or change a database; with rows, once for each."""
    with closing(sqlite3.connect(database)) as connection, connection:
        if rows:
            connection.executemany(statement, rows)
            return []
        return connection.execute(statement).fetchall()


async def connect(workbench: Workbench, name: str, kind: str, **values: Json) -> None:
    await workbench.connections.save(StoredConnection(name=name, kind=kind, values=values))


@pytest.mark.parametrize("folder", RECIPES, ids=lambda folder: folder.name)
async def test_a_recipe_compiles_without_a_warning(workbench: Workbench, folder: Path) -> None:
    result = await workbench.workflows.check(folder.name, (folder / "workflow.json").read_text())
    found = [each for each in (*result.errors, *result.warnings) if each.code != "connection.absent"]
    assert found == []


async def test_nightly_dump(workbench: Workbench, tmp_path: Path) -> None:
    shop, dumps = tmp_path / "shop.db", tmp_path / "dumps"
    query(shop, "CREATE TABLE orders (id)")
    query(shop, "INSERT INTO orders VALUES (?)", [(1,), (2,)])
    dumps.mkdir()
    for day in (1, 2, 3):
        (dumps / f"2001-01-0{day}T000000.db.tar.gz").touch()

    outputs = await completed(workbench, "nightly_dump", {"database": str(shop), "folder": str(dumps), "keep": 2})
    assert outputs["deleted"] == 2
    left = sorted(path.name for path in dumps.iterdir())
    assert left == ["2001-01-03T000000.db.tar.gz", Path(outputs["dump"]).name]
    shutil.unpack_archive(outputs["dump"], tmp_path / "again")
    [restored] = [path for path in (tmp_path / "again").rglob("*.db") if path.is_file()]
    assert query(restored, "SELECT count(*) FROM orders") == [(2,)]


async def test_deploy_hosts(workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Stands in for ssh: runs the command here, in a folder of the host; the host called `gone` cannot be reached.
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$1" != gone ] || exit 255\nmkdir -p {tmp_path}/$1 && cd {tmp_path}/$1 && sh -c "$2"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "index.html").write_text("version 2")
    artifact = shutil.make_archive(str(tmp_path / "app-2"), "gztar", tmp_path / "app")

    def inputs(names: list[str], health: str) -> dict[str, Json]:
        hosts = [{"name": name, "health": health} for name in names]
        return {"hosts": hosts, "artifact": artifact, "release": "2", "folder": "srv"}

    with serving() as url:
        outputs = await completed(workbench, "deploy_hosts", inputs(["web1", "web2"], f"{url}/text"))
        assert outputs["failed"] == []
        for host in ("web1", "web2"):
            assert (tmp_path / host / "srv" / "2" / "index.html").read_text() == "version 2"
            assert (tmp_path / host / "srv" / "current").readlink() == Path("srv/2")
        record = await failed(workbench, "deploy_hosts", inputs(["gone", "web3"], f"{url}/text"))
        assert record.error is not None
        assert record.error.message == "not deployed: gone"
        assert (tmp_path / "web3" / "srv" / "2" / "index.html").exists()

        program.write_text(program.read_text().replace('"$1" != gone', '"$1" != web3'))
        again = await workbench.runs.rerun(record.id, {}, reuse=True)
        async with patience():
            await workbench.runs.wait(again)
        repeated = await workbench.runs.record(again, whole=True)
        assert (repeated.status, repeated.outputs["failed"]) == ("completed", []), "web3 is reused: it is unreachable"


async def test_paginated_pull(workbench: Workbench, tmp_path: Path) -> None:
    pages = {"": (["a", "b"], "2"), "2": (["c"], "3"), "3": (["d"], None)}

    class Pages(Handler):
        def handle_request(self) -> None:
            ids, following = pages[parse_qs(urlsplit(self.path).query).get("cursor", [""])[0]]
            self.answer_json({"items": [{"id": each, "size": 1} for each in ids], "next": following})

        do_GET = handle_request  # noqa: N815

    with serving(Pages) as url:
        for _ in range(2):
            outputs = await completed(workbench, "paginated_pull", {"url": f"{url}/things", "database": "things.db"})
            assert outputs == {"pages": 3, "items": 4}
    assert [row[0] for row in query(tmp_path / "things.db", "SELECT id FROM items ORDER BY id")] == ["a", "b", "c", "d"]


async def test_data_checks(workbench: Workbench, tmp_path: Path) -> None:
    shop = tmp_path / "shop.db"
    query(shop, "CREATE TABLE customers (id)")
    query(shop, "CREATE TABLE orders (id, number, customer, amount, day)")
    query(shop, "INSERT INTO customers VALUES (?)", [(1,)])
    query(
        shop,
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?)",
        [(1, "A1", 1, 10, "2026-11-28"), (2, "A2", 1, 5, "2026-11-29")],
    )
    inputs: dict[str, Json] = {"database": str(shop), "since": "2026-11-29"}
    assert (await completed(workbench, "data_checks", inputs))["failed"] == []

    query(shop, "INSERT INTO orders VALUES (?, ?, ?, ?, ?)", [(3, "A2", 7, -1, "2026-11-29")])
    record = await failed(workbench, "data_checks", inputs)
    assert record.error is not None
    assert record.error.message == "did not pass: negative, twice, orphans"
    assert record.outputs["examples"]["orphans"] == [{"id": 3, "customer": 7}]


async def test_llm_files(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.txt").write_text("My bill is wrong!")
    (tmp_path / "in" / "two.txt").write_bytes(b"\xff\xfe")  # no text: this file fails, and the other does not
    with model_server() as model:
        model.script = [json.dumps({"topic": "billing", "urgent": True, "summary": "A wrong bill."})]
        await connect(workbench, "model", "openai", baseUrl=f"{model.url}/v1", model="tiny")
        outputs = await completed(workbench, "llm_files", {"folder": "in", "to": "out.csv"})
        assert "My bill is wrong!" in model.asked[0]["messages"][-1]["content"]
    assert outputs == {"sorted": 1, "failed": 1, "urgent": ["one.txt"]}
    [row] = csv.DictReader((tmp_path / "out.csv").open())
    assert (row["file"], row["topic"], row["summary"]) == ("one.txt", "billing", "A wrong bill.")


async def test_release(workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"NAME": "Ada", "EMAIL": "ada@example.org"}.items():
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)
    repo = tmp_path / "repo"
    repo.mkdir()

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=repo, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "Begin")
    git("tag", "v0.1.0")
    git("commit", "-q", "--allow-empty", "-m", "Add a thing")

    async def release(*, approved: bool, data: Json = None) -> ExecutionRecord:
        run_id = await workbench.runs.start("release", {"repo": str(repo), "test": "true"})
        async with patience():
            async for batch in workbench.runs.follow(run_id):
                if any(event.type == "step_waiting" for event in batch):
                    await workbench.runs.answer(run_id, "confirm", approved=approved, data=data)
        return await workbench.runs.record(run_id, whole=True)

    refused = await release(approved=False)
    assert refused.error is not None
    assert (refused.status, refused.error.type) == ("failed", "approval.rejected")
    assert git("tag").split() == ["v0.1.0"]

    record = await release(approved=True, data={"version": "v0.2.0"})
    assert (record.status, record.outputs) == ("completed", {"version": "v0.2.0", "by": "ada"})
    assert "- Add a thing" in git("tag", "-n9", "-l", "v0.2.0")

    (repo / "left.txt").write_text("not committed")
    assert (await failed(workbench, "release", {"repo": str(repo), "test": "true"})).error is not None


async def test_log_rotation(workbench: Workbench, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "big.log").write_text("line\n" * 1000)
    (logs / "small.log").write_text("line\n")
    old = logs / "big.log.2020-01-01T000000.gz"
    old.touch()
    os.utime(old, (0, 0))
    (logs / "big.log").chmod(0o640)

    outputs = await completed(workbench, "log_rotation", {"folder": str(logs), "bytes": 1000, "days": 30})
    assert outputs == {"packed": 1, "deleted": 1}
    [packed] = logs.glob("*.gz")
    assert subprocess.run(["gzip", "-dc", packed], capture_output=True, check=True).stdout == b"line\n" * 1000
    assert ((logs / "big.log").read_bytes(), (logs / "small.log").read_text()) == (b"", "line\n")
    assert stat.S_IMODE((logs / "big.log").stat().st_mode) == 0o640


async def test_site_alert(workbench: Workbench) -> None:
    async with mail_server() as box:
        await connect(
            workbench, "mail", "smtp", host="127.0.0.1", port=box.port, security="none", sender="me@example.org"
        )
        with serving() as url:
            well: dict[str, Json] = {"urls": [f"{url}/text"], "to": "ann@example.org"}
            assert (await completed(workbench, "site_alert", well))["down"] == []
            assert box.messages == []
            urls = [f"{url}/text", f"{url}/status/404"]
            outputs = await completed(workbench, "site_alert", {"urls": urls, "to": "ann@example.org"})
    [reported] = outputs["down"]
    assert reported.startswith(urls[1])
    assert box.recipients == ["ann@example.org"]
    assert "1 of 2 sites are down" in box.messages[0]


async def test_csv_to_report(workbench: Workbench, tmp_path: Path) -> None:
    sales = tmp_path / "sales.csv"
    sales.write_text("date,product,amount\n2026-10-01,tea,3.50\n2026-10-09,tea,1.50\n2026-11-01,<pot>,20\n")
    template = tmp_path / "tables" / "workflows" / "csv_to_report" / "report.html.j2"
    outputs = await completed(workbench, "csv_to_report", {"csv": str(sales), "template": str(template)})
    assert outputs["rows"][0] == {"month": "2026-10", "product": "tea", "total": 5.0, "sales": 2}
    page = (tmp_path / "report.html").read_text()
    assert "<td>2026-10<td>tea<td>2<td>5.0" in page
    assert "&lt;pot&gt;" in page

    sales.write_text("date,product,amount\n01.10.2026,tea,3.50\n")
    record = await failed(workbench, "csv_to_report", {"csv": str(sales), "template": str(template)})
    assert record.error is not None
    assert record.error.type == "validation.output"


async def test_verified_backup(workbench: Workbench, tmp_path: Path) -> None:
    source = tmp_path / "data"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "a.txt").write_text("a")
    (source / "cache").mkdir()
    (source / "cache" / "big").write_text("left out")
    (tmp_path / "two").mkdir()
    places = {"source": "data", "first": "one", "second": "two", "exclude": ["cache"]}
    outputs = await completed(workbench, "verified_backup", {**places})
    assert outputs["files"] == 1
    assert Path(outputs["copy"]).read_bytes() == Path(outputs["archive"]).read_bytes()
    assert [path.name for path in (tmp_path / "one").iterdir()] == [Path(outputs["archive"]).name]


async def test_fan_out(workbench: Workbench, tmp_path: Path) -> None:
    shop = tmp_path / "shop.db"
    query(shop, "CREATE TABLE orders (region, amount)")
    query(shop, "INSERT INTO orders VALUES (?, ?)", [("north", 10), ("south", 30), ("south", 5)])
    inputs: dict[str, Json] = {"database": str(shop), "regions": ["north", "south", "east"]}
    assert await completed(workbench, "fan_out", inputs) == {"total": 45, "best": "south", "failed": 1}


async def test_api_sync(workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "tok-secret-1")
    asked: list[tuple[str, str | None]] = []
    people: list[dict[str, Json]] = [
        {"id": 1, "name": "Ann", "updatedAt": "2026-11-01"},
        {"id": 2, "name": "Bob", "updatedAt": "2026-11-02"},
    ]

    class People(Handler):
        def handle_request(self) -> None:
            since = parse_qs(urlsplit(self.path).query)["since"][0]
            asked.append((since, self.headers.get("Authorization")))
            self.answer_json(people)

        do_GET = handle_request  # noqa: N815

    with serving(People) as url:
        await connect(workbench, "api", "http", baseUrl=url, auth="bearer", token="env:API_TOKEN")
        assert await completed(workbench, "api_sync", {"database": "people.db"}) == {"changed": 2, "deleted": 0}
        people[:] = [{"id": 2, "deleted": True}, {"id": 1, "name": "Anna", "updatedAt": "2026-11-03"}]
        assert await completed(workbench, "api_sync", {"database": "people.db"}) == {"changed": 1, "deleted": 1}
        people.clear()
        assert await completed(workbench, "api_sync", {"database": "people.db"}) == {"changed": 0, "deleted": 0}
    assert query(tmp_path / "people.db", "SELECT id, name FROM people") == [(1, "Anna")]
    assert asked[0] == ("1970-01-01T00:00:00Z", "Bearer tok-secret-1")
    assert asked[1][0] > asked[0][0]
    assert b"tok-secret-1" not in (tmp_path / "runs.db").read_bytes()


def test_the_commands_of_the_page_fit_the_recipes() -> None:
    parser = build_parser()
    shown: set[str] = set()
    for block in blocks(DOCS / "recipes.md"):
        for line in block.text.splitlines() if block.language == "sh" else ():
            words = shlex.split(line)
            if words[0] != "wftui":
                continue
            arguments = parser.parse_args(words[1:])
            if arguments.command == "run":
                schema = json.loads((DOCS / "recipes" / arguments.id / "workflow.json").read_text())["inputSchema"]
                given = read_inputs(argparse.Namespace(input=None, pairs=_without_files(arguments.pairs)), schema)
                assert set(schema["required"]) <= {*given, *(pair.partition("=")[0] for pair in arguments.pairs)}
                shown.add(arguments.id)
    assert shown == {folder.name for folder in RECIPES} - {"fan_out_region"}


def _without_files(pairs: list[str]) -> list[str]:
    return [pair for pair in pairs if "=@" not in pair]
