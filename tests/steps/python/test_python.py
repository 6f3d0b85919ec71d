"""The python step in real child interpreters."""

import asyncio
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers import lives

from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.python.step import PythonStep

STEP = PythonStep()


@pytest.mark.parametrize(
    ("code", "args", "result"),
    [
        ("def main(a, b=2): return {'sum': a + b, 't': (1, None)}", {"a": 1}, {"sum": 3, "t": [1, None]}),
        ("def main(*values): return sorted(values)", [3, 1, 2], [1, 2, 3]),
        ("async def main():\n    import asyncio\n    await asyncio.sleep(0)\n    return 'async'", {}, "async"),
        ("main = lambda text: text * 2", {"text": "ä😀"}, "ä😀ä😀"),
        ("def main(): pass", {}, None),
        ("def main(): return 'x' * 3_000_000", {}, "x" * 3_000_000),
    ],
    ids=["names", "positions", "async", "unicode", "none", "big"],
)
async def test_main_gets_args_and_returns_the_output(run: Run, code: str, args: Json, result: Json) -> None:
    assert await run(STEP, {"code": code, "args": args}) == result


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (
            "from __future__ import annotations\nfrom dataclasses import asdict, dataclass\n\n"
            "@dataclass\nclass Point:\n    x: int\n    y: int = 2\n\ndef main():\n    return asdict(Point(1))\n",
            {"x": 1, "y": 2},
        ),
        (
            "import pickle\nclass Box:\n    pass\ndef main():\n    box = Box()\n    box.a = 1\n"
            "    return pickle.loads(pickle.dumps(box)).a\n",
            1,
        ),
        (
            "from __future__ import annotations\nimport typing\nclass Node:\n    next: Node\n"
            "def main():\n    return typing.get_type_hints(Node)['next'] is Node\n",
            True,
        ),
        (
            "import enum, typing\nColor = enum.Enum('Color', 'RED')\nPair = typing.NamedTuple('Pair', [('a', int)])\n"
            "import pickle\ndef main():\n"
            "    return [pickle.loads(pickle.dumps(x)) == x for x in (Color.RED, Pair(1))]\n",
            [True, True],
        ),
        (
            "import inspect, sys\ndef helper():\n    return 1\n"
            "def main():\n    return [sys.modules[__name__].helper(), 'return 1' in inspect.getsource(helper)]\n",
            [1, True],
        ),
    ],
    ids=["dataclass", "pickle", "type hints", "enum and tuple", "module"],
)
async def test_the_code_is_a_module(run: Run, code: str, result: Json) -> None:
    assert [await run(STEP, {"code": code}) for _ in range(2)] == [result, result]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
async def test_processes_of_the_code_have_its_module(run: Run, method: str) -> None:
    code = f"""
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

@dataclass
class Point:
    x: int

def double(point):
    progress(0.5)
    return Point(point.x * 2)

def main():
    context = multiprocessing.get_context({method!r})
    words = list(sys.argv)
    with context.Pool(1) as pool:
        first = [each.x for each in pool.map(double, [Point(1), Point(2)])]
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        second = [each.x for each in executor.map(double, [Point(3)])]
    return [first, second, words == sys.argv]
"""
    assert await run(STEP, {"code": code}) == [[2, 4], [6], True]


async def test_calls_leave_no_finder_behind(run: Run) -> None:
    code = "import os, sys\ndef main():\n    return [os.getpid(), len(sys.meta_path)]\n"
    assert await run(STEP, {"code": code}) == await run(STEP, {"code": code})


async def test_prints_are_logs_and_progress_is_progress(run: Run, context: RecordingContext) -> None:
    code = """
import sys
def main():
    print("out")
    print("err", file=sys.stderr)
    progress(0.25)
    progress(2, "done")
"""
    await run(STEP, {"code": code})
    assert context.lines("stdout") == ["out"]
    assert context.lines("stderr") == ["err"]
    assert context.fractions == [(0.25, None), (1.0, "done")]


