"""Errors with a type from the format's dotted words, raised while a workflow runs."""

from wftui.model.base import Json


class WorkflowError(Exception):
    """A failure that the format names. `str(error)` is the sentence for the user.

    Attributes:
        type: dotted words (`timeout`, `http.5xx`, `binding.missing`, `exit_code`, …); `retry.on` matches prefixes.
        recoverable: whether trying again may help.
        details: more for the record, as JSON (never secrets).
        stack: the user's own lines of a traceback, where there are any.
    """

    def __init__(
        self,
        type: str,
        message: str,
        *,
        recoverable: bool = False,
        details: Json = None,
        stack: str | None = None,
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.recoverable = recoverable
        self.details = details
        self.stack = stack


class BindingError(WorkflowError):
    """An expression could not be evaluated: type `binding.*` (`binding.missing`, `binding.type`, `binding.limit`)."""
