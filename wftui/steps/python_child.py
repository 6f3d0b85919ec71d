"""What a child interpreter runs for the `python` step: `python -I python_child.py FD`.

Stands alone: only the standard library, and only what Python 3.8 has, since the interpreter may be the user's own. One
JSON object comes in as a line on the file descriptor, events go out as lines; the last one is the result or an error.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import linecache
import math
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

CODE_NAME = "<code>"


class NotJsonError(Exception):
    """A value between steps must be JSON; the message names where it is not."""


def check_json(value: Any, place: str = "result") -> Any:
    """The value with tuples as lists; raises NotJsonError with the place of what is no JSON."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotJsonError(f"{place} is {value}, which is no JSON value")
        return float(value)
    if isinstance(value, dict):
        checked = {}
        for key, inner in value.items():
            if not isinstance(key, str):
                raise NotJsonError(f"{place} has the key {key!r}; keys must be text")
            checked[key] = check_json(inner, f"{place}.{key}")
        return checked
    if isinstance(value, (list, tuple)):
        return [check_json(inner, f"{place}[{index}]") for index, inner in enumerate(value)]
    raise NotJsonError(f"{place} is a {type(value).__name__}, which is no JSON value")


def find_function(request: dict[str, Any], send: Callable[[dict[str, Any]], None]) -> Any:
    """The function to call: `main` of the code, or the named one of a module."""
    if request.get("code") is None:
        module_name, _, name = request["function"].partition(":")
        sys.path.insert(0, request["path"])
        target = importlib.import_module(module_name)
        for part in name.split("."):
            target = getattr(target, part)
        return target
    code = request["code"]
    linecache.cache[CODE_NAME] = (len(code), None, code.splitlines(True), CODE_NAME)

    def progress(fraction: float, message: object = None) -> None:
        """Say how far the step is, from 0 to 1."""
        send({"event": "progress", "fraction": float(fraction), "message": None if message is None else str(message)})

    namespace = {"__name__": "__step__", "__file__": CODE_NAME, "progress": progress}
    exec(compile(code, CODE_NAME, "exec"), namespace)
    if "main" not in namespace:
        raise NameError("the code defines no function main")
    return namespace["main"]


def call(function: Callable[..., Any], args: Any) -> Any:
    """Call with a list as positions or an object as names; awaits what is awaitable."""
    positions, names = (args, {}) if isinstance(args, list) else ((), args)
    inspect.signature(function).bind(*positions, **names)
    result = function(*positions, **names)
    if inspect.isawaitable(result):

        async def wait() -> Any:
            return await result

        result = asyncio.run(wait())
    return result


def own_lines(error: BaseException) -> str:
    """The traceback without the frames of this file."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        trace = link.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        link.__traceback__ = trace
        link = link.__cause__ or link.__context__
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def main() -> None:
    """Read the request, do it, tell the result."""
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    channel = os.fdopen(descriptor, "r+b", buffering=0)

    def send(event: dict[str, Any]) -> None:
        data = memoryview(json.dumps(event, allow_nan=False).encode("ascii") + b"\n")
        while data:
            data = data[channel.write(data) :]

    with os.fdopen(os.dup(descriptor), "rb") as reader:
        request = json.loads(reader.readline())
    if request.get("memory"):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    try:
        function = find_function(request, send)
        event = {"event": "result", "value": check_json(call(function, request["args"]))}
    except NotJsonError as error:
        event = {"event": "error", "kind": "not_json", "message": str(error), "stack": None}
    except BaseException as error:  # noqa: BLE001  (told to the step, whatever it is)
        kind = "memory" if isinstance(error, MemoryError) else "exit" if isinstance(error, SystemExit) else "exception"
        text = str(error)
        event = {
            "event": "error",
            "kind": kind,
            "message": f"{type(error).__name__}: {text}" if text else type(error).__name__,
            "stack": own_lines(error),
        }
    sys.stdout.flush()
    sys.stderr.flush()
    send(event)


if __name__ == "__main__":
    main()