@pytest.mark.parametrize("imported", ["", "import wftui", "from wftui import fail\nclass wftui: fail = fail"])
async def test_code_raises_its_own_error_type(run: Run, imported: str) -> None:
    body = "def main(left):\n    if not left:\n        wftui.fail('stock.empty', 'Nothing is left.', {'left': left})\n"
    code = f"{imported}\n{body}"
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"code": code, "args": {"left": 0}})
    error = caught.value
    assert (error.type, error.message, error.details) == ("stock.empty", "Nothing is left.", {"left": 0})
    assert ", in main\n" in (error.stack or "")
    assert "child.py" not in (error.stack or "")


@pytest.mark.parametrize(
    ("call", "kind", "sentence"),
    [
        ("wftui.fail('http.5xx', 'x')", "validation.error_type", "Error types that begin with 'http' are raised by"),
        ("wftui.fail('timeout', 'x')", "validation.error_type", "such as stock.empty, not 'timeout'"),
        ("wftui.fail('empty', 'x')", "validation.error_type", "such as stock.empty, not 'empty'"),
        ("wftui.fail('stock.empty', 'x', {1})", "python.exception", "fail() are not JSON: details is a set, which"),
        ("wftui.fail('a.b', 'x', {'a': {1: 2}})", "python.exception", "are not JSON: details.a has the key 1"),
        ("wftui.fail('stock.empty')", "python.exception", "missing 1 required positional argument: 'message'"),
    ],
)
@pytest.mark.parametrize("imported", ["import wftui\n", ""])
async def test_reserved_error_types_are_refused(run: Run, imported: str, call: str, kind: str, sentence: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"code": f"{imported}def main():\n    {call}\n"})
    assert caught.value.type == kind
    assert sentence in caught.value.message


async def test_module_raises_its_own_error_type(run: Run, context: RecordingContext) -> None:
    module = context.working_directory / "shop_stock.py"
    module.write_text("import wftui\ndef take():\n    wftui.fail('stock.empty', 'Nothing is left.')\n")
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"function": "shop_stock:take"})
    assert caught.value.type == "stock.empty"


async def test_a_traceback_shows_the_users_lines_only(run: Run) -> None:
    code = "def helper(x):\n    return 1 / x\n\ndef main(x):\n    return helper(x)\n"
    with pytest.raises(WorkflowError, match="ZeroDivisionError: division by zero") as caught:
        await run(STEP, {"code": code, "args": {"x": 0}})
    assert caught.value.type == "python.exception"
    stack = caught.value.stack or ""
    assert 'File "<code>", line 5, in main\n    return helper(x)' in stack
    assert 'File "<code>", line 2, in helper\n    return 1 / x' in stack
    assert "child.py" not in stack


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        ("def main(): return {'a': [1, {2}]}", "validation.output", r"result\.a\[1\] is a set"),
        ("def main(): return float('nan')", "validation.output", "nan"),
        ("def main(): return {1: 2}", "validation.output", "key 1"),
        ("def main():\n  import os\n  os._exit(3)", "python.crash", "exit code 3"),
        ("def main():\n  import os\n  os.kill(os.getpid(), 11)", "python.crash", "SIGSEGV"),
        ("def main():\n  raise SystemExit(2)", "python.exit", "SystemExit: 2"),
        ("def main():\n  x = []\n  x.append(x)\n  return x", "validation.output", "more than 190 levels deep"),
        ("def main(): return 10 ** 5000", "validation.output", "more than 3,900 digits"),
        ("class E(Exception):\n  def __str__(self): return 1\ndef main(): raise E", "python.exception", "E: .its text"),
        ("def main(): progress('x')", "python.exception", "could not convert"),
        ("def main(): progress(float('nan'))", "python.exception", "a number from 0 to 1"),
        ("def main(): return input()", "python.exception", "EOFError"),
        ("def main(x): pass", "python.exception", "missing a required argument: 'x'"),
        ("import no_such_module_here\ndef main(): pass", "python.exception", "ModuleNotFoundError"),
        ("def main(:", "python.syntax", "Line 1"),
        ("x = 1", "python.syntax", "does not define .*main"),
        ("if 0:\n  def main(): pass", "python.exception", "does not define .*main"),
    ],
)
async def test_failures_have_types(run: Run, code: str, kind: str, sentence: str) -> None:
    with pytest.raises(WorkflowError, match=sentence) as caught:
        await run(STEP, {"code": code})
    assert caught.value.type == kind


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("async def main():\n    raise ValueError('x')\n", ["line 2, in main", "    raise ValueError('x')"]),
        ("def main():\n    progress('x')\n", ["line 2, in main", "    progress('x')"]),
        ("def main(x): pass\n", []),
    ],
    ids=["async", "progress", "arguments"],
)
async def test_traceback_has_only_user_frames(run: Run, code: str, shown: list[str]) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"code": code})
    stack = caught.value.stack or ""
    assert [name for name in shown if name not in stack] == []
    assert stack.count('File "') == stack.count('File "<code>"')


