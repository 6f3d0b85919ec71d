"""Input of the `http` step."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.model.workflow.durations import Duration
from wftui.steps.api.step_model import StepModel
from wftui.steps.http.pages import Pagination
from wftui.steps.text.encodings import TextEncoding

BODY_FIELDS = ("json", "form", "text", "file")

Scalar = str | int | float | bool

BodyFormat = Literal["auto", "json", "jsonl", "text"]
Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
StatusPattern = Annotated[int, Field(ge=100, le=599)] | Annotated[str, Field(pattern="^[1-5]xx$")]


class HttpInput(StepModel):
    """Input of `http`."""

    method: Annotated[Method | None, Field(description="HTTP method; default: GET, or POST with a body.")] = None
    url: Annotated[str, Field(min_length=1, description="URL with https:// or http://.")]
    query: Annotated[
        dict[str, Scalar | list[Scalar] | None],
        Field(description="Query parameters; a list repeats its name, null is left out."),
    ] = Field(default_factory=dict)
    headers: Annotated[dict[str, str], Field(description="Request headers.")] = Field(default_factory=dict)
    json_: Annotated[Json, Field(alias="json", description="Body, sent as JSON.")] = None
    form: Annotated[
        dict[str, Scalar | list[Scalar]] | None, Field(description="Body, sent as an HTML form; see also `files`.")
    ] = None
    files: Annotated[dict[str, str] | None, Field(description="Files of a multipart form: field name to path.")] = None
    text: Annotated[str | None, Field(description="Body, sent as text.")] = None
    file: Annotated[str | None, Field(description="Path of a file to send as the body.")] = None
    expect: Annotated[
        list[StatusPattern] | None,
        Field(min_length=1, description='Successful statuses: [200, "3xx"]. Default: all below 400.'),
    ] = None
    parse: Annotated[
        BodyFormat,
        Field(
            description="How to parse the body: json; jsonl, one JSON value per line (NDJSON); text; auto decides by "
            "the content type."
        ),
    ] = "auto"
    encoding: Annotated[
        TextEncoding | None,
        Field(
            description="Encoding of the response text, such as latin-1; default: the charset it declares, else UTF-8."
        ),
    ] = None
    timeout: Annotated[Duration, Field(description="Timeout of the whole exchange, including the body.")] = 30.0
    resends: Annotated[
        int,
        Field(
            ge=0,
            le=10,
            description="How many times a request is sent again while the server is busy or drops the connection, "
            "after the delay it asks for; with paginate, of each page. A retry of the step begins with the first page.",
        ),
    ] = 0
    follow_redirects: Annotated[
        bool,
        Field(description="Follow redirects, at most 20; secrets are never sent to another server."),
    ] = True
    verify: Annotated[bool, Field(description="Verify the certificate of an https server.")] = True
    max_bytes: Annotated[
        int | None,
        Field(
            ge=1,
            description="Maximum decoded bytes of the response, all pages together; default: 10 MiB, or 10 GiB with "
            "saveTo.",
        ),
    ] = None
    save_to: Annotated[str | None, Field(description="Path of a file to write the response body to.")] = None
    paginate: Annotated[
        Pagination | None, Field(description="Read all pages; the body is then the list of all items.")
    ] = None

    @model_validator(mode="after")
    def _one_body(self) -> "HttpInput":
        given = [name for name in BODY_FIELDS if self._has(name)]
        if self.files is not None and given not in ([], ["form"]):
            raise ValueError('"files" can only be combined with "form"')
        if self.paginate is not None and self.save_to is not None:
            raise ValueError('"paginate" cannot be combined with "saveTo"')
        if self.paginate is not None and self.paginate.param_in in ("json", "form"):
            body = self.paginate.param_in
            if given != [body]:
                raise ValueError(f'"paramIn": "{body}" needs a body in "{body}"')
        if len(given) > 1:
            raise ValueError(f"only one body is allowed, not {' and '.join(given)}")
        return self

    def _has(self, body: str) -> bool:
        return "json_" in self.model_fields_set if body == "json" else getattr(self, body) is not None

    @property
    def has_body(self) -> bool:
        """True if the request has a body."""
        return self.files is not None or any(map(self._has, BODY_FIELDS))
