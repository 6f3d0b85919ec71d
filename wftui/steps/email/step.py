"""The `email` step type."""

from typing import ClassVar

from wftui.connections.connection_kinds import SmtpConnection
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.api.threads import run_stoppable
from wftui.steps.email.input import EmailInput
from wftui.steps.files.paths import resolve_path


class EmailStep(StepType[EmailInput]):
    """Sends a message; fails only if the server refuses all recipients."""

    word = "email"
    title = "E-mail"
    description = "Sends a message with attachments through the mail server of a connection."
    icon = "✉"
    ascii_icon = "@"
    search_words = ("mail", "smtp", "send", "message")
    input_model = EmailInput
    path_fields: ClassVar = {"attachments": "file"}
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
                "description": "Addresses that the mail server accepted.",
            },
            "refused": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Addresses that it rejected, each with its response.",
            },
        },
        "required": ["messageId", "accepted", "refused"],
        "additionalProperties": False,
    }

    async def run(self, input: EmailInput, context: StepContext) -> Json:
        """Send the message.

        Raises:
            WorkflowError: `email.connection`, `email.address`, `email.header`, `email.auth`, `email.tls`,
                `email.refused`, `email.connect`, `file.missing`.
        """
        if context.connection is None:
            raise WorkflowError("email.connection", "The step needs an smtp connection.")
        # smtplib and the email package take their time to import.
        from wftui.steps.email.delivery import Delivery, build_message

        server = SmtpConnection.model_validate(dict(context.connection))
        paths = [resolve_path(text, context.working_directory) for text in input.attachments]
        delivery = Delivery(server, input.timeout)
        return await run_stoppable(lambda: delivery.send(build_message(input, server, paths)), delivery.stop)
