"""Input of the `http` step."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.model.workflow.durations import Duration
from wftui.steps.api.step_type import StepModel
from wftui.steps.http.pages import Pagination

BODY_FIELDS = ("json", "form", "text", "file")

Scalar = str | int | float | bool

Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
StatusPattern = Annotated[int, Field(ge=100, le=599)] | Annotated[str, Field(pattern="^[1-5]xx$")]


class HttpInput(StepModel):
    """Input of `http`."""

    method: Annotated[Method | None, Field(description="Absent: GET, or POST when there is a body.")] = None
    url: Annotated[str, Field(min_length=1, description="Address, with https:// or http://.")]
    query: Annotated[
        dict[str, Scalar | list[Scalar] | None],
        Field(description="Added to the address; a list repeats its name, null leaves it out."),
    ] = Field(default_factory=dict)
    headers: Annotated[dict[str, str], Field(description="Request headers.")] = Field(default_factory=dict)
    json_: Annotated[Json, Field(alias="json", description="Body, sent as JSON.")] = None
    form: Annotated[
        dict[str, Scalar | list[Scalar]] | None, Field(description="Body, sent as an HTML form; see also files.")
    ] = None
    files: Annotated[
        dict[str, str] | None, Field(description="Files of a multipart form: name of the field to path.")
    ] = None
    text: Annotated[str | None, Field(description="Body, sent as text.")] = None
    file: Annotated[str | None, Field(description="Path of a file that is the body.")] = None
    expect: Annotated[
        list[StatusPattern] | None,
        Field(min_length=1, description='Statuses that are a success: [200, "3xx"]. Absent: all below 400.'),
    ] = None
    parse: Annotated[
        Literal["auto", "json", "text"], Field(description="How the body is read; auto goes by the content type.")
    ] = "auto"
    timeout: Annotated[Duration, Field(description="For the whole exchange, body included.")] = 30.0
    follow_redirects: Annotated[
        bool,
        Field(
            description="Go where the answer points to, 20 times at most; nothing secret goes along to another server."
        ),
    ] = True
    verify: Annotated[bool, Field(description="Check the certificate of an https server.")] = True
    max_bytes: Annotated[
        int | None,
        Field(
            ge=1,
            description="Most decoded bytes of the answer, all pages together; absent: 10 MiB, or 10 GiB with saveTo.",
        ),
    ] = None
    save_to: Annotated[str | None, Field(description="Path of a file to write the answer's body to.")] = None
    paginate: Annotated[
        Pagination | None, Field(description="Go through all pages; the body is then the list of all items.")
    ] = None

    @model_validator(mode="after")
    def _one_body(self) -> "HttpInput":
        given = [name for name in BODY_FIELDS if self._has(name)]
        if self.files is not None and given not in ([], ["form"]):
            raise ValueError('"files" goes with "form" only')
        if self.paginate is not None and self.save_to is not None:
            raise ValueError('"paginate" and "saveTo" do not go together')
        if len(given) > 1:
            raise ValueError(f"only one body can be sent, not {' and '.join(given)}")
        return self

    def _has(self, body: str) -> bool:
        return "json_" in self.model_fields_set if body == "json" else getattr(self, body) is not None

    @property
    def has_body(self) -> bool:
        """Whether something is sent."""
        return self.files is not None or any(map(self._has, BODY_FIELDS))
