"""Step types by word; modules are imported on first use."""

import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wftui.model.data_class import dataclass
from wftui.steps.api.step_type import StepType

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from wftui.steps.registry.plugins import Found
    from wftui.steps.registry.trust import TrustedFiles

BUILTIN: dict[str, tuple[str, str]] = {
    "approval": ("wftui.steps.control.approval", "ApprovalStep"),
    "assert": ("wftui.steps.control.assert_", "AssertStep"),
    "composio": ("wftui.steps.composio.step", "ComposioStep"),
    "delay": ("wftui.steps.control.delay", "DelayStep"),
    "email": ("wftui.steps.email.step", "EmailStep"),
    "fail": ("wftui.steps.control.fail", "FailStep"),
    "file": ("wftui.steps.file.step", "FileStep"),
    "http": ("wftui.steps.http.step", "HttpStep"),
    "llm": ("wftui.steps.llm.step", "LlmStep"),
    "mcp": ("wftui.steps.mcp.step", "McpStep"),
    "python": ("wftui.steps.python.step", "PythonStep"),
    "set": ("wftui.steps.control.set_", "SetStep"),
    "shell": ("wftui.steps.shell.step", "ShellStep"),
    "sql": ("wftui.steps.sql.step", "SqlStep"),
    "template": ("wftui.steps.python.template_step", "TemplateStep"),
    "workflow": ("wftui.steps.control.workflow", "WorkflowStep"),
}
"""Word → (module, class)."""


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """Plugin that cannot be used: its source, its word if known, and why."""

    source: str
    word: str | None
    message: str


class StepRegistry:
    """Step types: built-in, then installed, then workspace; the first one wins.

    Nothing is imported before it is asked for. Safe to use from several threads.

    Args:
        workspace_steps: the folder `steps` of a workspace, whose trusted files are looked at as well.
        trusted: which files are; absent: as the user has agreed.
        plugins: whether installed packages are looked at.
    """

    def __init__(
        self, *, workspace_steps: Path | None = None, trusted: "TrustedFiles | None" = None, plugins: bool = True
    ) -> None:
        self._folder = workspace_steps
        self._trusted = trusted
        self._plugins = plugins
        self._lock = threading.RLock()
        self._builtin: dict[str, StepType[Any]] = {}
        self._installed: dict[str, Found] = {}
        self._announced: dict[str, EntryPoint] | None = None
        self._rivals: list[PluginProblem] = []
        self._from_folder: list[Found] | None = None

    def get(self, word: str) -> StepType[Any] | None:
        """Return the step type of a word, or None."""
        with self._lock:
            if word in BUILTIN:
                if word not in self._builtin:
                    module, name = BUILTIN[word]
                    self._builtin[word] = getattr(import_module(module), name)()
                return self._builtin[word]
            found = self._plugin(word) if "." in word else None
            return found.step_type if found else None

    def types(self) -> list[StepType[Any]]:
        """Return all step types, sorted by word."""
        with self._lock:
            words = {*BUILTIN, *self._words_announced(), *(found.word for found in self._folder_plugins())}
            types = (self.get(word) for word in words if word is not None)
            return sorted((each for each in types if each is not None), key=lambda each: each.word)

    def has_plugins(self) -> bool:
        """Return whether there may be other step types than the built-in ones."""
        with self._lock:
            return bool(self._words_announced() or self._folder_plugins())

    def why_not(self, word: str) -> str | None:
        """Return why a word cannot be used; None if it can or is unknown."""
        with self._lock:
            found = self._plugin(word) if word not in BUILTIN else None
            if found is None and "." in word:
                # A file that could not be looked at does not say which words it has.
                found = next((each for each in self._folder_plugins() if each.word is None), None)
            return f"{found.source}: {found.problem}" if found and found.problem else None

    def problems(self) -> list[PluginProblem]:
        """Return all plugins that cannot be used."""
        with self._lock:
            words = self._words_announced()
            found = [*(self._plugin(word) for word in words), *self._folder_plugins()]
            problems = [PluginProblem(each.source, each.word, each.problem) for each in found if each and each.problem]
            return problems + self._rivals + self._rivals_in_folder()

    def _rivals_in_folder(self) -> list[PluginProblem]:
        problems: list[PluginProblem] = []
        taken = dict.fromkeys(self._words_announced(), "an installed package")
        for each in self._folder_plugins():
            if each.step_type is None or each.word is None:
                continue
            if each.word in taken:
                sentence = f"{taken[each.word]} already has the word {each.word}"
                problems.append(PluginProblem(each.source, each.word, sentence))
            taken.setdefault(each.word, each.source)
        return problems

    def refresh(self) -> None:
        """Reload the files of the workspace on next use."""
        with self._lock:
            self._from_folder = None

    def _words_announced(self) -> "dict[str, EntryPoint]":
        if self._announced is None:
            # Reading what is installed takes tens of milliseconds, so only when a word is not a built-in one.
            from wftui.steps.registry.plugins import announced, source_of

            self._announced = {}
            for entry in announced() if self._plugins else []:
                first = self._announced.get(entry.name)
                if entry.name in BUILTIN or first is not None:
                    whose = source_of(first) if first is not None else "wftui itself"
                    sentence = f"{whose} already has the word {entry.name}"
                    self._rivals.append(PluginProblem(source_of(entry), entry.name, sentence))
                else:
                    self._announced[entry.name] = entry
        return self._announced

    def _folder_plugins(self) -> "list[Found]":
        if self._from_folder is None:
            from wftui.steps.registry.plugins import load_folder
            from wftui.steps.registry.trust import TrustedFiles

            self._from_folder = load_folder(self._folder, self._trusted or TrustedFiles()) if self._folder else []
        return self._from_folder

    def _plugin(self, word: str) -> "Found | None":
        if word in self._words_announced():
            if word not in self._installed:
                from wftui.steps.registry.plugins import load_installed

                self._installed[word] = load_installed(self._words_announced()[word])
            return self._installed[word]
        candidates = [found for found in self._folder_plugins() if found.word == word]
        return next((found for found in candidates if found.step_type), next(iter(candidates), None))


def builtin_registry() -> StepRegistry:
    """Return a registry of the built-in step types only."""
    return StepRegistry(plugins=False)


def workspace_registry(tables: Path) -> StepRegistry:
    """Return the registry of a workspace, including its `steps/*.py`."""
    return StepRegistry(workspace_steps=tables / "steps")
