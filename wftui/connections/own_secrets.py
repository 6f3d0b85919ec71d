"""Secrets of wftui itself, which steps have in their environment."""

from collections.abc import Iterator, Mapping

from wftui.model.workers_address import VARIABLE, has_password, is_address

TOKEN_VARIABLE = "WFTUI_TOKEN"
"""Environment variable with the token for a server (`--remote`)."""


def own_secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what to mask in every run, as a step may print its environment."""
    if token := environment.get(TOKEN_VARIABLE):
        yield token
    if (address := environment.get(VARIABLE)) and (has_password(address) or not is_address(address)):
        yield address
