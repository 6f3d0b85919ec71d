"""The OpenAPI document is valid, and says what the server does."""

from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from api.api_server import ended, serving_in, start, waits
from wftui.api.openapi import document
from wftui.api.routes import ENDPOINTS


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": document()["components"]}


def test_the_document_is_served_and_describes_every_endpoint(client: httpx.Client) -> None:
    served = client.get("/openapi.json").json()
    assert served == document()
    assert served["openapi"] == "3.1.0"
    described = {(path, method.upper()) for path, methods in served["paths"].items() for method in methods}
    assert described == {(each.path, each.method) for each in ENDPOINTS} | {("/health", "GET")}
    operations = [each for methods in served["paths"].values() for each in methods.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    for schema in served["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_answers_have_the_form_that_the_document_says(client: httpx.Client) -> None:
    run_id = start(client, "asks")
    waits(client, run_id)
    paths = document()["paths"]
    for each in ENDPOINTS:
        if each.method != "GET" or isinstance(each.answer, str):
            continue
        path = each.path.format(id="asks" if "definitions" in each.path else run_id, path="first")
        if each.name == "resume_plan":
            continue
        query = {"compare": {"before": run_id, "after": run_id}, "history_groups": {"by": "status"}}.get(each.name, {})
        if each.name == "statistics":
            query = {"workflowId": "asks", "since": "2020-01-01T00:00:00Z"}
        answer = client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        content = paths[each.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), resolved(content))
    problem = client.get("/api/workflows/execute/nothing")
    jsonschema.validate(problem.json(), resolved({"$ref": "#/components/schemas/Problem"}))


@pytest.mark.slow
def test_no_request_gets_an_undocumented_answer(tmp_path: Path) -> None:
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st
    from schemathesis import checks

    with serving_in(tmp_path) as server, server.client() as client:
        seeds = seeded(client)
        schema = schemathesis.openapi.from_dict(document())
        schema.config.update(base_url=server.url)
        headers = {"Authorization": f"Bearer {server.admin}"}
        for operation in schema.get_all_operations():
            api = operation.ok()

            @seed(1)
            @settings(
                max_examples=60,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.explicit, Phase.generate],
            )
            @given(case=api.as_strategy(), pick=st.data())
            def attempt(case: Any, pick: Any) -> None:
                if case.path_parameters and pick.draw(st.booleans()):
                    case.path_parameters = {
                        name: pick.draw(st.sampled_from(seeds[name])) for name in case.path_parameters
                    }
                if isinstance(case.body, dict) and "workflowId" in case.body and pick.draw(st.booleans()):
                    case.body["workflowId"] = pick.draw(st.sampled_from(seeds["workflow"]))
                if case.path.endswith("/events"):
                    case.query = {"after": 99}  # else a stream of a run that waits would not end
                    case.path_parameters = {"id": seeds["ended"][0]}
                # Not `positive_data_acceptance`: inputs follow the workflow, and 422 says what is wrong with them.
                case.call_and_validate(
                    headers=headers,
                    checks=[
                        checks.not_a_server_error,
                        checks.status_code_conformance,
                        checks.content_type_conformance,
                        checks.response_schema_conformance,
                    ],
                )

            attempt()
        assert server.errors == []


def seeded(client: httpx.Client) -> dict[str, list[str]]:
    """Names of what there is, by parameter."""
    waiting, big, failed = start(client, "asks"), start(client, "big"), start(client, "fails")
    waits(client, waiting)
    value = ended(client, big)["stepResults"][0]["output"]["$value"]
    ended(client, failed)
    return {
        "id": [waiting, big, failed, "greet", "broken"],
        "path": ["first", "big", "boom", "nothing[3].x"],
        "hash": [value],
        "workflow": ["greet", "asks", "broken", "nothing"],
        "ended": [big],
    }


def test_the_server_imports_nothing_of_the_extra_before_it_serves() -> None:
    import subprocess
    import sys

    code = (
        "import sys, wftui.cli.commands.serving.serve, wftui.workbench, wftui.tui.app\n"
        "print([name for name in ('starlette', 'uvicorn', 'wftui.api') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
