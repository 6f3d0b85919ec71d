"""The shell step: values in, outputs out, exit codes, and what it refuses."""

import asyncio
from collections.abc import Mapping
from typing import Any

import jsonschema
import pydantic
import pytest

from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.shell.step import ShellInput, ShellStep

STEP = ShellStep()


async def test_a_script_gives_its_output(run: Run, context: RecordingContext) -> None:
    assert await run(STEP, {"script": "echo one; echo two >&2"}) == {
        "exitCode": 0,
        "stdout": "one\n",
        "stderr": "two\n",
        "value": "one",
        "outputs": {},
        "truncated": False,
    }
    assert context.lines("stdout") == ["one"]
    assert context.lines("stderr") == ["two"]


async def test_values_arrive_as_environment_not_code(run: Run) -> None:
    output = await run(
        STEP,
        {
            "script": 'printf "%s|%s|%s|%s" "$A" "$B" "$C" "${HOME-gone}"',
            "env": {"A": "$(touch oops); `id`", "B": 3, "C": ["x", True], "HOME": None},
        },
    )
    assert output["stdout"] == '$(touch oops); `id`|3|["x", true]|gone'


async def test_argv_runs_without_a_shell(run: Run) -> None:
    assert (await run(STEP, {"argv": ["printf", "%s-%s", "$HOME", 5]}))["stdout"] == "$HOME-5"


@pytest.mark.parametrize(
    ("parse", "value"), [("text", '["a",\n "b"]'), ("lines", ['["a",', ' "b"]']), ("json", ["a", "b"])]
)
async def test_stdout_is_parsed_by_format(run: Run, parse: str, value: Json) -> None:
    script = 'printf \'["a",\\n "b"]\\n\''
    assert (await run(STEP, {"script": script, "parse": parse}))["value"] == value


async def test_standard_input_is_text_or_json(run: Run) -> None:
    assert (await run(STEP, {"argv": ["cat"], "stdin": "ä\n"}))["stdout"] == "ä\n"
    assert (await run(STEP, {"argv": ["cat"], "stdin": {"a": 1}, "parse": "json"}))["value"] == {"a": 1}


@pytest.mark.parametrize(
    ("script", "outputs"),
    [
        ("echo a=1 >> $WFTUI_OUTPUT; echo 'b= x=y' >> $WFTUI_OUTPUT", {"a": "1", "b": " x=y"}),
        ("printf 'm<<EOT\\nline 1\\nline=2\\nEOT\\nz=3\\n' > $WFTUI_OUTPUT", {"m": "line 1\nline=2", "z": "3"}),
        ('echo \'{"n": 1, "l": [true]}\' > $WFTUI_OUTPUT', {"n": 1, "l": [True]}),
        ("rm $WFTUI_OUTPUT", {}),
        ("printf 'a=1\\r\\nb=x\\fy=2\\n' > $WFTUI_OUTPUT", {"a": "1", "b": "x\fy=2"}),
    ],
)
async def test_outputs_come_from_the_file(run: Run, script: str, outputs: Json) -> None:
    assert (await run(STEP, {"script": script}))["outputs"] == outputs


async def test_script_stops_at_the_first_failure_even_in_a_pipe(run: Run, context: RecordingContext) -> None:
    with pytest.raises(WorkflowError, match="ended with exit code 3: what went wrong") as caught:
        await run(STEP, {"script": "(echo what went wrong >&2; exit 3) | cat\necho never"})
    assert caught.value.type == "exit_code"
    nothing = {"stdout": "", "value": "", "outputs": {}}
    assert caught.value.details == {"exitCode": 3, "stderr": "what went wrong\n", **nothing}
    assert "never" not in context.lines()


async def test_failure_keeps_partial_output(run: Run) -> None:
    script = """echo '{"rows": 3}'; echo 'half=done' >> "$WFTUI_OUTPUT"; echo why >&2; exit 4"""
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"script": script, "parse": "json"})
    details = caught.value.details
    jsonschema.validate(details, dict(STEP.error_details))
    assert details == {
        "exitCode": 4,
        "stdout": '{"rows": 3}\n',
        "stderr": "why\n",
        "value": {"rows": 3},
        "outputs": {"half": "done"},
    }


async def test_partial_output_of_a_failure_is_bounded(run: Run) -> None:
    script = "head -c 900000 /dev/zero | tr '\\0' x; echo '{' > \"$WFTUI_OUTPUT\"; exit 1"
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"script": script, "parse": "json"})
    details = caught.value.details
    assert len(details["stdout"]) == 64 * 1024
    assert details["stdout"].startswith("…")
    assert (details["value"], details["outputs"]) == (None, None)
    jsonschema.validate(details, dict(STEP.error_details))


async def test_other_exit_codes_can_be_expected(run: Run) -> None:
    assert (await run(STEP, {"argv": ["grep", "x", "/dev/null"], "expect": [0, 1]}))["exitCode"] == 1


async def test_progress_lines_become_progress(run: Run, context: RecordingContext) -> None:
    await run(STEP, {"script": "echo '::progress 25% copying' >&2; echo '::progress 0.5'; echo plain"})
    assert sorted(context.fractions) == [(0.25, "copying"), (0.5, None)], "in any order: they come by two pipes"
    assert context.lines() == ["plain"]


