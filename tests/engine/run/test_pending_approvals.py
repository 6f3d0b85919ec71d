"""Answers to pending approvals: one each, and those that come too late."""

import pytest

from wftui.engine.run.state.approvals import PendingApprovals
from wftui.model.errors import ConflictError, NotFoundError


@pytest.mark.parametrize(("by", "name"), [("ada", "ada"), ("", "another user")])
@pytest.mark.parametrize(("approved", "done"), [(True, "approved"), (False, "rejected")])
async def test_a_second_answer_names_who_gave_the_first(by: str, name: str, approved: bool, done: str) -> None:
    pending = PendingApprovals()
    reply = pending.ask("deploy.ok", None, again=False)
    await pending.answer("deploy.ok", approved, None, by)
    with pytest.raises(ConflictError) as caught:
        await pending.answer("deploy.ok", not approved, None, "grace")
    assert (caught.value.code, str(caught.value)) == (
        "approval.answered",
        f"step deploy.ok was already {done} by {name}",
    )
    assert (reply.result().approved, reply.result().by) == (approved, by)


async def test_a_step_that_does_not_wait_is_not_answered() -> None:
    pending = PendingApprovals()
    pending.ask("ok", None, again=False)
    pending.close("ok")
    assert not pending.is_open("ok")
    with pytest.raises(NotFoundError, match="step ok is not waiting for approval"):
        await pending.answer("ok", True, None, "ada")
