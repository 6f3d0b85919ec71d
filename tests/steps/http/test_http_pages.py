"""Pages as well-known services send them: each line of the documentation's table."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from steps.http.http_server import Handler, serving
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.http.step import HttpStep

STEP = HttpStep()
ITEMS: list[dict[str, Any]] = [{"id": f"i{number}"} for number in range(1, 8)]
SIZE = 3
TABLE = (Path(__file__).parents[3] / "docs" / "pagination.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| ([A-Z][^|]*?)(?:[:,][^|]*| with[^|]*)? \| `(\{.*\})` \|$", TABLE, re.MULTILINE))


class Services(Handler):
    """The services of the table: seven items, three a page."""

    failures: ClassVar[list[int]] = []

    def handle_request(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(sent) if sent.startswith(b"{") else {}
        name = url.path.strip("/")
        if self.failures and query.get("offset") == "3":
            self.answer(self.failures.pop(), b"busy", Retry_After="0")
            return
        getattr(self, f"serve_{name}")(query, body)

    def after(self, last_id: str | None) -> tuple[list[dict[str, Any]], bool]:
        start = next((index for index, item in enumerate(ITEMS, 1) if item["id"] == last_id), 0)
        return ITEMS[start : start + SIZE], start + SIZE < len(ITEMS)

    def at(self, offset: int) -> list[dict[str, Any]]:
        return ITEMS[offset : offset + SIZE]

    def serve_github(self, query: dict[str, str], body: Any) -> None:
        page = int(query.get("page", 1))
        more = page * SIZE < len(ITEMS)
        self.answer_json(
            self.at((page - 1) * SIZE), Link=f'<{self.host}/github?page={page + 1}>; rel="next"' if more else ""
        )

    @property
    def host(self) -> str:
        return f"http://{self.headers['Host']}"

    def serve_stripe(self, query: dict[str, str], body: Any) -> None:
        data, more = self.after(query.get("starting_after"))
        self.answer_json({"data": data, "has_more": more})

    def serve_slack(self, query: dict[str, str], body: Any) -> None:
        found, more = self.after(query.get("cursor", "").removeprefix("/9j/"))
        cursor = "/9j/" + found[-1]["id"] if more else ""  # base64 may begin like a path
        self.answer_json({"ok": True, "channels": found, "response_metadata": {"next_cursor": cursor}})

    def serve_jira(self, query: dict[str, str], body: Any) -> None:
        start = int(query.get("startAt", 0))
        assert start < len(ITEMS), "a client that knows the total does not ask beyond it"
        self.answer_json({"startAt": start, "maxResults": SIZE, "total": len(ITEMS), "issues": self.at(start)})

    def serve_jira_agile(self, query: dict[str, str], body: Any) -> None:
        start = int(query.get("startAt", 0))
        self.answer_json({"isLast": start + SIZE >= len(ITEMS), "values": self.at(start)})

    def serve_notion(self, query: dict[str, str], body: Any) -> None:
        assert body["page_size"] == SIZE
        found, more = self.after(body.get("start_cursor"))
        self.answer_json({"results": found, "has_more": more, "next_cursor": found[-1]["id"] if more else None})

    def serve_elasticsearch(self, query: dict[str, str], body: Any) -> None:
        assert "search_after" not in body or isinstance(body["search_after"], list)
        found, _ = self.after((body.get("search_after") or [None, None])[1])
        self.answer_json({"hits": {"hits": [{**item, "sort": [1.5, item["id"]]} for item in found]}})

    def serve_dynamodb(self, query: dict[str, str], body: Any) -> None:
        assert body["TableName"] == "t"
        found, more = self.after(body.get("ExclusiveStartKey", {}).get("id", {}).get("S"))
        key = {"LastEvaluatedKey": {"id": {"S": found[-1]["id"]}}} if more else {}
        self.answer_json({"Items": found, **key})

    def serve_odata(self, query: dict[str, str], body: Any) -> None:
        skip = int(query.get("$skip", 0))
        more = skip + SIZE < len(ITEMS)
        following = {"@odata.nextLink": f"{self.host}/odata?$skip={skip + SIZE}"} if more else {}
        self.answer_json({"@odata.context": "x", "value": self.at(skip), **following})

    def serve_graphql(self, query: dict[str, str], body: Any) -> None:
        assert body["variables"]["first"] == SIZE
        found, more = self.after(body["variables"].get("after"))
        info = {"hasNextPage": more, "endCursor": found[-1]["id"]}  # which GraphQL gives on the last page, too
        self.answer_json({"data": {"orders": {"nodes": found, "pageInfo": info}}})

    def serve_django(self, query: dict[str, str], body: Any) -> None:
        page = int(query.get("page", 1))
        following = f"{self.host}/django?page={page + 1}" if page * SIZE < len(ITEMS) else None
        self.answer_json({"count": len(ITEMS), "next": following, "results": self.at((page - 1) * SIZE)})

    def serve_wordpress(self, query: dict[str, str], body: Any) -> None:
        found = self.at((int(query["page"]) - 1) * SIZE)
        if found:
            self.answer_json(found)
        else:
            self.answer(400, b'{"code": "rest_post_invalid_page_number"}', "application/json")

    def serve_numbers(self, query: dict[str, str], body: Any) -> None:
        page = int(query["page"])
        assert page <= 3, "a client that knows the number of pages does not ask beyond it"
        self.answer_json({"data": self.at((page - 1) * SIZE), "total_pages": 3})

    def serve_box(self, query: dict[str, str], body: Any) -> None:
        offset = int(query["offset"])
        visible = [item for item in self.at(offset) if item["id"] != "i2"]  # hidden, and counted all the same
        self.answer_json({"entries": visible, "total_count": len(ITEMS)})

    def serve_cosmos(self, query: dict[str, str], body: Any) -> None:
        found, more = self.after(self.headers.get("x-ms-continuation"))
        self.answer_json({"Documents": found}, **({"x_ms_continuation": found[-1]["id"]} if more else {}))

    def serve_gitlab(self, query: dict[str, str], body: Any) -> None:
        page = int(query.get("page", 1))
        following = str(page + 1) if page * SIZE < len(ITEMS) else ""
        self.answer_json(self.at((page - 1) * SIZE), X_Next_Page=following)

    def serve_salesforce(self, query: dict[str, str], body: Any) -> None:
        start = int(query.get("from", 0))
        following = {"nextRecordsUrl": f"/salesforce?from={start + SIZE}"} if start + SIZE < len(ITEMS) else {}
        self.answer_json({"totalSize": len(ITEMS), "done": not following, "records": self.at(start), **following})

    def serve_hubspot(self, query: dict[str, str], body: Any) -> None:
        found, more = self.after(query.get("after"))
        paging = {"paging": {"next": {"after": found[-1]["id"], "link": f"{self.host}/no"}}} if more else {}
        self.answer_json({"results": found, **paging})

    def serve_google(self, query: dict[str, str], body: Any) -> None:
        found, more = self.after(query.get("pageToken", "").removeprefix("t") or None)
        if "pageToken" not in query:
            self.answer_json({"kind": "list", "nextPageToken": "t"})  # an empty page in the middle is usual there
            return
        self.answer_json({"items": found, **({"nextPageToken": f"t{found[-1]['id']}"} if more else {})})

    def serve_ckan(self, query: dict[str, str], body: Any) -> None:
        start = int(query["start"])
        self.answer_json({"success": True, "result": {"count": len(ITEMS), "results": self.at(start)}})

    def serve_s3(self, query: dict[str, str], body: Any) -> None:
        found, more = self.after(query.get("continuation-token"))
        truncated = {"IsTruncated": str(more).lower(), "NextContinuationToken": found[-1]["id"]}
        self.answer_json({"Contents": found, **truncated})

    def serve_twitter(self, query: dict[str, str], body: Any) -> None:
        start = int(query.get("cursor", 0))
        following = start + SIZE if start + SIZE < len(ITEMS) else 0
        self.answer_json({"ids": self.at(start), "next_cursor": following, "previous_cursor": 0})

    def serve_empty(self, query: dict[str, str], body: Any) -> None:
        self.answer_json({"kind": "list"})

    def serve_counted(self, query: dict[str, str], body: Any) -> None:
        start = int(query["offset"])
        self.answer_json(list(range(12))[start : start + 2])

    def serve_same(self, query: dict[str, str], body: Any) -> None:
        self.answer_json(ITEMS)

    def serve_null(self, query: dict[str, str], body: Any) -> None:
        self.answer_json({"items": ITEMS} if query["page"] == "1" else {"items": None})

    def serve_short(self, query: dict[str, str], body: Any) -> None:
        self.answer_json({"items": [{"n": query["offset"]}] if query["offset"] == "0" else [], "total": 5})

    def serve_odd_total(self, query: dict[str, str], body: Any) -> None:
        items = "[1]" if query["offset"] == "0" else "[]"
        self.answer(200, f'{{"items": {items}, "total": {query["total"]}}}'.encode(), "application/json")

    def serve_promise(self, query: dict[str, str], body: Any) -> None:
        self.answer_json({"items": [1], "more": True, "next": None})

    def serve_true(self, query: dict[str, str], body: Any) -> None:
        self.answer_json({"items": [1], "next": True})

    def odd(self, query: dict[str, str], body: Any) -> tuple[list[dict[str, Any]], str | None]:
        start = int(query.get("at", 0))
        return self.at(start), f"?at={start + SIZE}" if start + SIZE < len(ITEMS) else None

    def serve_relative(self, query: dict[str, str], body: Any) -> None:
        found, following = self.odd(query, body)
        self.answer_json({"items": found, "next": f"/relative{following}" if following else "0"})

    def serve_href(self, query: dict[str, str], body: Any) -> None:
        found, following = self.odd(query, body)
        self.answer_json({"items": found, "next": {"href": following, "title": "more"} if following else {}})

    def serve_no_content(self, query: dict[str, str], body: Any) -> None:
        if found := self.at(int(query["offset"])):
            self.answer_json(found)
        else:
            self.send_response(204)
            self.end_headers()

    do_GET = do_POST = handle_request  # noqa: N815


SERVED: dict[str, tuple[str, dict[str, Json]]] = {
    "GitHub": ("github", {}),
    "Stripe": ("stripe", {}),
    "Slack": ("slack", {}),
    "Jira": ("jira", {}),
    "Jira Agile": ("jira_agile", {}),
    "Notion": ("notion", {"json": {"page_size": SIZE}}),
    "Elasticsearch": ("elasticsearch", {"json": {"sort": ["a", "b"]}}),
    "DynamoDB": ("dynamodb", {"json": {"TableName": "t"}}),
    "OData (Microsoft Graph)": ("odata", {}),
    "GraphQL": ("graphql", {"json": {"query": "…", "variables": {"first": SIZE}}}),
    "Django REST framework": ("django", {}),
    "GitLab": ("gitlab", {}),
    "Salesforce": ("salesforce", {}),
    "HubSpot": ("hubspot", {}),
    "Google Cloud": ("google", {}),
    "CKAN": ("ckan", {}),
    "Amazon S3 as JSON": ("s3", {}),
    "Twitter v1": ("twitter", {}),
    "WordPress": ("wordpress", {}),
    "Page numbers": ("numbers", {}),
    "Box": ("box", {}),
    "Azure Cosmos DB": ("cosmos", {"json": {"query": "…"}}),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Services) as url:
        yield url


def test_every_service_of_the_table_is_served() -> None:
    assert set(ROWS) == set(SERVED)


@pytest.mark.parametrize("service", SERVED)
async def test_all_pages_of_a_service_are_read(run: Run, context: RecordingContext, server: str, service: str) -> None:
    path, given = SERVED[service]
    output = await run(STEP, {"url": f"{server}/{path}", "paginate": json.loads(ROWS[service]), **given})
    ids = [item["id"] for item in output["body"]]
    assert ids == [item["id"] for item in ITEMS if path != "box" or item["id"] != "i2"]
    assert (output["truncated"], output["repeated"]) == (False, 0)
    assert not any("further page" in line for line in context.lines()) or path == "box"


async def test_pages_over_an_offset_are_reported(run: Run, context: RecordingContext, server: str) -> None:
    url = f"{server}/counted"
    output = await run(STEP, {"url": url, "paginate": {"by": "page", "param": "offset", "start": 0, "maxPages": 4}})
    assert output["body"] == [0, 1, 1, 2, 2, 3, 3, 4]
    assert output["repeated"] == 3
    assert any("Page 2 repeats 1 of its 2 items" in line and '"by": "offset"' in line for line in context.lines())
    right = await run(STEP, {"url": url, "paginate": {"by": "page", "param": "offset", "start": 0, "step": 2}})
    by_offset = await run(STEP, {"url": url, "paginate": {"by": "offset", "param": "offset"}})
    assert right["body"] == by_offset["body"] == list(range(12))


async def test_ignored_page_parameter_fails_the_step(run: Run, server: str) -> None:
    with pytest.raises(WorkflowError, match=r"Page 2 has the same items as page 1.*'page'") as caught:
        await run(STEP, {"url": f"{server}/same", "paginate": {"by": "page", "param": "page"}})
    assert caught.value.type == "http.pages"


async def test_a_later_page_may_have_null_for_no_items(run: Run, server: str) -> None:
    paginate = {"by": "page", "param": "page", "items": "items"}
    assert (await run(STEP, {"url": f"{server}/null", "paginate": paginate}))["body"] == ITEMS


async def test_an_absent_list_is_empty_only_where_declared(run: Run, server: str) -> None:
    paginate: dict[str, Json] = {"by": "cursor", "items": "items", "cursor": "next"}
    with pytest.raises(WorkflowError, match="A page has no list at 'items' but null") as caught:
        await run(STEP, {"url": f"{server}/empty", "paginate": paginate})
    assert caught.value.type == "http.body"
    assert (await run(STEP, {"url": f"{server}/empty", "paginate": {**paginate, "itemsOptional": True}}))["body"] == []


@pytest.mark.parametrize(
    ("path", "paginate"),
    [
        ("relative", {"by": "cursor", "items": "items", "cursor": "next", "param": "at"}),
        ("href", {"by": "cursor", "items": "items", "cursor": "next"}),
        ("no_content", {"by": "offset", "param": "offset"}),
    ],
)
async def test_next_pages_and_ends_have_other_forms(
    run: Run, server: str, path: str, paginate: dict[str, Json]
) -> None:
    assert (await run(STEP, {"url": f"{server}/{path}", "paginate": paginate}))["body"] == ITEMS


async def test_a_first_page_without_its_mark_is_reported(run: Run, context: RecordingContext, server: str) -> None:
    paginate = {"by": "offset", "param": "offset", "items": "items", "more": "has_more"}
    assert len((await run(STEP, {"url": f"{server}/short", "paginate": paginate}))["body"]) == 1
    assert any("The first page has nothing at 'has_more'" in line for line in context.lines())


async def test_missing_items_are_reported(run: Run, context: RecordingContext, server: str) -> None:
    paginate = {"by": "offset", "param": "offset", "items": "items", "total": "total"}
    assert len((await run(STEP, {"url": f"{server}/short", "paginate": paginate}))["body"]) == 1
    assert any("there are 4 more items" in line for line in context.lines())


@pytest.mark.parametrize("total", [f'"{"9" * 5_000}"', "9" * 400, '"²"', '"-1"', '"1e3"', "1.5", "true", "[]", '""'])
async def test_a_total_that_cannot_be_a_count_is_ignored(run: Run, server: str, total: str) -> None:
    paginate: dict[str, Json] = {"by": "offset", "param": "offset", "items": "items", "total": "total"}
    url = f"{server}/odd_total?total={quote(total)}"
    assert (await run(STEP, {"url": url, "paginate": paginate}))["body"] == [1]


@pytest.mark.parametrize(
    ("path", "more", "sentence"),
    [("promise", "more", "'more' says that more pages follow"), ("true", None, "is true, which leads nowhere")],
)
async def test_missing_next_page_reference_is_an_error(
    run: Run, server: str, path: str, more: str | None, sentence: str
) -> None:
    paginate: dict[str, Json] = {"by": "cursor", "items": "items", "cursor": "next", "param": "c", "more": more}
    with pytest.raises(WorkflowError, match=sentence) as caught:
        await run(STEP, {"url": f"{server}/{path}", "paginate": paginate})
    assert caught.value.type == "http.pages"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_single_page_is_retried(run: Run, context: RecordingContext, server: str, status: int) -> None:
    step: dict[str, Json] = {"url": f"{server}/counted", "paginate": {"by": "offset", "param": "offset", "start": 1}}
    Services.failures[:] = [status, status]
    output = await run(STEP, {**step, "resends": 2})
    assert output["body"] == list(range(1, 12))
    asked = [line for line in context.lines() if "GET " in line and "resending" not in line]
    assert len(asked) == output["pages"] + 2, "each page once, and the one that failed three times"
    Services.failures[:] = [status]
    with pytest.raises(WorkflowError, match=f"status {status}"):
        await run(STEP, step)


async def test_parameter_in_the_body_needs_a_body(run: Run, server: str) -> None:
    paginate = {"by": "cursor", "cursor": "next", "param": "after", "paramIn": "json"}
    with pytest.raises(ValueError, match='"paramIn": "json" needs a body in "json"'):
        await run(STEP, {"url": f"{server}/notion", "paginate": paginate})
    with pytest.raises(WorkflowError, match="leads to 'after' of a list in the body"):
        await run(
            STEP,
            {
                "url": f"{server}/promise",
                "json": [],
                "paginate": {"by": "page", "items": "items", "param": "after", "paramIn": "json"},
            },
        )
