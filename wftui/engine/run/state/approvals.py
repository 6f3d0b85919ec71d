"""Pending approvals: questions of running steps that are not answered yet."""

import asyncio
from collections.abc import Mapping
from typing import Any

from wftui.engine.primitives.schema_validation import check_answer
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.errors import ConflictError, NotFoundError, UsageError


@dataclass(frozen=True, slots=True)
class ApprovalReply:
    """Reply to an approval."""

    approved: bool
    by: str
    data: Json


@dataclass(frozen=True, slots=True)
class _PendingApproval:
    form: Mapping[str, Any] | None
    reply: "asyncio.Future[ApprovalReply]"


class PendingApprovals:
    """Pending approvals of one run, by path of the step.

    Attributes:
        answerable: whether a user can answer an approval.
    """

    def __init__(self, *, answerable: bool = True) -> None:
        self.answerable = answerable
        self._open: dict[str, _PendingApproval] = {}
        self._early: dict[str, ApprovalReply] = {}

    def ask(self, path: str, form: Mapping[str, Any] | None, *, again: bool) -> "asyncio.Future[ApprovalReply]":
        """Open an approval; the returned future receives the reply.

        Args:
            again: it was already pending before the run was interrupted, so a reply to it may have arrived since.
        """
        reply: asyncio.Future[ApprovalReply] = asyncio.get_running_loop().create_future()
        early = self._early.pop(path, None)
        if early is not None and again:
            reply.set_result(early)
        self._open[path] = _PendingApproval(form, reply)
        return reply

    def is_open(self, path: str) -> bool:
        """Return whether the step has a pending approval."""
        return path in self._open

    def keep(self, path: str, reply: ApprovalReply) -> None:
        """Keep a reply to an approval of an earlier process until the step asks again."""
        self._early[path] = reply

    def close(self, path: str) -> None:
        """Close the approval of a step that no longer waits."""
        self._open.pop(path, None)

    async def answer(self, path: str, approved: bool, data: Json, by: str) -> None:
        """Answer a pending approval.

        Raises:
            NotFoundError: the step has no pending approval.
            ConflictError: it was already answered.
            UsageError: the data does not match the form.
        """
        question = self._open.get(path)
        if question is None:
            raise NotFoundError(f"step {path} is not waiting for approval", code="approval.none")
        if approved:
            data = await validate_reply(question.form, data)
        if question.reply.done():
            done, who = "approved" if question.reply.result().approved else "rejected", question.reply.result().by
            raise ConflictError(f"step {path} was already {done} by {who or 'another user'}", code="approval.answered")
        question.reply.set_result(ApprovalReply(approved, by, data))


async def validate_reply(form: Mapping[str, Any] | None, data: Json) -> Json:
    """Return the data of an answer with the form's defaults.

    Raises:
        UsageError: the data does not match the form.
    """
    if form is None:
        return data
    filled, error = await check_answer(form, {} if data is None else data)
    if error is not None:
        raise UsageError(error.message, code=error.type)
    return filled
