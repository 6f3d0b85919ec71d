"""Step types from installed packages and from trusted files of a workspace."""

import hashlib
import importlib.util
import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from warnings import catch_warnings, simplefilter

from wftui.connections.connection_errors import ConnectionsError
from wftui.steps.api.function_step import step_type_of
from wftui.steps.api.step_type import StepType
from wftui.steps.registry.plugin_check import PluginError, plugin_step_type
from wftui.steps.registry.trust import TrustedFiles
from wftui.workspace.regular import read_regular

GROUP = "wftui.steps"
"""The entry point group."""
IMPORT_SECONDS = 30.0
"""Time limit for the import of a plugin."""

_SOURCE = "__wftui_source__"
"""Attribute of a module with the name and the content of its file."""

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Found:
    """Step type of a plugin, or why it cannot be used.

    Attributes:
        source: where it comes from: `package acme-steps 1.2`, or the path of a file.
        word: None when not even that is known.
    """

    source: str
    word: str | None
    step_type: StepType[Any] | None
    problem: str | None = None


def announced() -> list[EntryPoint]:
    """Return entry points of installed packages, sorted, without importing them."""
    return sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, source_of(entry)))


def source_of(entry: EntryPoint) -> str:
    """Return the package of an entry point for messages."""
    package = entry.dist
    return f"package {package.name} {package.version}" if package is not None else "a package"


def load_installed(entry: EntryPoint) -> Found:
    """Import one step type; any error becomes a problem."""
    source = source_of(entry)
    try:
        return Found(source, entry.name, run_isolated(lambda: plugin_step_type(entry.load(), entry.name)))
    except PluginError as error:
        return Found(source, entry.name, None, f"{entry.value}: {error}")
    except BaseException as error:  # noqa: BLE001  (a plugin may raise anything)
        return Found(source, entry.name, None, f"{entry.value} cannot be imported: {_sentence(error)}")


def run_isolated(work: Callable[[], ResultT]) -> ResultT:
    """Run plugin code in a thread, with a time limit and without its output.

    Raises:
        BaseException: whatever the plugin raises, or PluginError when it takes too long.
    """
    outcome: list[ResultT] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001  (handed to the caller)
            failure.append(error)

    thread = threading.Thread(target=body, name="plugin-import", daemon=True)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), catch_warnings():
        simplefilter("ignore")
        thread.start()
        thread.join(IMPORT_SECONDS)
    if thread.is_alive():
        raise PluginError(f"it takes longer than {IMPORT_SECONDS:g} seconds to import")
    if failure:
        raise failure[0]
    return outcome[0]


def load_folder(folder: Path, trusted: TrustedFiles) -> list[Found]:
    """Import trusted `*.py` files of a folder; each failure is a problem."""
    found: list[Found] = []
    try:
        paths = sorted(folder.glob("*.py")) if folder.is_dir() else []
    except OSError as error:
        return [Found(str(folder), None, None, f"it cannot be read: {(error.strerror or str(error)).lower()}")]
    for path in paths:
        if not path.name.startswith("_"):
            found += _load_file(path, trusted)
    return found


def _load_file(path: Path, trusted: TrustedFiles) -> list[Found]:
    source = str(path)
    try:
        data = read_regular(path)
        if not trusted.is_trusted(path, data):
            sentence = f"it is not trusted, or has changed since; review it, then run: wftui steps trust {path}"
            return [Found(source, None, None, sentence)]
    except (OSError, ConnectionsError) as error:
        return [Found(source, None, None, str(error))]
    return _load_trusted(path, data)


def source_of_type(kind: StepType[Any]) -> tuple[str, bytes] | None:
    """Return name and trusted content of a step type's file; None for a package's."""
    module = sys.modules.get(type(kind).__module__)
    return getattr(module, _SOURCE, None)


def load_source(name: str, data: bytes) -> list[Found]:
    """Import a file whose content is trusted; a failure is a problem."""
    return _load_trusted(Path(name), data)


def _load_trusted(path: Path, data: bytes) -> list[Found]:
    source = str(path)
    try:
        module = run_isolated(lambda: _module(path, data))
    except PluginError as error:
        return [Found(source, None, None, str(error))]
    except BaseException as error:  # noqa: BLE001  (the file may raise anything)
        return [Found(source, None, None, f"it cannot be imported: {_sentence(error)}")]
    offered = list(_offered(module))
    if not offered:
        return [Found(source, None, None, "it has neither a StepType nor a function decorated with @step")]
    return [_checked(source, thing) for thing in offered]


def _checked(source: str, thing: object) -> Found:
    word = getattr(step_type_of(thing), "word", None)
    try:
        return Found(source, word, run_isolated(lambda: plugin_step_type(thing)))
    except PluginError as error:
        return Found(source, word, None, str(error))
    except BaseException as error:  # noqa: BLE001  (a plugin may raise anything)
        return Found(source, word, None, _sentence(error))


def _module(path: Path, data: bytes) -> ModuleType:
    # A name of its own for each content: a changed file is a new module, and no name of an installed one is taken.
    name = f"wftui_workspace_steps_{path.stem}_{hashlib.sha256(str(path).encode() + data).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    setattr(module, _SOURCE, (path.name, data))
    sys.modules[name] = module
    try:
        # The bytes that were trusted, not what the file may hold by now.
        exec(compile(data, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _offered(module: ModuleType) -> Iterator[object]:
    for thing in vars(module).values():
        found = step_type_of(thing)
        if found is not None and found.__module__ == module.__name__:
            yield thing


def _sentence(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