async def test_code_that_redirects_its_output_still_returns(run: Run, context: RecordingContext) -> None:
    for what in ("sys.stdout = None", "sys.stdout.close()", "os.close(1)"):
        assert await run(STEP, {"code": f"import os, sys\ndef main():\n    {what}\n    return 1"}) == 1
    code = """
import sys, threading
def main():
    def talk(number):
        for _ in range(50):
            print(str(number) * 2000, file=sys.stdout if number % 2 else sys.stderr)
    threads = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""
    await run(STEP, {"code": code})
    assert sum(len(line) for line in context.lines()) == 4 * 50 * 2000


async def test_only_the_interpreter_itself_answers(run: Run) -> None:
    forking = "import os\ndef main():\n    os.fork()\n    return os.getpid()"
    assert await run(STEP, {"code": forking}) != await run(STEP, {"code": forking.replace("os.fork()", "pass")})
    first = await run(STEP, {"code": forking})
    assert [await run(STEP, {"code": forking}) for _ in range(3)] == [first] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="address space limits are kept on Linux only")
async def test_memory_is_limited(run: Run) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"code": "def main(): return len(bytearray(400 * 1024 * 1024))", "memory": 200})
    assert caught.value.type == "python.memory"


async def test_a_function_of_a_module(run: Run, context: RecordingContext) -> None:
    module = context.working_directory / "my_steps.py"
    module.write_text(
        "import os\nclass Tools:\n    @staticmethod\n    async def up(text): return text.upper(), os.environ['MORE']\n"
    )
    values = {"function": "my_steps:Tools.up", "args": {"text": "a"}, "env": {"MORE": "1"}}
    assert await run(STEP, values) == ["A", "1"]
    with pytest.raises(WorkflowError, match="AttributeError"):
        await run(STEP, {"function": "my_steps:nothing"})


async def test_another_interpreter(run: Run, context: RecordingContext, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    values = {"code": "import sys\ndef main(): return sys.prefix", "python": "env/bin/python"}
    assert await run(STEP, values) == str(tmp_path / "env")
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"code": "def main(): pass", "python": "no-python-here"})
    assert caught.value.type == "not_found"


async def test_cancel_ends_busy_code(run: Run, context: RecordingContext) -> None:
    ready = context.wait_for_log("pid")
    code = "import os\ndef main():\n    print('pid', os.getpid())\n    while True: pass"
    task = asyncio.ensure_future(run(STEP, {"code": code}))
    await ready.wait()
    pid = int(context.lines()[0].split()[1])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not lives(pid)


COUNTING = """
import os, sys
sys.calls = getattr(sys, "calls", 0) + 1
def main(what):
    os.environ["LEFT"] = "behind"
    os.chdir("/")
    print("call", sys.calls)
    if what == "crash":
        os._exit(1)
    if what == "fail":
        raise ValueError(what)
    return [os.getpid(), sys.calls, "counter" in globals()]
