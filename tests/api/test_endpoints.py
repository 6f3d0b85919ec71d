"""Every endpoint, through the real server and a real client."""

import json
from collections.abc import Iterator

import httpx
import pytest
from helpers import wait_until

from api.api_server import (
    GREET_SCHEMA,
    Server,
    all_events,
    ended,
    following,
    record,
    serving_in,
    start,
    waits,
)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests that other runs in its database do not disturb."""
    with serving_in(tmp_path_factory.mktemp("endpoints")) as started:
        yield started


@pytest.fixture
def shared(shared_server: Server) -> Iterator[httpx.Client]:
    """A client of that server."""
    with shared_server.client() as opened:
        yield opened


def test_ac_a_4_sse_streams_events(shared: httpx.Client) -> None:
    run_id = start(shared, "asks")
    seen = []
    with following(shared, run_id) as events:
        for number, kind, data in events:
            if kind == ":":
                continue
            seen.append((number, kind))
            assert (data["seq"], data["type"], data["executionId"]) == (number, kind, run_id)
            if kind == "step_waiting":
                answer = shared.post(f"/api/workflows/execute/{run_id}/answer", json={"path": "ok", "approved": True})
                assert answer.status_code == 200
    assert [number for number, _ in seen] == list(range(1, len(seen) + 1))
    assert [kind for _, kind in seen] == [
        "created",
        "started",
        "step_started",
        "step_completed",
        "step_started",
        "step_waiting",
        "step_answered",
        "step_completed",
        "completed",
    ]


def test_a_workflow_is_listed_compiled_and_run(shared: httpx.Client, shared_server: Server) -> None:
    listed = shared.get("/api/workflows").json()["workflows"]
    assert {row["id"]: row["state"] for row in listed}["broken"] == "errors"
    definition = shared.get("/api/workflows/definitions/greet").json()
    assert definition["inputSchema"] == GREET_SCHEMA
    assert [step["stepId"] for step in definition["steps"]] == ["text"]
    compiled = shared.post("/api/workflows/compile", json={"workflowId": "greet"}).json()
    assert compiled["success"]
    assert (shared_server.tables / "workflows/greet/workflow.py").read_text() == compiled["generatedCode"]
    failed = shared.post("/api/workflows/compile", json={"workflowId": "broken"})
    assert (failed.status_code, failed.json()["success"]) == (200, False)
    assert "unknown" in failed.json()["errors"][0]["message"] or failed.json()["errors"][0]["code"]

    answer = shared.post("/api/workflows/execute", json={"workflowId": "greet", "inputs": {"who": "Ada"}})
    run_id = answer.json()["id"]
    assert answer.headers["location"] == f"/api/workflows/execute/{run_id}"
    found = ended(shared, run_id)
    assert found["outputs"] == {"text": "Hello Ada"}
    assert found["inputs"] == {"who": "Ada", "times": 1}
    # The same run, from the command line.
    assert json.loads(shared_server.wftui("show", run_id, "--json")) == found


def test_invalid_inputs_are_refused_before_anything_is_recorded(client: httpx.Client) -> None:
    for inputs, pointers in [
        ({}, ["/inputs/who"]),
        ({"who": "", "times": 0}, ["/inputs/who", "/inputs/times"]),
        ({"who": "Ada", "more": 1}, ["/inputs/more"]),
    ]:
        answer = client.post("/api/workflows/execute", json={"workflowId": "greet", "inputs": inputs})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (problem["status"], problem["code"]) == (422, "validation.inputs")
        assert [each["pointer"] for each in problem["errors"]] == pointers
    assert client.get("/api/workflows/history").json() == {"executions": [], "next": None}


def test_what_cannot_start_says_why(shared: httpx.Client) -> None:
    broken = shared.post("/api/workflows/execute", json={"workflowId": "broken"})
    assert (broken.status_code, broken.json()["code"]) == (409, "workflow.errors")
    assert broken.json()["diagnostics"][0]["line"] == 1
    for name in ("nothing", "../greet", "", "last"):
        missing = shared.post("/api/workflows/execute", json={"workflowId": name})
        assert (missing.status_code, missing.json()["code"]) == (404, "workflow.not_found")
    other = shared.post("/api/workflows/execute", json={"workflowId": "greet", "userId": "grace"})
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/userId")


def test_a_repeated_start_gives_the_run_back(client: httpx.Client) -> None:
    body = {"workflowId": "greet", "inputs": {"who": "Ada"}}
    first, again = [
        client.post("/api/workflows/execute", json=body, headers={"Idempotency-Key": "monday"}) for _ in range(2)
    ]
    assert first.json()["id"] == again.json()["id"]
    body["inputs"] = {"who": "Grace"}
    other = client.post("/api/workflows/execute", json=body, headers={"Idempotency-Key": "monday"})
    assert (other.status_code, other.json()["code"]) == (409, "run.key")
    long = client.post("/api/workflows/execute", json=body, headers={"Idempotency-Key": "x" * 201})
    assert long.status_code == 422
    assert len(client.get("/api/workflows/history").json()["executions"]) == 1


def test_a_run_is_cancelled_and_a_second_time_there_is_nothing_to_cancel(client: httpx.Client, server: Server) -> None:
    run_id = start(client, "sleeps")
    path = f"/api/workflows/execute/{run_id}"
    assert client.delete(path).status_code == 202
    found = ended(client, run_id)
    assert found["status"] == "cancelled"
    assert [event[2].get("by") for event in all_events(client, run_id) if event[1] == "cancel_requested"] == [
        found["userId"]
    ]
    refused = client.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "run.ended")
    assert server.errors == []


def test_a_record_has_an_etag(shared: httpx.Client) -> None:
    run_id = start(shared, "asks")
    waits(shared, run_id)
    path = f"/api/workflows/execute/{run_id}"
    answer = shared.get(path)
    etag = answer.headers["etag"]
    assert etag == f'"{answer.json()["lastSeq"]}"'
    assert shared.get(path, headers={"If-None-Match": f'W/"0", {etag}'}).status_code == 304
    shared.post(f"{path}/answer", json={"path": "ok", "approved": True})
    ended(shared, run_id)
    assert shared.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_only_whole_ids_name_a_run(shared: httpx.Client) -> None:
    run_id = start(shared, "greet", {"who": "Ada"})
    other = start(shared, "greet", {"who": "Grace"})
    common = next(run_id[:end] for end in range(14, 0, -1) if other.startswith(run_id[:end]))
    for text in (common, run_id[:-1], run_id[-4:], "last", run_id.upper(), f"{run_id}%20"):
        answer = shared.get(f"/api/workflows/execute/{text}")
        assert (answer.status_code, answer.json()["code"]) == (404, "run.not_found")


def test_big_values_are_read_by_reference_from_their_run_only(shared: httpx.Client) -> None:
    run_id, other = start(shared, "big"), start(shared, "greet", {"who": "Ada"})
    [step] = ended(shared, run_id)["stepResults"]
    value_hash = step["output"]["$value"]
    path = f"/api/workflows/execute/{run_id}"
    assert shared.get(f"{path}/values/{value_hash}").json() == ["ä" * 100] * 1000
    assert shared.get(path, params={"whole": True}).json()["stepResults"][0]["output"] == ["ä" * 100] * 1000
    for wrong in (f"{path}/values/sha256:{'0' * 64}", f"/api/workflows/execute/{other}/values/{value_hash}"):
        assert shared.get(wrong).json()["code"] == "value.not_found"


def test_a_summary_is_the_run_as_the_history_lists_it(shared: httpx.Client) -> None:
    run_id = start(shared, "talks")
    waits(shared, run_id)
    listed = shared.get("/api/workflows/history", params={"text": run_id}).json()["executions"]
    assert [shared.get(f"/api/workflows/execute/{run_id}/summary").json()] == listed
    missing = shared.get(f"/api/workflows/execute/{run_id[:-1]}/summary")
    assert (missing.status_code, missing.json()["code"]) == (404, "run.not_found")


def test_steps_and_logs(shared: httpx.Client) -> None:
    run_id = start(shared, "talks")
    waits(shared, run_id)
    path = f"/api/workflows/execute/{run_id}"
    [step] = shared.get(f"{path}/steps/talk").json()["steps"]
    assert (step["path"], step["status"], step["output"]) == ("talk", "completed", 400)
    assert shared.get(f"{path}/steps/nothing").json()["code"] == "step.not_found"
    answer = shared.get(f"{path}/logs")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    message = "\n".join(line["message"] for line in lines)
    assert message.split("\n") == [f"line {number}" for number in range(400)]
    assert shared.get(f"{path}/logs", params={"after": lines[-1]["seq"]}).text == ""


def test_a_failed_run_is_run_again_as_its_plan_says(shared: httpx.Client) -> None:
    run_id = start(shared, "fails")
    assert ended(shared, run_id)["error"]["type"] == "stock.empty"
    path = f"/api/workflows/execute/{run_id}"
    plan = shared.post(f"{path}/rerun/plan", json={"reuse": True}).json()["steps"]
    assert [(step["path"], step["action"]) for step in plan] == [("text", "keep"), ("boom", "run")]
    again = shared.post(f"{path}/rerun", json={"reuse": True})
    assert again.status_code == 202
    found = ended(shared, again.json()["id"])
    assert found["parentId"] == run_id
    assert found["stepResults"][0]["keptFrom"] == run_id
    refused = shared.post(f"{path}/resume", json={})
    assert refused.status_code == 409
    assert shared.post(f"{path}/rerun", json={"fromStep": "nothing", "reuse": True}).status_code == 404


def test_approvals_are_answered_once(shared: httpx.Client) -> None:
    run_id = start(shared, "asks")
    waits(shared, run_id)
    path = f"/api/workflows/execute/{run_id}/answer"
    wrong = shared.post(path, json={"path": "first", "approved": True})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "approval.none")
    assert shared.post(path, json={"path": "ok", "approved": "perhaps"}).status_code == 422
    assert shared.post(path, json={"path": "ok", "approved": False}).status_code == 200
    assert ended(shared, run_id)["status"] in ("failed", "completed")
    assert shared.post(path, json={"path": "ok", "approved": True}).status_code in (404, 409)


def test_the_history_is_filtered_and_paged(client: httpx.Client) -> None:
    runs = [start(client, "greet", {"who": str(number)}) for number in range(5)]
    start(client, "fails")
    for run_id in runs:
        ended(client, run_id)
    first = client.get("/api/workflows/history", params={"workflowId": "greet", "limit": 3}).json()
    second = client.get(
        "/api/workflows/history", params={"workflowId": "greet", "limit": 3, "cursor": first["next"]}
    ).json()
    assert [run["id"] for run in (*first["executions"], *second["executions"])] == runs[::-1]
    assert second["next"] is None
    wait_until(
        lambda: client.get("/api/workflows/history", params={"status": ["failed", "cancelled"]}).json()["executions"]
    )
    for wrong in (
        {"limit": 0},
        {"limit": 201},
        {"status": "odd"},
        {"since": "soon"},
        {"workflow": "x"},
        {"cursor": "x"},
    ):
        assert client.get("/api/workflows/history", params=wrong).status_code == 422
    never = {"since": "2026-11-02T00:00:00Z", "until": "2026-11-01T00:00:00Z"}
    for path, more in (
        ("history", {}),
        ("history/count", {}),
        ("history/groups", {"by": "user"}),
        ("search", {"find": "x"}),
    ):
        answer = client.get(f"/api/workflows/{path}", params=never | more)
        assert (answer.status_code, answer.json()["code"]) == (422, "usage.filter")


def test_a_log_that_ends_before_it_begins_is_refused(client: httpx.Client) -> None:
    run_id = start(client, "greet", {"who": "Ada"})
    for query, status in (({"after": 3, "until": 2}, 422), ({"after": 2, "until": 2}, 200)):
        assert client.get(f"/api/workflows/execute/{run_id}/logs", params=query).status_code == status


def test_runs_are_compared_and_counted(client: httpx.Client) -> None:
    first, second = start(client, "greet", {"who": "Ada"}), start(client, "greet", {"who": "Grace"})
    for run_id in (first, second):
        ended(client, run_id)
    found = client.get("/api/workflows/compare", params={"before": first, "after": second}).json()
    assert (found["same"], found["inputs"][0]["pointer"]) == (False, "/who")
    assert client.get("/api/workflows/compare", params={"before": first, "after": "last"}).status_code == 404
    query = {"workflowId": "greet", "since": "2020-01-01T00:00:00Z"}
    assert client.get("/api/workflows/statistics", params=query).json()["total"]["completed"] == 2
    for since in ("2020-01-01", "2020-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "soon"):
        answer = client.get("/api/workflows/statistics", params=query | {"since": since})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/since")


def test_runs_are_shared_with_the_command_line(shared: httpx.Client, shared_server: Server) -> None:
    here = start(shared, "asks")
    waits(shared, here)
    shared_server.wftui("approve", here, "ok")
    assert ended(shared, here)["status"] == "completed"
    there = shared_server.wftui("run", "asks", "--detach").strip()
    waits(shared, there)
    assert shared.delete(f"/api/workflows/execute/{there}").status_code == 202
    assert ended(shared, there)["status"] == "cancelled"
    assert record(shared, there)["userId"] != ""


def test_secrets_are_in_no_answer(shared: httpx.Client, shared_server: Server) -> None:
    secret = "the-pin-of-ada"
    run_id = start(shared, "greet", {"who": f"Ada {secret}", "pin": secret})
    ended(shared, run_id)
    bad = shared.post("/api/workflows/execute", json={"workflowId": "greet", "inputs": {"pin": secret, "who": 1}})
    assert bad.status_code == 422
    path = f"/api/workflows/execute/{run_id}"
    texts = [shared.get(each).text for each in (path, f"{path}/events", f"{path}/logs", "/api/workflows/history")]
    assert all(secret not in text for text in (*texts, bad.text))
    assert "Hello Ada ***" in texts[0]
    assert shared_server.admin not in shared_server.database.with_name("runs.db.tokens").read_text()


def test_wrong_parameters_and_fields_are_named_in_plain_words(shared: httpx.Client) -> None:
    for query, pointer in [
        ("limit=500", "/limit"),
        ("limit=x", "/limit"),
        ("since=soon", "/since"),
        ("more=1", "/more"),
    ]:
        problem = shared.get(f"/api/workflows/history?{query}").json()
        assert (problem["status"], [each["pointer"] for each in problem["errors"]]) == (422, [pointer])
        assert "nput" not in problem["errors"][0]["message"]
    assert "200" in shared.get("/api/workflows/history?limit=500").json()["errors"][0]["message"]
    problem = shared.post("/api/workflows/execute", json={"workflowId": 7, "input": {}}).json()
    assert {each["pointer"] for each in problem["errors"]} == {"/workflowId", "/input"}
    assert "pydantic" not in str(problem)


def test_an_unchanged_history_is_not_made_again(client: httpx.Client, server: Server) -> None:
    narrow = server.add_token("narrow", "read", "asks")
    ended(client, start(client, "greet", {"who": "Ada"}))
    path = "/api/workflows/history?limit=5"
    first = client.get(path)

    def is_known() -> bool:
        """Ask again with the last ETag; a heartbeat may be written in between."""
        nonlocal first
        first = client.get(path)
        assert client.get(path).content == first.content
        same = client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        return (same.status_code, same.content) == (304, b"")

    wait_until(is_known)
    assert client.get("/api/workflows/history?limit=6", headers={"If-None-Match": '"other"'}).status_code == 200
    with server.client(narrow) as other:
        assert other.get(path).json()["executions"] == []
    run_id = ended(client, start(client, "fails"))["id"]
    assert client.get(path, headers={"If-None-Match": first.headers["etag"]}).json()["executions"][0]["id"] == run_id


def test_records_of_all_forms_follow_their_events(shared: httpx.Client) -> None:
    run_id = start(shared, "asks")
    waits(shared, run_id)
    path = f"/api/workflows/execute/{run_id}"
    forms = ("", "?steps=false", "?whole=true", "?whole=true&steps=false")
    before = {form: shared.get(path + form) for form in forms}
    assert len({answer.headers["etag"] for answer in before.values()}) == 4
    assert {form: shared.get(path + form).content for form in forms} == {form: before[form].content for form in forms}
    assert shared.post(f"{path}/answer", json={"path": "ok", "approved": True}).status_code == 200
    last = ended(shared, run_id)["lastSeq"]
    for form in forms:
        answer = shared.get(path + form, headers={"If-None-Match": before[form].headers["etag"]})
        assert (answer.json()["status"], answer.json()["lastSeq"]) == ("completed", last)
        assert shared.get(path + form, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    past = shared.get(f"{path}?at=1").json()
    assert (past["status"], past["lastSeq"]) == ("pending", 1)
