"""Errors during a run, with a type of dotted words from the format."""

from wftui.model.base import Json


class WorkflowError(Exception):
    """A failure with a type of the format; `str(error)` is the message for the user.

    Attributes:
        type: dotted words (`timeout`, `http.5xx`, `binding.missing`, `exit_code`, …); `retry.on` matches prefixes.
        recoverable: whether a retry may help.
        details: more for the record, as JSON (never secrets).
        stack: the user's own lines of a traceback, where there are any.
        origin: the plan's function that gave a value of the wrong kind, and the end of that expression's pointer.
    """

    def __init__(
        self,
        type: str,
        message: str,
        *,
        recoverable: bool = False,
        details: Json = None,
        stack: str | None = None,
        origin: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.recoverable = recoverable
        self.details = details
        self.stack = stack
        self.origin = origin


class CaughtAgainError(WorkflowError):
    """The error that a handler of `catch` was to handle, raised again by it."""

    def __init__(self) -> None:
        super().__init__("validation.input", "there is no error to raise again: this step handles none")


class BindingError(WorkflowError):
    """A failed evaluation of an expression: type `binding.*`, as `binding.missing`."""
