"""Accounts that a user has connected at a service (Composio), as lists show them."""

from typing import Annotated

from pydantic import Field

from wftui.model.base import Timestamp
from wftui.model.validated import ValidatedModel


class UserAccount(ValidatedModel):
    """A connected account. Tools run through those that are `ACTIVE`."""

    connection: Annotated[str, Field(description="Name of the connection it is reached through.")]
    id: str
    toolkit: str
    status: str
    reason: Annotated[str | None, Field(description="Why its status changed.")] = None
    created_at: Timestamp | None = None


class AccountLink(ValidatedModel):
    """The address where a user connects an account, which will be `account_id`."""

    connection: str
    toolkit: str
    address: str
    account_id: str
    expires_at: Timestamp | None = None
