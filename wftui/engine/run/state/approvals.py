"""Questions that running steps have asked and nobody has answered yet."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wftui.engine.primitives.schema_validation import check_answer
from wftui.model.base import Json
from wftui.model.errors import NotFoundError, UsageError


@dataclass(frozen=True, slots=True)
class ApprovalReply:
    """What a person said."""

    approved: bool
    by: str
    data: Json


@dataclass(frozen=True, slots=True)
class _PendingApproval:
    form: Mapping[str, Any] | None
    reply: "asyncio.Future[ApprovalReply]"


class PendingApprovals:
    """The open questions of one run, by the path of the step that asks.

    Attributes:
        answerable: whether anybody can answer one.
    """

    def __init__(self, *, answerable: bool = True) -> None:
        self.answerable = answerable
        self._open: dict[str, _PendingApproval] = {}
        self._early: dict[str, ApprovalReply] = {}

    def ask(self, path: str, form: Mapping[str, Any] | None, *, again: bool) -> "asyncio.Future[ApprovalReply]":
        """Open a question; the future gets the reply.

        Args:
            again: it was open already when the run was interrupted, so a reply to it may have come meanwhile.
        """
        reply: asyncio.Future[ApprovalReply] = asyncio.get_running_loop().create_future()
        early = self._early.pop(path, None)
        if early is not None and again:
            reply.set_result(early)
        self._open[path] = _PendingApproval(form, reply)
        return reply

    def is_open(self, path: str) -> bool:
        """Whether the step asks at this moment."""
        return path in self._open

    def keep(self, path: str, reply: ApprovalReply) -> None:
        """Keep a reply to a question that an earlier process asked, for when the step asks it again."""
        self._early[path] = reply

    def close(self, path: str) -> None:
        """The step no longer waits."""
        self._open.pop(path, None)

    async def answer(self, path: str, approved: bool, data: Json, by: str) -> None:
        """Answer a question.

        Raises:
            NotFoundError: the step does not ask, or has been answered.
            UsageError: an approval whose data does not fit the form.
        """
        question = self._open.get(path)
        if question is None:
            raise NotFoundError(f"step {path} does not wait for an approval", code="approval.none")
        if approved:
            data = await validate_reply(question.form, data)
        if question.reply.done():
            raise NotFoundError(f"step {path} has just been answered", code="approval.none")
        question.reply.set_result(ApprovalReply(approved, by, data))


async def validate_reply(form: Mapping[str, Any] | None, data: Json) -> Json:
    """The data of an answer with the form's defaults.

    Raises:
        UsageError: the data does not fit the form.
    """
    if form is None:
        return data
    filled, error = await check_answer(form, {} if data is None else data)
    if error is not None:
        raise UsageError(error.message, code=error.type)
    return filled
