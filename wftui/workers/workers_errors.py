"""Errors of workers that a user can cause."""

from wftui.model.errors import ExitCode, UserError


class WorkersError(UserError):
    """The database of workers or the key cannot be used; the message says why."""

    code = "workers.database"
    exit_code = ExitCode.FAILED
