"""The kinds of connections: their fields, and which of them are secret."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from wftui.model.base import Json
from wftui.model.validated import ValidatedModel

_SECRET: dict[str, Any] = {"writeOnly": True, "format": "password"}

Secret = Annotated[str, Field(json_schema_extra=_SECRET)]
"""A text that is never shown; the connections file holds a reference (`env:NAME`)."""
OptionalSecret = Annotated[str | None, Field(json_schema_extra=_SECRET)]
"""An optional `Secret`."""
Secrets = Annotated[dict[str, str], Field(json_schema_extra={"writeOnly": True})]
"""Named texts that are never shown."""


class ConnectionPart(ValidatedModel):
    """Base of connection models: strict types, and no values in errors."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", strict=True, hide_input_in_errors=True
    )


class ConnectionValues(ConnectionPart):
    """Base of the kinds. `word` is the `kind` in workflow.json."""

    word: ClassVar[str]
    title: ClassVar[str]

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """Return the JSON names of the fields that hold secrets."""
        return frozenset(field.alias or name for name, field in cls.model_fields.items() if _is_secret(field))


class HttpConnection(ConnectionValues):
    """A web service and its authentication."""

    word: ClassVar[str] = "http"
    title: ClassVar[str] = "Web service"

    base_url: Annotated[str | None, Field(description="Prefix of URLs that start with /.")] = None
    headers: Annotated[dict[str, str], Field(description="Sent with every request.")] = Field(default_factory=dict)
    auth: Annotated[
        Literal["none", "basic", "bearer", "apiKey", "clientCredentials"],
        Field(description="How requests are authenticated."),
    ] = "none"
    username: Annotated[str | None, Field(description="basic: user name.")] = None
    password: Annotated[OptionalSecret, Field(description="basic: password.")] = None
    token: Annotated[OptionalSecret, Field(description="bearer: token.")] = None
    api_key: Annotated[OptionalSecret, Field(description="apiKey: the key.")] = None
    api_key_name: Annotated[str, Field(description="apiKey: name of the header or query parameter.")] = "X-API-Key"
    api_key_in: Annotated[Literal["header", "query"], Field(description="apiKey: where it is sent.")] = "header"
    token_url: Annotated[str | None, Field(description="clientCredentials: URL that issues tokens.")] = None
    client_id: Annotated[str | None, Field(description="clientCredentials: client id.")] = None
    client_secret: Annotated[OptionalSecret, Field(description="clientCredentials: client secret.")] = None
    scope: Annotated[str | None, Field(description="clientCredentials: requested scope.")] = None


class ModelPrices(ValidatedModel):
    """Prices of a model per million tokens."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    input: Annotated[float, Field(ge=0, description="Price of input tokens.")]
    output: Annotated[float, Field(ge=0, description="Price of output tokens.")]
    cached_input: Annotated[
        float | None, Field(ge=0, description="Price of cached input tokens; absent: as input.")
    ] = None


class OpenAIConnection(ConnectionValues):
    """A server with OpenAI's chat completions API: OpenAI, Ollama, vLLM, llama.cpp."""

    word: ClassVar[str] = "openai"
    title: ClassVar[str] = "OpenAI-compatible model"

    protocol: Annotated[Literal["openai"], Field(description="What the server speaks.")] = "openai"
    base_url: Annotated[str, Field(description="Address of the server, up to /v1.")] = "https://api.openai.com/v1"
    api_key: Annotated[OptionalSecret, Field(description="Key of the service; a server of your own may need none.")] = (
        None
    )
    model: Annotated[str | None, Field(description="Used when a step names no model.")] = None
    headers: Annotated[dict[str, str], Field(description="Sent with every request.")] = Field(default_factory=dict)
    prices: Annotated[
        dict[str, ModelPrices], Field(description="Prices per million tokens by model, to compute costs.")
    ] = Field(default_factory=dict)


