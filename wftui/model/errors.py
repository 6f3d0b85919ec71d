"""Errors a user can cause: a sentence, a stable code and an exit code."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `wftui`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_COMPILED = 3
    NOT_FOUND = 4
    CANCELLED = 130


class UserError(Exception):
    """Base of every error a user can cause; `str(error)` is the sentence to show.

    Attributes:
        code: stable, dotted lower-case words (`workspace.missing`, `store.newer`), for `error[code]` and `--json`.
        exit_code: the exit code of the command line.
    """

    code: str = "error"
    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, message: str, *, code: str | None = None, exit_code: ExitCode | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        if exit_code is not None:
            self.exit_code = exit_code


class NotFoundError(UserError):
    """A workflow, run or step that does not exist."""

    code = "not_found"
    exit_code = ExitCode.NOT_FOUND


class RunNotFoundError(NotFoundError):
    """A run that does not exist, or was removed from the history."""

    code = "run.not_found"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no run {run_id}")


class UsageError(UserError):
    """Wrong usage or invalid inputs."""

    code = "usage"
    exit_code = ExitCode.USAGE


class EmptyRunIdError(UsageError):
    """An empty text in place of a run id, such as an unset variable of a shell."""

    code = "usage.run"

    def __init__(self) -> None:
        super().__init__('the run id is empty; write an id, the beginning or the end of one, or "last"')


class ConflictError(UserError):
    """A change by someone else in the meantime."""

    code = "conflict"


class RunKnownError(ConflictError):
    """The run of a run file is in the history already.

    Attributes:
        run_id: its id.
    """

    code = "run_file.known"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"the history has a run {run_id} already")
        self.run_id = run_id
