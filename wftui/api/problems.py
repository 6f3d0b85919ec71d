"""Errors as problem details (RFC 9457), without internals of the server."""

from typing import Annotated

from pydantic import ValidationError
from starlette.responses import Response

from wftui.compiler.module_run import CompileFailed
from wftui.engine.restart.resume import ConfirmationNeeded
from wftui.model.base import Field, Json, WireModel
from wftui.model.errors import ConflictError, NotFoundError, UsageError, UserError
from wftui.model.workflow.compilation import CompilationError, CompilationResult
from wftui.runtime.validation.model_problems import model_problems

_MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Content too large",
    415: "Unsupported media type",
    421: "Misdirected request",
    422: "Unprocessable content",
    500: "Internal error",
    503: "Unavailable",
}
_UNAVAILABLE = ("store", "workspace", "token.file")
_WITH_PATHS = ("workflow.not_found", "workflow.id")


class FieldError(WireModel):
    """An invalid field."""

    pointer: Annotated[str, Field(description="JSON Pointer into the body, or name of the parameter.")]
    message: str


class Problem(WireModel):
    """The body of every error."""

    type: str = "about:blank"
    title: str
    status: int
    detail: Annotated[str, Field(description="A sentence for people.")]
    code: Annotated[str, Field(description="Stable; docs/troubleshooting.md lists them.")]
    errors: Annotated[list[FieldError] | None, Field(description="The invalid fields.")] = None
    workflow_id: Annotated[str | None, Field(description="Of a workflow with errors.")] = None
    diagnostics: Annotated[list[CompilationError] | None, Field(description="Of a workflow with errors.")] = None
    paths: Annotated[list[str] | None, Field(description="Steps whose work `confirmed` would repeat.")] = None


class ProblemError(Exception):
    """An error with its status and problem details."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
        failed: CompilationResult | None = None,
        paths: list[str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = headers
        self.problem = Problem(
            title=_TITLES[status],
            status=status,
            detail=detail,
            code=code,
            errors=errors,
            workflow_id=failed.workflow_id if failed is not None else None,
            diagnostics=failed.errors if failed is not None else None,
            paths=paths,
        )

    def response(self) -> Response:
        """Return the response."""
        body = self.problem.to_json()
        return Response(body, self.problem.status, headers=self.headers, media_type=_MEDIA_TYPE)


def problem_of(error: UserError) -> ProblemError:
    """Return the problem that an error of the workbench is to a client."""
    code, detail = error.code, str(error)
    if code.partition(".")[0] in _UNAVAILABLE or code in _UNAVAILABLE:
        # The sentence names files of the server; its log has it.
        return ProblemError(503, code, "the server cannot use its files at the moment", headers={"Retry-After": "5"})
    match error:
        case CompileFailed():
            return ProblemError(409, code, "the workflow has errors", failed=error.result)
        case ConfirmationNeeded():
            return ProblemError(409, code, detail, paths=list(error.paths))
        case NotFoundError():
            return ProblemError(404, code, "there is no such workflow" if code in _WITH_PATHS else detail)
        case ConflictError():
            return ProblemError(409, code, detail)
        case UsageError():
            return ProblemError(422, code, detail)
        case _:
            return ProblemError(409, code, detail)


def invalid_fields(model: type[WireModel], value: Json, error: ValidationError, what: str) -> ProblemError:
    """Return the problem of a body or parameters that do not fit their model."""
    found = model_problems(model, value, error)
    errors = [FieldError(pointer=each.pointer, message=each.message) for each in found]
    first = f"{errors[0].pointer or 'the whole'}: {errors[0].message}" if errors else ""
    return ProblemError(422, "request.invalid", f"{what} is not valid: {first}", errors=errors)
