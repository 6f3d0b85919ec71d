"""One request: its token, its body, the runs and workflows it may see."""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from wftui.api.answer_cache import AnswerCache
from wftui.api.problems import ProblemError, invalid_fields
from wftui.model.base import Json, WireModel
from wftui.model.json.incremental import read_json
from wftui.model.run.record import ExecutionRecord
from wftui.model.user.access import AccessToken, Scope
from wftui.model.workflow.identifiers import WORKFLOW_ID_PATTERN
from wftui.workbench import Workbench

ABORT = "abort"
"""Key of the function in the state of a connection that drops it with what it has not sent yet."""
MAX_BODY = 4 * 1024 * 1024
_DISCARDED = 64 * 1024 * 1024
_MAX_DEPTH = 64
_RUN_ID = re.compile(r"[0-9a-z]{9}-[0-9a-z]{5}")
"""A whole id, not a part of one or "last": what several runs match would name runs that the token does not see."""
_NUMBER = re.compile(r"-?[0-9]{1,20}")
_WORKFLOW_ID = re.compile(WORKFLOW_ID_PATTERN)

ModelT = TypeVar("ModelT", bound=WireModel)


@dataclass(slots=True)
class ServerState:
    """The life of the server, as its endpoints see it.

    Attributes:
        stopping: no run is started any more.
        closing: event streams say goodbye and end.
        keep_alive: seconds without an event after which a stream sends a comment.
        patience: seconds that one chunk of a stream may take; a slower client reconnects and continues where it was.
        document: returns the OpenAPI document.
        answers: bodies made before.
        instance: tells the ETags of one server process from those of another.
    """

    stopping: bool = False
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    keep_alive: float = 15.0
    patience: float = 60.0
    document: Callable[[], dict[str, Any]] = dict
    answers: AnswerCache = field(default_factory=AnswerCache)
    instance: str = field(default_factory=lambda: secrets.token_hex(6))


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token is known."""

    workbench: Workbench
    state: ServerState
    request: Request
    token: AccessToken

    @property
    def user(self) -> str:
        """The user who asks."""
        return self.token.name

    def require(self, scope: Scope) -> None:
        """Refuse a token without a scope."""
        if not self.token.may(scope):
            raise ProblemError(403, "token.scope", f"the token {self.token.name} lacks the scope {scope!r}")

    def require_running(self) -> None:
        """Refuse to start anything on a server that ends."""
        if self.state.stopping:
            raise ProblemError(
                503, "serve.stopping", "the server is stopping; it starts no more runs", headers={"Retry-After": "10"}
            )

    def query(self, model: type[ModelT]) -> ModelT:
        """Return the parameters.

        Raises:
            ProblemError: they do not fit.
        """
        given = self.request.query_params
        lists = {name for name, about in model.model_fields.items() if "list" in str(about.annotation)}
        aliases = {about.alias or name: name for name, about in model.model_fields.items()}
        values: dict[str, Json] = {}
        for key in given:
            many = given.getlist(key)
            values[key] = many if aliases.get(key) in lists else many[-1]
        try:
            return model.model_validate(values, by_name=False, by_alias=True)
        except ValidationError as error:
            wrong = {each["loc"][0] for each in error.errors(include_url=False) if each["loc"]}
            typed = {name: _typed(text) if name in wrong else text for name, text in values.items()}
            raise invalid_fields(model, typed, error, "the query") from None

    async def body(self, model: type[ModelT]) -> ModelT:
        """Return the body.

        Raises:
            ProblemError: it is not JSON, too big, nested too deeply, or does not fit.
        """
        kind = self.request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        data = await _read(self.request)
        if kind != "application/json":
            raise ProblemError(415, "request.media_type", "the body has to be application/json")
        try:
            text = data.decode("utf-8")
            value = read_json(text)
            if _depth(value) > _MAX_DEPTH:
                raise ValueError("its lists and objects are nested too deeply")
            if "\\u" in text:
                _refuse_surrogates(value)
        except ValueError as error:
            reason = "it is not UTF-8" if isinstance(error, UnicodeError) else str(error)
            raise ProblemError(400, "request.json", f"the body is not JSON: {reason}") from None
        try:
            return model.model_validate(value, by_name=False, by_alias=True)
        except ValidationError as error:
            raise invalid_fields(model, value, error, "the body") from None

    def workflow_id(self, text: str) -> str:
        """Return a workflow id that the token covers.

        Raises:
            ProblemError: there is none that the token may see.
        """
        if not _WORKFLOW_ID.fullmatch(text) or not self.token.sees(text):
            raise ProblemError(404, "workflow.not_found", "there is no such workflow")
        return text

    async def run(self) -> ExecutionRecord:
        """Return the run of the path without its steps.

        Raises:
            ProblemError: there is none that the token may see.
        """
        return await self.run_of(self.request.path_params["id"])

    async def run_of(self, run_id: str) -> ExecutionRecord:
        """Return a run by its id; see `run`."""
        return self._seen(await self._visible(run_id))

    async def record(self, *, whole: bool, steps: bool = True) -> ExecutionRecord:
        """Return the run of the path; see `run`.

        Args:
            whole: resolve references to big values.
            steps: with its steps.
        """
        run_id = self.request.path_params["id"]
        found = await self._visible(run_id)
        if found is not None and (steps or whole):
            read = self.workbench.runs.record if steps else self.workbench.runs.head
            found = await read(run_id, whole=whole)
        return self._seen(found)

    async def last_seq(self) -> int:
        """Return the number of the last event of the run of the path; see `run`."""
        run_id = self.request.path_params["id"]
        if self.token.workflows is not None or not _RUN_ID.fullmatch(run_id):
            run_id = (await self.run()).id
        number = await self.workbench.records.last_seq(run_id)
        if not number:
            self._seen(None)
        return number

    @staticmethod
    def _seen(record: ExecutionRecord | None) -> ExecutionRecord:
        if record is None:
            raise ProblemError(404, "run.not_found", "there is no such run")
        return record

    async def sees_run(self, run_id: str) -> bool:
        """Return whether the token sees a run."""
        return await self._visible(run_id) is not None

    async def _visible(self, run_id: str) -> ExecutionRecord | None:
        """Return a run without its steps, if the token sees it."""
        if not _RUN_ID.fullmatch(run_id):
            return None
        return await self.workbench.records.visible(run_id, self.token.sees)


def _typed(text: Json) -> Json:
    """Return a parameter as a number or boolean if it is one, else as text."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else text


def json_response(model: WireModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with the JSON form of a model."""
    return Response(model.to_json(), status, headers=headers, media_type="application/json")


async def _read(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        # A client that is still sending would not read the answer: what is too big is read, and not kept.
        if size <= MAX_BODY:
            parts.append(part)
        elif size > _DISCARDED:
            break
        else:
            parts.clear()
    if size > MAX_BODY:
        raise ProblemError(413, "request.too_large", f"the body is longer than {MAX_BODY:,} bytes")
    return b"".join(parts)


def _depth(value: Json) -> int:
    depth, level = 0, [value]
    while level:
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        depth += 1
    return depth


def _refuse_surrogates(value: Json) -> None:
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, str):
            if not each.isascii() and any("\ud800" <= letter <= "\udfff" for letter in each):
                raise ValueError("a text has half of a surrogate pair")
        elif isinstance(each, dict):
            todo += [*each, *each.values()]
        elif isinstance(each, list):
            todo += each
