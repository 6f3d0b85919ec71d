"""Pagination: next page and items of a response."""

import json
import math
import re
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urljoin

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.model.text.cuts import beginning
from wftui.runtime.language.json_kinds import kind_of
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import StepModel
from wftui.steps.http.exchange import HttpResponse

_LINK = re.compile(r'<([^<>]*)>((?:[^,"]|"[^"]*")*)')
_PARAMETER = re.compile(r';\s*([^\s;,="]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))')
_INDEX = re.compile(r"-?\d{1,9}")
_COUNT = re.compile(r"[0-9]{1,18}")
_ABSOLUTE = ("http://", "https://")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class NextPage:
    """Request of the next page: its URL, or the value of the parameter."""

    url: str | None = None
    value: Json = None


@dataclass(frozen=True, slots=True)
class PagePosition:
    """Position in the list: pages and items read, those of this page included."""

    pages: int
    items: int
    last_items: int


class Pagination(StepModel):
    """Method of reading all pages."""

    by: Annotated[
        Literal["link", "cursor", "page", "offset"],
        Field(
            description="link: the Link header; cursor: a value of the response; page: an increasing number; offset: "
            "the number of items before the page."
        ),
    ]
    items: Annotated[
        str | None, Field(description="Path of the list in the body: data.items. Default: the body is the list.")
    ] = None
    items_optional: Annotated[
        bool, Field(description="The list may be absent where it is empty, also from the first page.")
    ] = False
    cursor: Annotated[
        str | None,
        Field(
            description="cursor: path in the body of the next cursor or URL; -1 is the last item of a list: data.-1.id."
        ),
    ] = None
    cursor_header: Annotated[
        str | None, Field(description="cursor: response header with the next cursor, instead of `cursor`.")
    ] = None
    param: Annotated[
        str | None, Field(description="cursor, page, offset: name of the parameter, or its path with paramIn json.")
    ] = None
    param_in: Annotated[
        Literal["query", "json", "form", "header"], Field(description="Part of the request that takes the parameter.")
    ] = "query"
    start: Annotated[
        int | None, Field(description="page, offset: value for the first page; default: 1, or 0 by offset.")
    ] = None
    step: Annotated[
        int | None,
        Field(
            ge=1,
            description="page, offset: increase from page to page; default: 1, or by offset the items of the page.",
        ),
    ] = None
    more: Annotated[
        str | None, Field(description="Path in the body of a value that is true while more pages follow: has_more.")
    ] = None
    last: Annotated[
        str | None, Field(description="Path in the body of a value that is true on the last page: isLast.")
    ] = None
    total: Annotated[str | None, Field(description="Path in the body of the number of all items.")] = None
    total_pages: Annotated[str | None, Field(description="Path in the body of the number of all pages.")] = None
    end_status: Annotated[
        list[Annotated[int, Field(ge=100, le=599)]],
        Field(description="Statuses by which the server says that there is no such page: [404]."),
    ] = Field(default_factory=list)
    max_pages: Annotated[int, Field(ge=1, le=10_000, description="Maximum number of pages.")] = 100

    @model_validator(mode="after")
    def _complete(self) -> "Pagination":
        if self.by == "cursor" and (not self.cursor) == (not self.cursor_header):
            raise ValueError('pagination by cursor needs "cursor" or "cursorHeader"')
        if self.by in ("page", "offset") and not self.param:
            raise ValueError(f'pagination by {self.by} needs "param"')
        if self.param_in != "query" and not self.param:
            raise ValueError(f'"paramIn": "{self.param_in}" needs "param"')
        return self

    @property
    def first_value(self) -> int | None:
        """Value of the parameter for the first page; None if it has none."""
        if self.by not in ("page", "offset"):
            return None
        return self.start if self.start is not None else int(self.by == "page")

    def items_of(self, body: Json, *, first: bool) -> list[Json]:
        """Return the items of one page; a later page may have null or nothing for none.

        Raises:
            WorkflowError: `http.body` when there is no list where it should be.
        """
        found = at_path(body, self.items)
        if found in (None, "") and (self.items_optional or not first):
            return []
        if not isinstance(found, list):
            where = f"at {self.items!r}" if self.items else "as its body"
            begins = beginning(as_text(body), _SHOWN) or "nothing"
            raise WorkflowError(
                "http.body", f"A page has no list {where} but {kind_of(found)}; it begins with {begins}."
            )
        return found

    def next_page(self, reply: HttpResponse, body: Json, at: PagePosition) -> NextPage | None:
        """Return the request of the next page, or None at the end.

        Raises:
            WorkflowError: `http.pages` when the server says that there are more pages, but not where.
        """
        if self._is_marked_last(body, at):
            return None
        following = self._following(reply, body, at)
        if following is None and self.more:
            raise WorkflowError(
                "http.pages", f"{self.more!r} says that more pages follow, but the page names no next one."
            )
        return following

    def unknown_path(self, body: Json) -> str | None:
        """Return a path that the first page lacks, so that it counts as the last one."""
        return self.more if self.more and at_path(body, self.more) is None else None

    def missing_items(self, body: Json, at: PagePosition) -> int:
        """Return how many of the `total` items are missing."""
        total = _number(at_path(body, self.total)) if self.total else None
        offset = self.start or 0 if self.by == "offset" else 0
        return max(0, total - offset - at.items) if total is not None else 0

    def _is_marked_last(self, body: Json, at: PagePosition) -> bool:
        if self.more and not _is_true(at_path(body, self.more)):
            return True
        if self.last and _is_true(at_path(body, self.last)):
            return True
        pages = _number(at_path(body, self.total_pages)) if self.total_pages else None
        if pages is not None and at.pages >= pages:
            return True
        total = _number(at_path(body, self.total)) if self.total else None
        return total is not None and self._items_before_next(at) >= total

    def _items_before_next(self, at: PagePosition) -> int:
        if self.by != "offset":
            return at.items
        return (self.start or 0) + (self.step * at.pages if self.step else at.items)

    def _following(self, reply: HttpResponse, body: Json, at: PagePosition) -> NextPage | None:
        if self.by == "link":
            target = _next_link(reply.header("link"))
            return NextPage(urljoin(reply.url, target)) if target else None
        if self.by == "offset":
            return NextPage(value=self._items_before_next(at)) if at.last_items or (self.more and self.step) else None
        if self.by == "page":
            following = (self.first_value or 0) + at.pages * (self.step or 1)
            return NextPage(value=following) if at.last_items or self.more else None
        return self._by_cursor(
            reply, reply.header(self.cursor_header) if self.cursor_header else at_path(body, self.cursor)
        )

    def _by_cursor(self, reply: HttpResponse, cursor: Json) -> NextPage | None:
        if isinstance(cursor, dict) and isinstance(cursor.get("href"), str):
            cursor = cursor["href"]  # a link with attributes, as in JSON:API and HAL
        if not cursor or (isinstance(cursor, str) and cursor.strip() in ("", "0")):
            return None  # null, false, 0 (also as text), an empty text, list or object
        if cursor is True:
            raise WorkflowError(
                "http.pages", f'The cursor at {self.cursor!r} is true, which leads nowhere; name it in "more" instead.'
            )
        if self.param is None or (self.param_in == "query" and isinstance(cursor, str) and _is_address(cursor)):
            if not isinstance(cursor, str):
                raise WorkflowError("http.pages", f'The cursor at {self.cursor!r} is not a URL; it needs "param".')
            return NextPage(urljoin(reply.url, cursor))
        return NextPage(value=cursor)


