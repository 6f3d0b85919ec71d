"""Access: tokens, scopes, workflows, hosts, origins and limits of a body."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from helpers import PATIENCE

from api.api_server import Server, ended, serving_in, start, waits
from wftui.api.routes import ENDPOINTS, Endpoint

BODIES = {
    "compile": {"workflowId": "greet"},
    "execute": {"workflowId": "greet", "inputs": {"who": "Ada"}},
    "answer": {"path": "ok", "approved": True},
}


class World:
    """A server with tokens of all kinds and a waiting run."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.read = server.add_token("reader", "read")
        self.run = server.add_token("runner", "run")
        self.other = server.add_token("other", "run", "greet", "big")
        self.asks = server.add_token("asks", "run", "parent")
        with server.client(self.run) as client:
            self.run_id = start(client, "asks")
            waits(client, self.run_id)

    def path(self, endpoint: Endpoint) -> str:
        names = {"id": self.run_id, "path": "first", "hash": f"sha256:{'0' * 64}"}
        if "definitions" in endpoint.path:
            names["id"] = "asks"
        return endpoint.path.format(**names)

    def ask(self, endpoint: Endpoint, token: str, path: str | None = None) -> httpx.Response:
        with self.server.client(token) as client:
            body = BODIES.get(endpoint.name, {}) if endpoint.body else None
            query = {"compare": {"before": self.run_id, "after": self.run_id}}.get(endpoint.name)
            return client.request(endpoint.method, path or self.path(endpoint), json=body, params=query)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving_in(tmp_path_factory.mktemp("access")) as server:
        yield World(server)


def names(endpoint: Endpoint) -> str:
    return endpoint.name


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=names)
@pytest.mark.parametrize("token", ["", "wrong", "wft_ä"], ids=["none", "wrong", "odd"])
def test_without_a_token_there_is_nothing(world: World, endpoint: Endpoint, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    with httpx.Client(base_url=world.server.url, timeout=PATIENCE) as client:
        answer = client.request(endpoint.method, world.path(endpoint), headers=headers)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (401, "token.invalid")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        missing = client.get("/api/nothing", headers=headers)  # type: ignore[arg-type]
        assert missing.status_code == 401


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.scope != "read"], ids=names)
def test_a_scope_does_not_include_what_is_above_it(world: World, endpoint: Endpoint) -> None:
    answer = world.ask(endpoint, world.read if endpoint.scope == "run" else world.run)
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope")


_OF_RUN = [each for each in ENDPOINTS if ("{id}" in each.path or each.name == "compare") and each.scope != "admin"]


@pytest.mark.parametrize("endpoint", _OF_RUN, ids=names)
def test_a_token_of_another_workflow_sees_no_run(world: World, endpoint: Endpoint) -> None:
    answer = world.ask(endpoint, world.other)
    assert answer.status_code == 404
    assert answer.json()["code"] in ("run.not_found", "workflow.not_found")
    if endpoint.name == "compare":
        return
    again = world.ask(endpoint, world.other, world.path(endpoint).replace(world.run_id, "1m8kz5v3g-00000"))
    assert again.json() == answer.json()