class AnthropicConnection(ConnectionValues):
    """Anthropic's messages API."""

    word: ClassVar[str] = "anthropic"
    title: ClassVar[str] = "Anthropic model"

    protocol: Annotated[Literal["anthropic"], Field(description="What the server speaks.")] = "anthropic"
    base_url: Annotated[str, Field(description="Address of the server.")] = "https://api.anthropic.com"
    api_key: Annotated[Secret, Field(description="Key of the service.")]
    model: Annotated[str | None, Field(description="Used when a step names no model.")] = None
    prices: Annotated[
        dict[str, ModelPrices], Field(description="Prices per million tokens by model, to compute costs.")
    ] = Field(default_factory=dict)


class ComposioConnection(ConnectionValues):
    """Composio: tools that use the connected accounts of users."""

    word: ClassVar[str] = "composio"
    title: ClassVar[str] = "Composio"

    base_url: Annotated[str, Field(description="Address of the service.")] = "https://backend.composio.dev"
    api_key: Annotated[Secret, Field(description="Key of the project at Composio.")]


class McpConnection(ConnectionValues):
    """An MCP server: a command to start, or a URL."""

    word: ClassVar[str] = "mcp"
    title: ClassVar[str] = "MCP server"

    command: Annotated[
        list[str] | None, Field(min_length=1, description="Program and arguments that start the server.")
    ] = None
    cwd: Annotated[str | None, Field(description="Directory the server is started in.")] = None
    env: Annotated[Secrets, Field(description="Environment variables of the server.")] = Field(default_factory=dict)
    url: Annotated[str | None, Field(description="URL of a running server.")] = None
    headers: Annotated[Secrets, Field(description="Headers sent to that URL.")] = Field(default_factory=dict)


class DatabaseConnection(ConnectionValues):
    """A database by its SQLAlchemy URL, which contains the password."""

    word: ClassVar[str] = "database"
    title: ClassVar[str] = "Database"

    url: Annotated[Secret, Field(description="SQLAlchemy URL: postgresql+psycopg://user:password@host/name.")]


class SmtpConnection(ConnectionValues):
    """A mail server."""

    word: ClassVar[str] = "smtp"
    title: ClassVar[str] = "Mail server"

    host: Annotated[str, Field(description="Name or address of the mail server.")]
    port: Annotated[int | None, Field(ge=1, le=65535, description="Absent: 587, 465 with tls, 25 with none.")] = None
    security: Annotated[
        Literal["starttls", "tls", "none"], Field(description="Encryption of the connection; none: without.")
    ] = "starttls"
    username: Annotated[str | None, Field(description="Absent: without a login.")] = None
    password: Annotated[OptionalSecret, Field(description="Password of that user.")] = None
    sender: Annotated[str | None, Field(description="Used when a step names no sender.")] = None


class GenericConnection(ConnectionValues):
    """Other plain values and secrets, for expressions (`connection.x`) and plugins."""

    word: ClassVar[str] = "generic"
    title: ClassVar[str] = "Other"

    values: Annotated[dict[str, Json], Field(description="Values by name.")] = Field(default_factory=dict)
    secrets: Annotated[Secrets, Field(description="Secrets by name.")] = Field(default_factory=dict)


SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token"}
)
"""Headers that authenticate, in lower case."""

KINDS: dict[str, type[ConnectionValues]] = {
    kind.word: kind
    for kind in (
        AnthropicConnection,
        ComposioConnection,
        DatabaseConnection,
        GenericConnection,
        HttpConnection,
        McpConnection,
        OpenAIConnection,
        SmtpConnection,
    )
}
"""Connection kinds by their `word`."""


def secret_leaves(kind: type[ConnectionValues], values: Mapping[str, Json]) -> Iterator[tuple[list[str], str]]:
    """Yield (path, text) of every secret in the JSON values of a connection.

    Headers that authenticate are secret even in kinds whose other headers are not.
    """
    headers = values.get("headers")
    if "headers" not in kind.secret_fields() and isinstance(headers, dict):
        for name, text in headers.items():
            if name.lower() in SECRET_HEADERS and isinstance(text, str):
                yield ["headers", name], text
    for name in sorted(kind.secret_fields() & values.keys()):
        value = values[name]
        if isinstance(value, str):
            yield [name], value
        elif isinstance(value, dict):
            yield from (([name, key], inner) for key, inner in value.items() if isinstance(inner, str))


def _is_secret(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("writeOnly") is True
