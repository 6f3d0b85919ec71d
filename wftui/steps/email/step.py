"""`email`: send a message through a mail server."""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from wftui.connections.connection_kinds import SmtpConnection
from wftui.model.base import Json
from wftui.model.workflow.durations import Duration
from wftui.runtime.errors import WorkflowError
from wftui.steps.api.step_type import StepContext, StepModel, StepType
from wftui.steps.api.threads import run_stoppable
from wftui.steps.files.paths import resolve_path

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


class EmailStep(StepType[EmailInput]):
    """A recipient the server refuses is told in the output; all refused is a failure."""

    word = "email"
    title = "E-mail"
    description = "Sends a message with attachments through the mail server of a connection."
    icon = "✉"
    ascii_icon = "@"
    input_model = EmailInput
    example: ClassVar = {
        "to": "Ann <ann@example.org>",
        "subject": "The report",
        "text": "It is attached.",
        "attachments": ["report.md"],
    }
    connection_kind = "smtp"
    connection_required = True
    output_schema: ClassVar = {
        "type": "object",
        "properties": {
            "messageId": {"type": "string", "description": "The Message-ID header."},
            "accepted": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Addresses that the mail server took.",
            },
            "refused": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Addresses that it did not take, each with its answer.",
            },
        },
        "required": ["messageId", "accepted", "refused"],
        "additionalProperties": False,
    }

    async def run(self, input: EmailInput, context: StepContext) -> Json:
        """Send it.

        Raises:
            WorkflowError: `email.connection`, `email.address`, `email.header`, `email.auth`, `email.tls`,
                `email.refused`, `email.connect`, `file.missing`.
        """
        if context.connection is None:
            raise WorkflowError("email.connection", "The step needs a connection of kind smtp.")
        # smtplib and the email package take their time to import.
        from wftui.steps.email.delivery import Delivery, build_message

        server = SmtpConnection.model_validate(dict(context.connection))
        paths = [resolve_path(text, context.working_directory) for text in input.attachments]
        delivery = Delivery(server, input.timeout)
        return await run_stoppable(lambda: delivery.send(build_message(input, server, paths)), delivery.stop)
