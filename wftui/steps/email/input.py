"""Input of the `email` step."""

from typing import Annotated

from pydantic import Field, model_validator

from wftui.model.workflow.durations import Duration
from wftui.steps.api.step_type import StepModel

Addresses = list[str] | str


class EmailInput(StepModel):
    """Input of `email`."""

    to: Annotated[Addresses, Field(min_length=1, description='Recipients: "Ann <ann@x.org>", or a list.')]
    subject: Annotated[str, Field(description="Subject line.")]
    text: Annotated[str | None, Field(description="The message as plain text.")] = None
    html: Annotated[str | None, Field(description="The message as HTML.")] = None
    cc: Annotated[Addresses | None, Field(description="More recipients, seen by all.")] = None
    bcc: Annotated[Addresses | None, Field(description="More recipients, seen by nobody.")] = None
    from_: Annotated[
        str | None, Field(alias="from", description="Sender; absent: that of the connection, or its user name.")
    ] = None
    reply_to: Annotated[Addresses | None, Field(description="Where answers go.")] = None
    attachments: Annotated[list[str], Field(description="Paths of files to attach.")] = Field(default_factory=list)
    headers: Annotated[dict[str, str], Field(description="More headers.")] = Field(default_factory=dict)
    timeout: Annotated[Duration, Field(description="For each answer of the mail server.")] = 30.0

    @model_validator(mode="after")
    def _something_to_say(self) -> "EmailInput":
        if self.text is None and self.html is None:
            raise ValueError('give "text", "html" or both')
        return self