async def test_truncation_is_reported(run: Run, context: RecordingContext) -> None:
    output = await run(STEP, {"script": "seq 1 5000", "maxOutput": 1024})
    assert output["truncated"] is True
    assert output["stdout"].startswith("1\n2\n")
    assert output["stdout"].endswith("5000\n")
    assert any("its middle was cut" in line for line in context.lines("log"))
    with pytest.raises(WorkflowError, match="increase maxOutput") as caught:
        await run(STEP, {"script": "seq 1 5000", "maxOutput": 1024, "parse": "lines"})
    assert caught.value.type == "output.truncated"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"script": "echo {", "parse": "json"}, "output.parse"),
        ({"script": "echo NaN", "parse": "json"}, "output.parse"),
        ({"script": "echo nonsense > $WFTUI_OUTPUT"}, "output.file"),
        ({"script": "echo 'a<<END' > $WFTUI_OUTPUT"}, "output.file"),
        ({"script": "printf '\\xff=1' > $WFTUI_OUTPUT"}, "output.file"),
        ({"script": "rm $WFTUI_OUTPUT; mkdir $WFTUI_OUTPUT"}, "output.file"),
        ({"script": "rm $WFTUI_OUTPUT; mkfifo $WFTUI_OUTPUT"}, "output.file"),
        ({"script": "(echo '{\"a\":'; head -c 200000 /dev/zero | tr '\\0' '[') > $WFTUI_OUTPUT"}, "output.file"),
        ({"script": "head -c 200000 /dev/zero | tr '\\0' '['", "parse": "json"}, "output.parse"),
        ({"script": "true", "env": {"A=B": "1"}}, "validation.env"),
        ({"script": "true", "env": {"A": "a\0b"}}, "process.start"),
        ({"script": "true", "cwd": "nowhere"}, "not_found"),
        ({"argv": ["no-such-program"]}, "not_found"),
    ],
)
async def test_failures_have_types(run: Run, values: Mapping[str, Json], kind: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, values)
    assert caught.value.type == kind


async def test_working_directory(run: Run, context: RecordingContext, monkeypatch: pytest.MonkeyPatch) -> None:
    (context.working_directory / "sub").mkdir()
    assert (await run(STEP, {"argv": ["pwd"], "cwd": "sub"}))["value"] == str(context.working_directory / "sub")
    monkeypatch.setenv("HOME", str(context.working_directory / "sub"))
    assert (await run(STEP, {"argv": ["pwd"], "cwd": "~"}))["value"] == str(context.working_directory / "sub")


async def test_undecodable_bytes(run: Run) -> None:
    output = await run(STEP, {"script": r"printf 'a\377\000b\n'", "parse": "lines"})
    assert output["value"] == ["a\ufffd\0b"]


async def test_output_closed_early(run: Run) -> None:
    assert (await run(STEP, {"script": "exec >&- 2>&-; exit 4", "expect": [4]}))["exitCode"] == 4


async def test_cancel_ends_the_script(run: Run, context: RecordingContext) -> None:
    ready = context.wait_for_log("ready")
    task = asyncio.ensure_future(run(STEP, {"script": "echo ready; sleep 600"}))
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("literal", "field"),
    [({"script": "echo {{ inputs.x }}"}, "script"), ({}, ""), ({"script": "x", "argv": ["y"]}, "")],
)
def test_check_covers_rules_beyond_the_schema(literal: dict[str, Any], field: str) -> None:
    assert [found for found, _ in STEP.check(literal)] == [field]
    assert STEP.check({"script": "echo $X", "env": {"X": "{{ inputs.x }}"}}) == []


def test_numeric_text_stays_text() -> None:
    with pytest.raises(pydantic.ValidationError):
        ShellInput.model_validate({"script": "x", "expect": ["0"]})


async def test_output_in_another_encoding(run: Run, context: RecordingContext) -> None:
    script = r"printf 'M\374ller\n5 \244\n'"
    output = await run(STEP, {"script": script, "encoding": "iso8859_15", "parse": "lines"})
    assert output["value"] == ["Müller", "5 €"]
    assert context.lines("stdout") == ["Müller", "5 €"]
    await run(STEP, {"script": script})
    assert 'stdout is not utf-8 text; set "encoding"' in context.lines("log")[-1]
    assert ShellStep.check({"script": "true", "encoding": "klingon"})[0][0] == "encoding"
    with pytest.raises(WorkflowError, match='stdout is not utf-8 text; set "encoding"') as caught:
        await run(STEP, {"script": r"printf '\"M\374ller\"'", "parse": "json"})
    assert caught.value.type == "output.parse"


async def test_a_replacement_character_of_the_program_is_text(run: Run, context: RecordingContext) -> None:
    assert (await run(STEP, {"script": r"printf '\357\277\275'"}))["stdout"] == "\ufffd"
    assert not any("encoding" in line for line in context.lines("log"))


async def test_json_lines(run: Run) -> None:
    script = r"printf '{\"a\": \"x\342\200\250y\"}\n\n[1]\r\n'"
    assert (await run(STEP, {"script": script, "parse": "jsonl"}))["value"] == [{"a": "x\u2028y"}, [1]]
    with pytest.raises(WorkflowError, match="line 2, 'oops'"):
        await run(STEP, {"script": "echo 1; echo oops", "parse": "jsonl"})
