"""Input of the `email` step."""

from typing import Annotated

from pydantic import Field, model_validator

from wftui.model.workflow.durations import Duration
from wftui.steps.api.step_model import StepModel

Addresses = list[str] | str


class EmailInput(StepModel):
    """Input of `email`."""

    to: Annotated[Addresses, Field(min_length=1, description='Recipients: "Ann <ann@x.org>", or a list.')]
    subject: Annotated[str, Field(description="Subject line.")]
    text: Annotated[str | None, Field(description="Message as plain text.")] = None
    html: Annotated[str | None, Field(description="Message as HTML.")] = None
    cc: Annotated[Addresses | None, Field(description="Recipients of a copy, visible to all.")] = None
    bcc: Annotated[Addresses | None, Field(description="Recipients of a hidden copy.")] = None
    from_: Annotated[
        str | None, Field(alias="from", description="Sender; default: that of the connection, or its user name.")
    ] = None
    reply_to: Annotated[Addresses | None, Field(description="Address for replies.")] = None
    attachments: Annotated[list[str], Field(description="Paths of files to attach.")] = Field(default_factory=list)
    headers: Annotated[dict[str, str], Field(description="Additional headers.")] = Field(default_factory=dict)
    timeout: Annotated[Duration, Field(description="Timeout for each response of the mail server.")] = 30.0

    @model_validator(mode="after")
    def _something_to_say(self) -> "EmailInput":
        if self.text is None and self.html is None:
            raise ValueError('give "text", "html" or both')
        return self
