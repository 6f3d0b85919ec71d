"""Errors of connections and secret references."""

from wftui.model.errors import UserError


class ConnectionsError(UserError):
    """An unusable connection or secret reference; codes `connection.*`.

    The message never contains a secret.
    """

    code = "connection"
