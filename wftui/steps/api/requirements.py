"""Requirements of a step on its machine: packages, drivers and programs."""

from collections.abc import Mapping
from typing import TypeGuard

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.installation import install_command, installed
from wftui.model.workers_address import EXTRA, VARIABLE
from wftui.runtime.workflow_errors import WorkflowError

_FOR_WORKERS = ("procrastinate", "psycopg", "cryptography")


@dataclass(frozen=True, slots=True)
class MissingRequirement:
    """Requirement of a step that is not installed on this machine.

    Attributes:
        code: of the error that the step would fail with.
        message: a sentence without a full stop.
        command: what the user runs to install it, where that is known.
    """

    code: str
    message: str
    command: str | None = None

    @property
    def sentence(self) -> str:
        """Message and the command that installs it."""
        return f"{self.message}: {self.command}" if self.command else self.message

    def error(self) -> WorkflowError:
        """Return the error of a run or step that needs it."""
        details: Json = {"command": self.command} if self.command else None
        return WorkflowError(self.code, self.sentence, details=details)


@dataclass(frozen=True, slots=True)
class Host:
    """Machine that a step will run on; see `StepType.missing`.

    Attributes:
        environment: the user's environment.
        connected: whether the step takes a connection.
        connection: that connection, secrets in clear; None while it is not resolved.
    """

    environment: Mapping[str, str]
    connected: bool = False
    connection: Mapping[str, Json] | None = None


def missing_workers(address: str | None) -> MissingRequirement | None:
    """Return what a run with steps in pools is missing on this machine.

    Args:
        address: of the PostgreSQL server through which steps reach workers.
    """
    if not all(installed(package) for package in _FOR_WORKERS):
        message = f"steps in pools need the packages {', '.join(_FOR_WORKERS)}"
        return MissingRequirement("workers.missing", message, install_command(EXTRA))
    if address is None:
        message = f"no server is set through which steps reach the workers of a pool; set {VARIABLE}, or the setting"
        return MissingRequirement("workers.no_url", message, "wftui settings set workers postgresql://HOST/DATABASE")
    return None


def is_program(name: Json) -> TypeGuard[str]:
    """Return whether an input value names a program to look up on PATH.

    A path does not, nor does a bound value.
    """
    return isinstance(name, str) and bool(name) and "/" not in name and "{{" not in name