counter = 1
"""


async def test_calls_of_one_run_share_an_interpreter(run: Run, context: RecordingContext) -> None:
    first, second = [await run(STEP, {"code": COUNTING, "args": {"what": "go"}}) for _ in range(2)]
    assert (first[0], first[1], second[1]) == (second[0], 1, 2)
    with pytest.raises(WorkflowError, match="ValueError: fail"):
        await run(STEP, {"code": COUNTING, "args": {"what": "fail"}})
    assert (await run(STEP, {"code": COUNTING, "args": {"what": "go"}}))[:2] == [first[0], 4]
    assert context.lines("stdout") == ["call 1", "call 2", "call 3", "call 4"]
    with pytest.raises(WorkflowError, match="exit code 1"):
        await run(STEP, {"code": COUNTING, "args": {"what": "crash"}})
    assert (await run(STEP, {"code": COUNTING, "args": {"what": "go"}}))[1] == 1, "a crashed one is replaced"


async def test_calls_leave_only_modules(run: Run, context: RecordingContext) -> None:
    code = "import os\ndef main(): return [os.environ.get('LEFT'), os.getcwd(), os.environ['WFTUI_STEP']]"
    # The same sort of call, so that the interpreter is the same: only the code decides.
    dirty = code + "\nif os.environ['WFTUI_STEP'] == 'a':\n    os.environ['LEFT'] = 'x'\n    os.chdir('/')"
    context.environment["WFTUI_STEP"] = "a"
    assert (await run(STEP, {"code": dirty}))[2] == "a"
    context.environment["WFTUI_STEP"] = "b"
    assert await run(STEP, {"code": dirty}) == [None, str(context.working_directory), "b"]


async def test_concurrent_calls_have_separate_interpreters(run: Run) -> None:
    results = await asyncio.gather(*(run(STEP, {"code": COUNTING, "args": {"what": "go"}}) for _ in range(3)))
    assert len({pid for pid, _, _ in results}) == 3


async def test_subprocess_output_is_logged(run: Run, context: RecordingContext) -> None:
    code = "import subprocess\ndef main():\n    subprocess.run(['sh', '-c', 'echo from sh; sleep 0.2'])"
    await run(STEP, {"code": code})
    assert context.lines() == ["from sh"]


@pytest.mark.parametrize(
    ("literal", "field"),
    [
        ({"code": "def main(): return {{ inputs.x }}"}, "code"),
        ({"code": "def other(): pass"}, "code"),
        ({"code": "def main(:"}, "code"),
        ({}, ""),
        ({"code": "def main(): pass", "function": "a:b"}, ""),
    ],
)
def test_check_covers_rules_beyond_the_schema(literal: Mapping[str, Any], field: str) -> None:
    assert [found for found, _ in STEP.check(literal)] == [field]
    assert STEP.check({"code": "from x import main"}) == []


PRINTS = "import sys\ndef main():\n    print('Müller', flush=True)\n    sys.stdout.buffer.write(b'M\\xfcller\\n')\n"


async def test_printed_bytes_that_are_not_text_are_reported(run: Run, context: RecordingContext) -> None:
    await run(STEP, {"code": PRINTS})
    assert any('stdout is not utf-8 text; set "encoding"' in line for line in context.lines())


async def test_printed_bytes_are_read_in_the_named_encoding(run: Run, context: RecordingContext) -> None:
    await run(STEP, {"code": PRINTS, "encoding": "latin-1"})
    assert "".join(context.lines()).count("Müller") == 2


def test_an_unknown_encoding_is_a_mistake() -> None:
    assert [field for field, _ in STEP.check({"code": PRINTS, "encoding": "klingon"})] == ["encoding"]


async def test_output_of_a_program_at_the_end_of_a_call_is_logged(run: Run, context: RecordingContext) -> None:
    code = "import subprocess\ndef main(word):\n    subprocess.run(['echo', word])"
    for word in ("one", "two"):
        await run(STEP, {"code": code, "args": {"word": word}})
    assert [line for line in context.lines() if line in ("one", "two")] == ["one", "two"]


async def test_bytes_of_a_program_that_are_not_text_are_reported_in_each_call(
    run: Run, context: RecordingContext
) -> None:
    code = "import os\ndef main(data):\n    os.write(1, data.encode('latin-1'))"
    for data in ("M\xfcller\n", "Miller\n", "M\xfcller\n"):
        await run(STEP, {"code": code, "args": {"data": data}})
    assert sum("stdout is not utf-8 text" in line for line in context.lines()) == 2
