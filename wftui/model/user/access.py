"""Access tokens of the HTTP server: who may ask for what."""

from typing import Annotated, Literal

from pydantic import Field

from wftui.model.base import Timestamp
from wftui.model.validated import ValidatedModel

Scope = Literal["read", "run", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "run", "admin")
"""Each includes the ones before it."""


class AccessToken(ValidatedModel):
    """A token as lists show it; its text is shown once and never stored."""

    name: Annotated[str, Field(description="The user of the runs it starts.")]
    scope: Annotated[Scope, Field(description="read: look; run: start and change runs, too; admin: compile, too.")]
    workflows: Annotated[
        list[str] | None, Field(description="Workflows whose runs, with their children, it sees; absent: all.")
    ] = None
    created_at: Timestamp

    def may(self, scope: Scope) -> bool:
        """Return whether the token includes a scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)

    def sees(self, workflow_id: str) -> bool:
        """Return whether the token covers a workflow."""
        return self.workflows is None or workflow_id in self.workflows


class StoredToken(AccessToken):
    """A token at rest: the hash of its text."""

    hash: str


class NewToken(AccessToken):
    """A token just made, with the text that is shown once."""

    token: str


class TokenFile(ValidatedModel):
    """The tokens of one database."""

    tokens: list[StoredToken] = Field(default_factory=list)
