"""Reader of all pages of a list."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.http.exchange import HttpResponse
from wftui.steps.http.input import HttpInput, Scalar
from wftui.steps.http.pages import NextPage, PagePosition, Pagination, as_text, with_value

Query = list[tuple[str, Scalar | None]]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Request of one page: the input of the step with its parameter, URL and query."""

    step: HttpInput
    url: str
    query: Query


@dataclass(frozen=True, slots=True)
class Page:
    """Response of one page, with its body parsed."""

    reply: HttpResponse
    body: Json


@dataclass(frozen=True, slots=True)
class AllPages:
    """Items of all pages.

    Attributes:
        last: the last page that had a list.
        repeated: items that an earlier page had as well.
        truncated: whether there are more pages than were to be read.
    """

    last: Page
    items: list[Json]
    pages: int
    size: int
    elapsed: float
    repeated: int
    truncated: bool


class PageReader:
    """Reads page after page until the server says that it was the last.

    Args:
        send: sends the request of one page.
        follow: checks a URL that the server names; returns the query to send with it.
        warn: gets a sentence for what a user should know.
        most: bytes of all pages together.
    """

    def __init__(
        self,
        step: HttpInput,
        pages: Pagination,
        *,
        send: Callable[[PageRequest], Awaitable[Page]],
        follow: Callable[[str], Query],
        warn: Callable[[str], None],
        most: int,
    ) -> None:
        self._step = step
        self._pages = pages
        self._send = send
        self._follow = follow
        self._warn = warn
        self._most = most
        self._overlap = _Overlap(pages, warn)

    async def read(self, url: str, query: Query) -> AllPages:
        """Read all pages from a first URL.

        Raises:
            WorkflowError: `http.*`.
        """
        first = PageRequest(self._step, url, query)
        request = first
        if self._pages.first_value is not None:
            request = self._with_parameter(first, self._pages.first_value)
        seen: set[str] = set()
        items: list[Json] = []
        size, elapsed, page = 0, 0.0, None
        for number in range(self._pages.max_pages):
            seen.add(_identity(request))
            found = await self._page(request, number)
            if found is None:
                break
            page, new = found
            self._overlap.compare(new, number + 1)
            items += new
            size, elapsed = size + page.reply.size, elapsed + page.reply.elapsed
            if size > self._most:
                raise WorkflowError(
                    "http.too_big", f"The pages together are larger than {self._most:,} bytes; increase maxBytes."
                )
            at = PagePosition(number + 1, len(items), len(new))
            following = self._pages.next_page(page.reply, page.body, at)
            if following is None:
                if not number and (path := self._pages.unknown_path(page.body)):
                    self._warn(f"The first page has nothing at {path!r}, which counts as no further page (more).")
                if missing := self._pages.missing_items(page.body, at):
                    self._warn(f"The server says that there are {missing} more items, but names no further page.")
                number += 1
                break
            request = self._next(first, following)
            if _identity(request) in seen:
                raise WorkflowError("http.pages", f"Page {number + 1} refers to a page that was already read.")
        else:
            self._warn(f"There are more than {self._pages.max_pages} pages; the rest was left out (maxPages).")
            number = self._pages.max_pages
            return self._all(page, items, number, size, elapsed, truncated=True)
        return self._all(page, items, number, size, elapsed, truncated=False)

    def _all(
        self, last: Page | None, items: list[Json], pages: int, size: int, elapsed: float, *, truncated: bool
    ) -> AllPages:
        assert last is not None, "a missing first page is an error"
        self._overlap.sum_up()
        return AllPages(last, items, pages, size, round(elapsed, 3), self._overlap.repeated, truncated)

    async def _page(self, request: PageRequest, number: int) -> tuple[Page, list[Json]] | None:
        """Read one page; None when the server says that there is none."""
        try:
            page = await self._send(request)
        except WorkflowError as error:
            status = error.details.get("status") if isinstance(error.details, dict) else None
            if number and status in self._pages.end_status:
                return None
            raise
        return page, self._pages.items_of(page.body, first=number == 0)

    def _next(self, first: PageRequest, following: NextPage) -> PageRequest:
        if following.url is not None:
            return PageRequest(first.step, following.url, self._follow(following.url))
        return self._with_parameter(first, following.value)

    def _with_parameter(self, first: PageRequest, value: Json) -> PageRequest:
        step, name = first.step, self._pages.param or ""
        match self._pages.param_in:
            case "query":
                rest = [(other, given) for other, given in first.query if other != name]
                return PageRequest(step, first.url, [*rest, (name, as_text(value))])
            case "json":
                step = step.model_copy(update={"json_": with_value(step.json_, name, value)})
            case "form":
                step = step.model_copy(update={"form": {**(step.form or {}), name: as_text(value)}})
            case "header":
                headers = {given: text for given, text in step.headers.items() if given.lower() != name.lower()}
                step = step.model_copy(update={"headers": {**headers, name: as_text(value)}})
        return PageRequest(step, first.url, first.query)


class _Overlap:
    """Items that come on more than one page.

    Equal numbers and texts count only for pages that are counted: where the server names the next page itself, they
    are usually values of different items.
    """

    def __init__(self, pages: Pagination, warn: Callable[[str], None]) -> None:
        self.repeated = 0
        self._counted = pages.by in ("page", "offset")
        self._pages = pages
        self._warn = warn
        self._known: set[bytes] = set()
        self._before: list[bytes] = []

    def compare(self, items: list[Json], number: int) -> None:
        """Compare a page with those before it.

        Raises:
            WorkflowError: `http.pages` when a counted page is the page before once more.
        """
        marks = [_fingerprint(item) for item in items]
        looked_at = [
            mark for mark, item in zip(marks, items, strict=True) if self._counted or isinstance(item, dict | list)
        ]
        if (
            self._counted
            and looked_at
            and marks == self._before
            and any(isinstance(each, dict | list) for each in items)
        ):
            raise WorkflowError(
                "http.pages",
                f"Page {number} has the same items as page {number - 1}: the server seems not to know the parameter "
                f"{self._pages.param!r}.",
            )
        if repeated := sum(mark in self._known for mark in looked_at):
            if not self.repeated:
                self._warn(self._sentence(number, repeated, len(items)))
            self.repeated += repeated
        self._known.update(looked_at)
        self._before = marks

    def sum_up(self) -> None:
        """Report the sum."""
        if self.repeated:
            self._warn(f"{self.repeated} items came on more than one page; the list has them each time (repeated).")

    def _sentence(self, number: int, repeated: int, count: int) -> str:
        sentence = f"Page {number} repeats {repeated} of its {count} items from earlier pages."
        if self._pages.by == "page":
            sentence += f' If {self._pages.param!r} counts items instead of pages, use "by": "offset".'
        elif self._pages.by == "offset" and self._pages.step:
            sentence += f' "step" may be smaller than a page: it is {self._pages.step}.'
        return sentence


def _fingerprint(item: Json) -> bytes:
    return hashlib.blake2b(json.dumps(item, sort_keys=True).encode(), digest_size=16).digest()


def _identity(request: PageRequest) -> str:
    step = request.step
    return json.dumps([request.url, request.query, step.json_, step.form, step.headers], sort_keys=True)
