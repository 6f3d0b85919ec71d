"""Child interpreters that answer calls, pooled by run."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from wftui.model.base import Json
from wftui.model.json.incremental import BIG_TEXT, read_json
from wftui.model.json.writing import encode_pieces
from wftui.runtime.json_values import TooBigError, measure
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext
from wftui.steps.process.child_process import ProcessResult, run_process
from wftui.steps.process.process_mark import ProcessMark
from wftui.steps.text.encodings import not_in_encoding
from wftui.steps.text.log_lines import LineDecoder, LogBatcher, OutputStream

MAX_RESULT = 128 * 1024 * 1024
"""Bytes of JSON that a call may return."""
KEPT_INTERPRETERS = 16
"""Idle ones that a run keeps of each sort."""
_CHILD_PROGRAM = Path(__file__).with_name("child.py")
_READ_SIZE = 262_144
_PATIENCE_SECONDS = 10.0
_TURNS = 4  # of the event loop, in which the data of a pipe reaches the log


class InterpreterEndedError(Exception):
    """The interpreter ended without a response; see `result`."""

    def __init__(self, result: ProcessResult) -> None:
        super().__init__("the interpreter ended")
        self.result = result


class Interpreter:
    """Child interpreter; takes one call at a time."""

    def __init__(self, argv: list[str], cwd: Path, env: Mapping[str, str], encoding: str, run: str) -> None:
        self._encoding = encoding
        self._ours, theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._waiting: list[bytes] = []  # of a line that has not ended
        self._size = 0
        self._context: StepContext | None = None
        self._output = LogBatcher(self._log)
        self._process = asyncio.ensure_future(
            run_process(
                [*argv, "-I", "-u", "-X", "utf8", str(_CHILD_PROGRAM), str(theirs.fileno())],
                cwd=cwd,
                env=env,
                started_for=ProcessMark(run),
                log=self._log,
                drain=self._drain_log,
                batcher=self._output,
                encoding=encoding,
                pass_fds=(theirs.fileno(),),
                on_started=theirs.close,
            )
        )
        # Also when it could not be started: our side then sees the end at once.
        self._process.add_done_callback(lambda _: theirs.close())

    @property
    def alive(self) -> bool:
        """True while it can take another call."""
        return not self._process.done()

    async def call(self, request: Mapping[str, Json], context: StepContext) -> dict[str, Any]:
        """Send a request and return its last event; close it on cancellation.

        Raises:
            InterpreterEndedError: it has crashed or been ended.
            WorkflowError: `output.too_big`, or it could not be started.
        """
        self._context = context
        decoders: dict[OutputStream, LineDecoder] = {
            "stdout": LineDecoder(self._encoding),
            "stderr": LineDecoder(self._encoding),
        }
        batcher = LogBatcher(self._log)
        try:
            async for event in self._events(request):
                match event["event"]:
                    case "print":
                        stream: OutputStream = event["stream"]
                        batcher.add(stream, decoders[stream].feed(event["text"].encode("latin-1")))
                        await context.drain_log()
                    case "progress":
                        context.progress(min(1.0, max(0.0, event["fraction"])), event["message"])
                    case _:
                        for _ in range(_TURNS):
                            await context.drain_log()
                            await asyncio.sleep(0)  # what programs of the code have written by now is read
                        return event
            # Nothing more comes from it; one that left children behind may take its time to be gone.
            await asyncio.wait([self._process], timeout=_PATIENCE_SECONDS)
            if not self._process.done():
                self._process.cancel()
                await asyncio.wait([self._process])
            raise InterpreterEndedError(self._process.result())
        finally:
            for name, decoder in decoders.items():
                batcher.add(name, decoder.feed(b"", final=True))
            batcher.flush()
            self._output.flush()
            for name, decoder in decoders.items():
                if decoder.replaced or name in self._output.replaced:
                    context.log(not_in_encoding(name, self._encoding), "warn")
            self._output.replaced.clear()
            self._context = None

    async def aclose(self) -> None:
        """End the interpreter and its process tree."""
        self._process.cancel()
        self._ours.close()
        await asyncio.gather(self._process, return_exceptions=True)

    async def _events(self, request: Mapping[str, Json]) -> AsyncIterator[dict[str, Any]]:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            await loop.sock_sendall(self._ours, await _encoded(request))
            while data := await loop.sock_recv(self._ours, _READ_SIZE):
                *ends, rest = data.split(b"\n")
                for end in ends:
                    line, size = [*self._waiting, end], self._size + len(end)
                    self._waiting, self._size = [], 0
                    yield _decoded(line) if size < BIG_TEXT else await asyncio.to_thread(_decoded, line)
                self._waiting.append(rest)
                self._size += len(rest)
                await asyncio.sleep(0)  # while there is something to receive, receiving never gives up control
                if self._size > MAX_RESULT:
                    raise WorkflowError("output.too_big", f"The result is larger than {MAX_RESULT:,} bytes of JSON.")

    def _log(self, text: str, stream: OutputStream) -> None:
        # What a program of the code says after its call has ended belongs to nobody.
        if self._context is not None:
            self._context.log(text, "info", stream)

    async def _drain_log(self) -> None:
        if self._context is not None:
            await self._context.drain_log()


async def _encoded(request: Mapping[str, Json]) -> bytes:
    """Return a request as a line; encode large arguments in a thread."""
    try:
        measure(request["args"], BIG_TEXT)
    except TooBigError:
        return await asyncio.to_thread(_encoded_big, request)
    return json.dumps(request).encode("ascii") + b"\n"


def _encoded_big(request: Mapping[str, Json]) -> bytes:
    args = request["args"]
    rest = json.dumps({name: value for name, value in request.items() if name != "args"}).encode("ascii")
    return b"".join([rest[:-1], b', "args": ', *encode_pieces(args), b"}\n"])


def _decoded(line: list[bytes]) -> dict[str, Any]:
    text = "".join([piece.decode("ascii") for piece in line])
    event: dict[str, Any] = read_json(text)
    return event


class Interpreters:
    """Pool of the interpreters of one run."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._idle: dict[Any, list[Interpreter]] = {}

    @contextlib.asynccontextmanager
    async def borrow(
        self, sort: Any, argv: list[str], cwd: Path, env: Mapping[str, str], encoding: str
    ) -> AsyncIterator[Interpreter]:
        """Yield an interpreter for one call; keep it only on success.

        Args:
            sort: what calls must have in common to share one.
            encoding: of what it prints.
        """
        idle = self._idle.setdefault(sort, [])
        while idle and not idle[-1].alive:
            await idle.pop().aclose()
        interpreter = idle.pop() if idle else Interpreter(argv, cwd, env, encoding, self._run)
        try:
            yield interpreter
        except BaseException:
            await interpreter.aclose()
            raise
        if interpreter.alive and len(idle) < KEPT_INTERPRETERS:
            idle.append(interpreter)
        else:
            await interpreter.aclose()

    async def aclose(self) -> None:
        """End idle interpreters."""
        waiting = [interpreter for kept in self._idle.values() for interpreter in kept]
        self._idle.clear()
        await asyncio.gather(*(interpreter.aclose() for interpreter in waiting))
