"""What can go wrong with connections, as sentences."""

from wftui.model.errors import UserError


class ConnectionsError(UserError):
    """A connection or a reference to a secret that cannot be used; codes `connection.*`. Never holds a secret."""

    code = "connection"
