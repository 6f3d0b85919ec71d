"""Problem details of a server as the errors that the local workbench raises."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from pydantic import ValidationError
from pydantic_core import from_json

from wftui.model.base import Json
from wftui.model.errors import ConflictError, ExitCode, NotFoundError, UsageError, UserError

_MOST_FIELDS = 5
_AGAIN = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


class RemoteError(UserError):
    """A server that cannot be reached or understood, or does not do what is asked."""

    code = "remote"


class UnreachableError(RemoteError):
    """A server that cannot be reached at the moment."""

    code = "remote.unreachable"


def local_only(what: str) -> RemoteError:
    """Return the error of work that needs the files of the machine."""
    return RemoteError(f"{what}; it cannot be done with --remote", code="remote.local", exit_code=ExitCode.USAGE)


def error_of(status: int, body: bytes, url: str) -> UserError:
    """Return the error that an answer means."""
    try:
        problem: Json = from_json(body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or not isinstance(problem.get("code"), str):
        return _foreign(status, url)
    code, detail = problem["code"], str(problem.get("detail") or problem["code"])
    match status:
        case HTTPStatus.UNAUTHORIZED:
            sentence = f"{url} does not accept the token; set WFTUI_TOKEN, or name its file with --token-file"
            return RemoteError(sentence, code=code, exit_code=ExitCode.USAGE)
        case HTTPStatus.FORBIDDEN:
            return RemoteError(detail, code=code, exit_code=ExitCode.USAGE)
        case HTTPStatus.NOT_FOUND if code != "request.path":
            return NotFoundError(detail, code=code)
        case HTTPStatus.CONFLICT:
            return _conflict(problem, code, detail)
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            return UsageError(detail + _fields(problem), code=code)
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return UnreachableError(detail, code=code)
        case _:
            return RemoteError(detail, code=code)


def _foreign(status: int, url: str) -> RemoteError:
    """Return the error of an answer of another program, such as a proxy."""
    phrase = next((each.phrase for each in HTTPStatus if each == status), "")
    kind = UnreachableError if status in _AGAIN else RemoteError
    sentence = f"{url} answers {status} {phrase}".rstrip() + ", which is not an answer of wftui serve"
    return kind(sentence, code="remote.answer")


def _conflict(problem: Mapping[str, Json], code: str, detail: str) -> UserError:
    from wftui.compiler.module_run import CompileFailed
    from wftui.engine.restart.resume import ConfirmationNeeded
    from wftui.model.workflow.compilation import CompilationError, CompilationResult

    try:
        if code == CompileFailed.code and problem.get("diagnostics"):
            found = [CompilationError.model_validate(each) for each in problem["diagnostics"]]
            name = str(problem.get("workflowId") or "the workflow")
            now = datetime.now(UTC)
            return CompileFailed(CompilationResult(success=False, workflow_id=name, errors=found, timestamp=now))
        if code == ConfirmationNeeded.code and problem.get("paths"):
            return ConfirmationNeeded.from_sentence(detail, [str(path) for path in problem["paths"]])
    except (ValidationError, TypeError):
        pass  # of another version: the sentence says it as well
    return ConflictError(detail, code=code)


def _fields(problem: Mapping[str, Json]) -> str:
    errors = problem.get("errors")
    if not isinstance(errors, list):
        return ""
    sentences = [f"{each.get('pointer')}: {each.get('message')}" for each in errors if isinstance(each, dict)]
    shown = [
        sentence for sentence in sentences[:_MOST_FIELDS] if sentence.partition(": ")[2] not in str(problem["detail"])
    ]
    return f" ({'; '.join(shown)})" if shown else ""