@pytest.mark.first_cases(20)
@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if "{" in each.path], ids=names)
@pytest.mark.parametrize("odd", ["%2e%2e%2f%2e%2e%2fetc", "..%2fgreet", "%00", "%ff%fe", "a" * 5000, "%F0%9F%98%80"])
def test_odd_names_are_not_found(world: World, endpoint: Endpoint, odd: str) -> None:
    path = endpoint.path.replace("{id}", odd).replace("{path}", odd).replace("{hash}", odd)
    answer = world.ask(endpoint, world.server.admin, path)
    assert answer.status_code in (404, 405, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_workflows_of_a_token_are_all_it_sees(world: World) -> None:
    with world.server.client(world.other) as client:
        listed = client.get("/api/workflows").json()["workflows"]
        assert [row["id"] for row in listed] == ["big", "greet"]
        refused = client.post("/api/workflows/execute", json={"workflowId": "asks"})
        assert refused.json()["code"] == "workflow.not_found"
        mine = start(client, "greet", {"who": "Ada"})
        ended(client, mine)
        runs = client.get("/api/workflows/history").json()["executions"]
        assert [run["id"] for run in runs] == [mine]
        assert runs[0]["userId"] == "other"
        for query in ({"workflowId": "asks"}, {"parentId": world.run_id}, {"workflowIds": "asks"}):
            answer = client.get("/api/workflows/history", params=query)
            assert answer.status_code == 422 or answer.json()["executions"] == []


def test_a_token_sees_the_children_of_its_runs(world: World) -> None:
    with world.server.client(world.asks) as client:
        parent = start(client, "parent")
        waits(client, parent)
        [child] = client.get("/api/workflows/history", params={"parentId": parent}).json()["executions"]
        assert child["workflowId"] == "asks"
        waits(client, child["id"])
        path = f"/api/workflows/execute/{child['id']}"
        assert client.post(f"{path}/answer", json={"path": "ok", "approved": True}).status_code == 200
        assert ended(client, parent)["status"] == "completed"
        assert client.get(path).json()["parentId"] == parent
        # The child as a workflow of its own is another matter.
        assert client.post(f"{path}/rerun", json={}).status_code == 404


def test_a_removed_token_is_refused_at_once(world: World) -> None:
    text = world.server.add_token("leaves", "read")
    with world.server.client(text) as client:
        assert client.get("/api/workflows").status_code == 200
        world.server.wftui("serve", "token", "remove", "leaves")
        assert client.get("/api/workflows").status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "[::1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:9"}, 200),
    ],
)
def test_hosts_and_origins(world: World, headers: dict[str, str], status: int) -> None:
    with world.server.client(world.read) as client:
        assert client.get("/api/workflows", headers=headers).status_code == status
        assert client.get("/health", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "request.json"),
        (b"", 400, "request.json"),
        (b"\xff\xfe", 400, "request.json"),
        (b"NaN", 400, "request.json"),
        (b"[" * 100_000, 400, "request.json"),
        (b'{"workflowId": ' + b"[" * 70 + b"]" * 70 + b"}", 400, "request.json"),
        (b'{"workflowId": "greet", "inputs": {"who": "\\ud800"}}', 400, "request.json"),
        (b'{"workflowId": 9' + b"9" * 6000 + b"}", 400, "request.json"),
        (b"[]", 422, "request.invalid"),
        (b"{}", 422, "request.invalid"),
        (b'{"workflowId": "greet", "parentId": "x"}', 422, "request.invalid"),
        (b'{"workflow_id": "greet"}', 422, "request.invalid"),
        (b'{"workflowId": "greet", "inputs": []}', 422, "request.invalid"),
        (b'"' + b"x" * 10_000_000 + b'"', 413, "request.too_large"),
    ],
)
def test_bodies_are_bounded_and_checked(world: World, content: bytes, status: int, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    with world.server.client(world.run) as client:
        for endpoint in (each for each in ENDPOINTS if each.body and each.scope != "admin"):
            if endpoint.name != "execute" and b"workflow" in content:
                continue
            if endpoint.name != "execute" and content == b"{}":
                continue
            answer = client.request(endpoint.method, world.path(endpoint), content=content, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (status, code), endpoint.name
        streamed = client.post("/api/workflows/execute", content=iter([content]), headers=headers)
        assert streamed.status_code == status


def test_a_body_is_json(world: World) -> None:
    with world.server.client(world.run) as client:
        answer = client.post("/api/workflows/execute", data={"workflowId": "greet"})
        assert (answer.status_code, answer.json()["code"]) == (415, "request.media_type")


def test_other_methods_and_paths(world: World) -> None:
    with world.server.client(world.read) as client:
        answer = client.put(f"/api/workflows/execute/{world.run_id}", json={})
        assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET")
        assert client.get("/api/workflows/nothing/at/all").json()["code"] == "request.path"
        assert client.get("/").status_code == 404


def test_the_server_has_logged_no_error(world: World) -> None:
    assert world.server.errors == []


def test_the_tokens_file_is_private_and_holds_no_token(world: World, tmp_path: Path) -> None:
    file = world.server.database.with_name("runs.db.tokens")
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert all(token not in text for token in (world.read, world.run, world.other, world.server.admin))
    listed = json.loads(world.server.wftui("serve", "token", "list", "--json"))
    assert [set(token) for token in listed if token["name"] == "other"] == [{"name", "scope", "workflows", "createdAt"}]
