"""The built-in step types by their word; a type's module is imported only when that type is asked for."""

from importlib import import_module
from typing import Any

from wftui.steps.base import StepType

BUILTIN: dict[str, tuple[str, str]] = {
    "approval": ("wftui.steps.approval", "ApprovalStep"),
    "assert": ("wftui.steps.assert_", "AssertStep"),
    "delay": ("wftui.steps.delay", "DelayStep"),
    "email": ("wftui.steps.email", "EmailStep"),
    "file": ("wftui.steps.file", "FileStep"),
    "http": ("wftui.steps.http", "HttpStep"),
    "python": ("wftui.steps.python", "PythonStep"),
    "set": ("wftui.steps.set_", "SetStep"),
    "shell": ("wftui.steps.shell", "ShellStep"),
    "sql": ("wftui.steps.sql", "SqlStep"),
    "template": ("wftui.steps.template", "TemplateStep"),
    "workflow": ("wftui.steps.workflow", "WorkflowStep"),
}
"""Word → (module, class)."""


class LazyCatalogue:
    """Step types from modules that are named but not imported yet."""

    def __init__(self, places: dict[str, tuple[str, str]]) -> None:
        self._places = places
        self._loaded: dict[str, StepType[Any]] = {}

    def get(self, word: str) -> StepType[Any] | None:
        """The step type of that word, or None."""
        if word not in self._loaded:
            if word not in self._places:
                return None
            module, name = self._places[word]
            self._loaded[word] = getattr(import_module(module), name)()
        return self._loaded[word]

    def types(self) -> list[StepType[Any]]:
        """All step types, sorted by word."""
        found = (self.get(word) for word in sorted(self._places))
        return [step_type for step_type in found if step_type is not None]


def builtin_catalogue() -> LazyCatalogue:
    """The step types that come with wftui."""
    return LazyCatalogue(BUILTIN)