def _is_address(cursor: str) -> bool:
    """Return whether a cursor is a URL, perhaps a relative one with a query."""
    return cursor.startswith((*_ABSOLUTE, "?")) or (cursor.startswith("/") and "?" in cursor)


def as_text(value: Json) -> str:
    """Return a cursor as text for a query, a form or a header."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def at_path(value: Json, path: str | None) -> Json:
    """Return the value at a dotted path, or None: `data.items`, `data.-1.id`.

    A key may hold dots itself (`@odata.nextLink`): the longest key that exists is taken.
    """
    parts = path.split(".") if path else []
    while parts:
        if isinstance(value, dict):
            known = value
            length = next((count for count in range(len(parts), 0, -1) if ".".join(parts[:count]) in known), None)
            if length is None:
                return None
            value, parts = known[".".join(parts[:length])], parts[length:]
        elif isinstance(value, list) and _INDEX.fullmatch(parts[0]) and -len(value) <= int(parts[0]) < len(value):
            value, parts = value[int(parts[0])], parts[1:]
        else:
            return None
    return value


def with_value(body: Json, path: str, value: Json) -> Json:
    """Return a copy of a body with a value at a dotted path of objects.

    Raises:
        WorkflowError: `http.pages` when the path leads through another value.
    """
    name, _, rest = path.partition(".")
    if body is not None and not isinstance(body, dict):
        raise WorkflowError(
            "http.pages", f'"param" leads to {name!r} of {kind_of(body)} in the body; it must be an object.'
        )
    given = body or {}
    return {**given, name: with_value(given.get(name), rest, value) if rest else value}


def _is_true(value: Json) -> bool:
    """Return whether a value means true; some servers send text."""
    return value.strip().lower() not in ("", "false", "0", "no") if isinstance(value, str) else bool(value)


def _number(value: Json) -> int | None:
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and _COUNT.fullmatch(value.strip()) else None


def _next_link(header: str) -> str | None:
    for target, parameters in _LINK.findall(header):
        for name, quoted, plain in _PARAMETER.findall(parameters):
            if name.lower() == "rel" and "next" in (quoted or plain).lower().split():
                return str(target.strip())
    return None
