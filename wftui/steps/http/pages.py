"""Pagination: next page and items of a response."""

import re
from typing import Annotated, Literal
from urllib.parse import urljoin

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import StepModel
from wftui.steps.http.exchange import HttpResponse

_LINK = re.compile(r'<([^<>]*)>((?:[^,"]|"[^"]*")*)')
_PARAMETER = re.compile(r';\s*([^\s;,="]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))')


class Pagination(StepModel):
    """Method of reading all pages."""

    by: Annotated[
        Literal["link", "cursor", "page"],
        Field(description="link: the Link header; cursor: a value in the body; page: an increasing number."),
    ]
    items: Annotated[
        str | None, Field(description="Path of the list in the body: data.items. Default: the body is the list.")
    ] = None
    cursor: Annotated[str | None, Field(description="cursor: path in the body of the next cursor or URL.")] = None
    param: Annotated[str | None, Field(description="cursor, page: query parameter for it.")] = None
    start: Annotated[int, Field(description="page: number of the first page.")] = 1
    max_pages: Annotated[int, Field(ge=1, le=10_000, description="Maximum number of pages.")] = 100

    @model_validator(mode="after")
    def _complete(self) -> "Pagination":
        if self.by == "cursor" and not self.cursor:
            raise ValueError('pagination by cursor needs "cursor"')
        if self.by == "page" and not self.param:
            raise ValueError('pagination by page needs "param"')
        return self

    def items_of(self, body: Json) -> list[Json]:
        """Return the items of one page.

        Raises:
            WorkflowError: `http.body` when there is no list where it should be.
        """
        found = at_path(body, self.items)
        if not isinstance(found, list):
            where = f"at {self.items!r}" if self.items else "as its body"
            raise WorkflowError("http.body", f"A page has no list {where} but {_kind(found)}.")
        return found

    def next_page(self, reply: HttpResponse, body: Json, number: int) -> tuple[str | None, str | None] | None:
        """Return the (address, query value) after page `number`, or None at the end."""
        if self.by == "link":
            target = _next_link(reply.headers.get("link", ""))
            return (urljoin(reply.url, target), None) if target else None
        if self.by == "page":
            return (None, str(self.start + number + 1)) if self.items_of(body) else None
        cursor = at_path(body, self.cursor)
        if cursor is None or cursor == "" or cursor is False:
            return None
        if isinstance(cursor, str) and (cursor.startswith(("http://", "https://", "/")) or self.param is None):
            return urljoin(reply.url, cursor), None
        return None, str(cursor)


def at_path(value: Json, path: str | None) -> Json:
    """Return the value at a dotted path (`data.items`, `pages.0.next`), or None."""
    for part in path.split(".") if path else []:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _next_link(header: str) -> str | None:
    for target, parameters in _LINK.findall(header):
        for name, quoted, plain in _PARAMETER.findall(parameters):
            if name.lower() == "rel" and "next" in (quoted or plain).lower().split():
                return str(target.strip())
    return None


def _kind(value: Json) -> str:
    return {dict: "an object", str: "text", type(None): "nothing"}.get(type(value), type(value).__name__)
