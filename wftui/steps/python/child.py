"""Program of the child interpreter of `python` steps: `python -I child.py FD`.

Self-contained: only the standard library, and only what Python 3.8 has, since the interpreter may be the user's own. A
request is a line of JSON on the file descriptor; events go out as lines, the last one is the result or an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import io
import json
import linecache
import math
import os
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

CODE_NAME = "<code>"
MODULE_NAME = "__step__"
SPAWN = "multiprocessing.spawn"
MAX_DEPTH = 190
MAX_INTEGER_BITS = 13_000  # more digits than that Python does not print
PLAIN = {str, bool, type(None)}


class OwnError(Exception):
    """Error with a type of the user's own."""

    def __init__(self, type: str, message: str, details: Any) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.details = details


def fail(type: str, message: str, details: Any = None) -> None:
    """Fail the step with an error type of your own, such as `stock.empty`."""
    try:
        raise OwnError(str(type), str(message), check_json(details))
    except NotJsonError as error:
        raise TypeError(not_json_details(error, "result")) from None


def not_json_details(error: Exception, place: str) -> str:
    """Return the message for details of `fail`, which the error calls `place`."""
    return f"the details of fail() are not JSON: details{str(error).removeprefix(place)}"


class NotJsonError(Exception):
    """Value that is not JSON, with its position and the reason."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(f"result{place if len(place) <= 40 else place[:34] + '…'} {reason}")
        self.reason = reason
        self.place = place

    def inside(self, key: str) -> NotJsonError:
        """Return the error for a value that holds the wrong one under a key."""
        return NotJsonError(self.reason, key + self.place)


def check_json(value: Any, depth: int = 0) -> Any:
    """Return the value with tuples as lists; raise NotJsonError if it is not JSON."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if abs(value).bit_length() > MAX_INTEGER_BITS:
            raise NotJsonError("is an integer of more than 3,900 digits")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotJsonError(f"is {value}, which is not a JSON value")
        return float(value)
    if not isinstance(value, (dict, list, tuple)):
        raise NotJsonError(f"is a {type(value).__name__}, which is not a JSON value")
    if depth == MAX_DEPTH:
        raise NotJsonError(f"is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        return check_object(value, depth)
    kinds = set(map(type, value))
    if kinds <= PLAIN or (kinds == {float} and all(map(math.isfinite, value))):
        return value if type(value) is list else list(value)  # of millions of values none is looked at by itself
    checked = []
    try:
        for inner in value:
            checked.append(check_json(inner, depth + 1))
    except NotJsonError as error:
        raise error.inside(f"[{len(checked)}]") from None
    return checked


def check_object(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    """Return a dict checked like `check_json`."""
    checked: dict[str, Any] = {}
    for key, inner in value.items():
        if not isinstance(key, str):
            raise NotJsonError(f"has the key {key!r}; keys must be strings")
        if type(inner) in PLAIN:
            checked[key] = inner
            continue
        try:
            checked[key] = check_json(inner, depth + 1)
        except NotJsonError as error:
            raise error.inside(f".{key}") from None
    return checked


STAND_IN = types.ModuleType("wftui")
"""Module `wftui` of the code, as an interpreter of the user may not have the real one."""
STAND_IN.__dict__["fail"] = fail


def provide_wftui() -> None:
    """Let the code `import wftui` where the real one is not installed."""
    if "wftui" not in sys.modules and importlib.util.find_spec("wftui") is None:
        sys.modules["wftui"] = STAND_IN


def own_error(error: BaseException) -> dict[str, Any] | None:
    """Return the event for an error of the user's own; None for any other."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if not isinstance(error, OwnError) and name != "wftui.runtime.workflow_errors.WorkflowError":
        return None
    told = {key: vars(error).get(key) for key in ("type", "message", "details")}
    try:
        return {**check_json(told), "event": "error", "kind": "own", "stack": own_lines(error)}
    except NotJsonError as wrong:
        message = f"TypeError: {not_json_details(wrong, 'result.details')}"
        return {"event": "error", "kind": "exception", "message": message, "stack": own_lines(error)}


def find_function(request: dict[str, Any], send: Callable[[dict[str, Any]], None]) -> Any:
    """Return the function: `main` of the code, or the named one of a module."""
    if request.get("code") is None:
        module_name, _, name = request["function"].partition(":")
        if request["path"] not in sys.path:
            sys.path.insert(0, request["path"])
        provide_wftui()
        target = importlib.import_module(module_name)
        for part in name.split("."):
            target = getattr(target, part)
        return target

    def progress(fraction: float, message: object = None) -> None:
        """Report progress from 0 to 1."""
        value = float(fraction)
        if math.isnan(value):
            raise ValueError("progress() takes a number from 0 to 1")
        # Bounded here: JSON does not know what is beyond all numbers.
        bounded = min(1.0, max(0.0, value))
        send({"event": "progress", "fraction": bounded, "message": None if message is None else str(message)})

    if not any(isinstance(each, CodeForProcesses) for each in sys.meta_path):  # an interpreter runs one code
        sys.meta_path.insert(0, CodeForProcesses(request["code"]))
    module = types.ModuleType(MODULE_NAME)
    sys.modules[MODULE_NAME] = module  # dataclasses, pickle and typing look up the module of a class by its name
    run_code(request["code"], module, progress)
    if not hasattr(module, "main"):
        raise NameError("the code does not define a function main")
    return module.__dict__["main"]


def run_code(code: str, module: types.ModuleType, progress: Callable[..., None]) -> None:
    """Run the code as a module."""
    provide_wftui()
    linecache.cache[CODE_NAME] = (len(code), None, code.splitlines(True), CODE_NAME)
    module.__dict__.update(__file__=CODE_NAME, progress=progress, wftui=STAND_IN)
    exec(compile(code, CODE_NAME, "exec"), module.__dict__)


class CodeForProcesses(importlib.abc.MetaPathFinder):
    """Hands the code to interpreters that `multiprocessing` starts, in `sys.argv`."""

    def __init__(self, code: str) -> None:
        self._code = code

    def find_spec(
        self, fullname: str, path: Any = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find `multiprocessing.spawn`, and change what it sends."""
        found = importlib.machinery.PathFinder.find_spec(fullname, path) if fullname == SPAWN else None
        if found is None or found.loader is None:
            return None
        run = found.loader.exec_module

        def run_and_change(module: types.ModuleType) -> None:
            run(module)
            prepare = module.__dict__["get_preparation_data"]

            def with_code(name: str) -> dict[str, Any]:
                data: dict[str, Any] = prepare(name)
                return {**data, "sys_argv": [*data["sys_argv"], self._code]}

            module.__dict__["get_preparation_data"] = with_code

        found.loader.exec_module = run_and_change  # type: ignore[method-assign]  # of this one loader
        return found


class CodeFromArguments(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the code in an interpreter that `multiprocessing` has started."""

    def find_spec(
        self, fullname: str, path: Any = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the module of the code."""
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == MODULE_NAME else None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the code; its progress is that of the first interpreter only."""
        run_code(sys.argv.pop(), module, lambda fraction, message=None: None)


def call(function: Callable[..., Any], args: Any) -> Any:
    """Call with a list as positional or an object as keyword arguments; await it."""
    positions, names = (args, {}) if isinstance(args, list) else ((), args)
    _check_arguments(function, positions, names)
    result = function(*positions, **names)
    if inspect.isawaitable(result):

        async def wait() -> Any:
            return await result

        result = asyncio.run(wait())
    return result


def _check_arguments(function: Callable[..., Any], positions: Sequence[Any], names: Mapping[str, Any]) -> None:
    """Raise TypeError, with what `main` takes, if it cannot take the arguments."""
    signature = inspect.signature(function)
    try:
        signature.bind(*positions, **names)
    except TypeError as error:
        given = f"{len(positions)} values" if positions else ", ".join(names) or "nothing"
        raise TypeError(f"{error}; the function is {function.__name__}{signature}, args has {given}") from None


def own_lines(error: BaseException) -> str:
    """Return the part of the traceback that is in the user's code."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.__traceback__ = own_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def own_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return the frames without the surrounding ones of this file."""
    while trace is not None and is_ours(trace):
        trace = trace.tb_next
    last, frame = None, trace
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == __file__:
            break
        last, frame = frame, frame.tb_next
    if last is not None:
        last.tb_next = None
    return trace


def is_ours(trace: TracebackType) -> bool:
    """Return whether a frame belongs to this file or to how it calls the code."""
    asyncio_folder = asyncio.__file__[: -len("__init__.py")]
    return trace.tb_frame.f_code.co_filename.startswith((__file__, inspect.__file__, asyncio_folder))


def describe_error(error: BaseException) -> str:
    """Return the type of an error and its text, if readable."""
    try:
        text = str(error)
    except Exception as unreadable:  # noqa: BLE001  (the code's own __str__)
        text = f"(its text cannot be read: {type(unreadable).__name__})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class EventStream(io.RawIOBase):
    """Output stream as events, in order with the result."""

    def __init__(self, name: str, send: Callable[[dict[str, Any]], None]) -> None:
        self._name = name
        self._send = send

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Send bytes as latin-1 text: they may end within a character."""
        text = bytes(data).decode("latin-1")
        self._send({"event": "print", "stream": self._name, "text": text})
        return len(text)


def print_to(send: Callable[[dict[str, Any]], None], encoding: str) -> None:
    """Send printed text as events, line by line."""
    for name in ("stdout", "stderr"):
        writer = io.BufferedWriter(EventStream(name, send))
        setattr(sys, name, io.TextIOWrapper(writer, encoding, errors="replace", line_buffering=True))


def answer(request: dict[str, Any], send: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Return the last event of a request."""
    try:
        function = find_function(request, send)
        result = call(function, request["args"])
        with collector_resting():
            return {"event": "result", "value": check_json(result)}
    except NotJsonError as error:
        return {"event": "error", "kind": "not_json", "message": str(error), "stack": None}
    except BaseException as error:  # noqa: BLE001  (told to the step, whatever it is)
        own = own_error(error)
        if own is not None:
            return own
        kind = "memory" if isinstance(error, MemoryError) else "exit" if isinstance(error, SystemExit) else "exception"
        return {
            "event": "error",
            "kind": kind,
            "message": describe_error(error),
            "stack": own_lines(error),
        }


@contextlib.contextmanager
def collector_resting() -> Iterator[None]:
    """Pause garbage collection while large acyclic values are built."""
    used = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if used:
            gc.enable()


def main() -> None:
    """Answer requests one after the other until the connection closes."""
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    channel = os.fdopen(descriptor, "r+b", buffering=0)

    one_at_a_time = threading.RLock()  # any thread of the code may print

    def send(event: dict[str, Any]) -> None:
        with collector_resting():
            data = memoryview(json.dumps(event, allow_nan=False).encode("ascii") + b"\n")
        with one_at_a_time:
            while data:
                data = data[channel.write(data) :]

    owner = os.getpid()
    directory, environment = os.getcwd(), dict(os.environ)  # noqa: PTH109  (pathlib takes its time to import)
    limited = False
    with os.fdopen(os.dup(descriptor), "rb") as reader:
        for line in reader:
            with collector_resting():
                request = json.loads(line)
            if request.get("memory") and not limited:
                import resource

                resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
                limited = True
            os.environ.update(request.get("env") or {})
            print_to(send, request.get("encoding") or "utf-8")
            last = answer(request, send)
            if os.getpid() != owner:
                os._exit(0)  # a process that the code forked and that came back here: only its parent answers
            for stream in (sys.stdout, sys.stderr):
                if stream is not None and not stream.closed:
                    stream.flush()
            os.chdir(directory)
            os.environ.clear()
            os.environ.update(environment)
            try:
                send(last)
            except MemoryError:  # before anything was written: it is made as a whole first
                send({"event": "error", "kind": "memory", "message": "MemoryError", "stack": None})


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":  # as multiprocessing names it in a new interpreter
    sys.meta_path.append(CodeFromArguments())
