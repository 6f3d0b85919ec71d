"""The `shell` step type."""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.model.json.incremental import BIG_TEXT
from wftui.model.text.raw_text import has_foreign_braces, literal_text
from wftui.runtime.json_values import DETAIL_BYTES, if_small
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.findings import Repair, exactly_one_of, raw_repair
from wftui.steps.api.requirements import is_program
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepSite, StepType
from wftui.steps.files.paths import resolve_path
from wftui.steps.process.child_process import DEFAULT_CAPTURE, Background, ProcessResult, run_process
from wftui.steps.process.process_mark import ProcessMark
from wftui.steps.process.scratch import private_file, scratch_folder
from wftui.steps.shell.output import environment_text, parse_text, read_outputs, stdin_pieces
from wftui.steps.shell.values import values_by_environment
from wftui.steps.text.encodings import TextEncoding, encoding_problems, not_in_encoding
from wftui.steps.text.log_lines import OutputStream
from wftui.steps.text.progress_lines import split_progress

_NO_BRACES = (
    'Do not put values into the script: pass them in "env" ("env": {"NAME": "{{ … }}"}) and use "$NAME" here. '
    "Write literal braces between {% raw %} and {% endraw %}."
)


class ShellInput(StepModel):
    """Input of `shell`."""

    script: Annotated[str | None, Field(description='Shell script. Pass values in "env" and use them as "$NAME".')] = (
        None
    )
    argv: Annotated[
        list[str | int | float] | None,
        Field(min_length=1, description="Program and arguments, run without a shell."),
    ] = None
    shell: Annotated[
        Literal["bash", "sh"] | None,
        Field(description="Shell: bash (with -eo pipefail) or sh (with -e). Default: bash if installed, else sh."),
    ] = None
    programs: Annotated[
        list[Annotated[str, Field(pattern=r"^[^/\s{}]+$")]],
        Field(description="Programs that the script calls: a run does not start where one is not installed."),
    ] = Field(default_factory=list)
    env: Annotated[
        dict[str, Json],
        Field(description="Environment variables; null removes one, lists and objects become JSON."),
    ] = Field(default_factory=dict)
    cwd: Annotated[
        str | None, Field(description="Working directory; relative to the directory wftui was started in.")
    ] = None
    stdin: Annotated[Json, Field(description="Standard input: text as it is, anything else as JSON.")] = None
    parse: Annotated[
        Literal["text", "lines", "json", "jsonl"],
        Field(description="How to parse stdout into `value` of the output; jsonl: one JSON value per line."),
    ] = "text"
    encoding: Annotated[TextEncoding, Field(description="Encoding of stdout and stderr, such as latin-1.")] = "utf-8"
    expect: Annotated[list[int], Field(min_length=1, description="Successful exit codes.")] = Field(
        default_factory=lambda: [0]
    )
    background: Annotated[
        Background,
        Field(description="Processes still running when the program has ended: keep or end them; the log names them."),
    ] = "keep"
    max_output: Annotated[
        int, Field(ge=1024, le=256 * 1024 * 1024, description="Maximum bytes kept of stdout and of stderr.")
    ] = DEFAULT_CAPTURE

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "ShellInput":
        if (self.script is None) == (self.argv is None):
            raise ValueError('give exactly one of "script" and "argv"')
        return self


class ShellOutput(StepModel):
    """Output of `shell`."""

    exit_code: Annotated[int, Field(description="Exit code of the process; 128 + n after signal n.")]
    stdout: Annotated[str, Field(description="Standard output; the middle is cut out beyond maxOutput.")]
    stderr: Annotated[str, Field(description="Standard error; the middle is cut out beyond maxOutput.")]
    value: Annotated[Json, Field(description="Parsed stdout; text without its last newline.")]
    outputs: Annotated[dict[str, Json], Field(description="Values written to the file $WFTUI_OUTPUT.")]
    truncated: Annotated[bool, Field(description="Whether stdout or stderr exceeded maxOutput.")]


class ShellErrorDetails(StepModel):
    """Details of the error `exit_code`."""

    exit_code: Annotated[int, Field(description="Exit code of the process; 128 + n after signal n.")]
    stdout: Annotated[str, Field(description="Last 64 KB of standard output.")]
    stderr: Annotated[str, Field(description="Last 64 KB of standard error.")]
    value: Annotated[Json, Field(description="Parsed stdout; null if it cannot be parsed, or over 64 KB.")]
    outputs: Annotated[
        dict[str, Json] | None, Field(description="Values written to $WFTUI_OUTPUT; null if unreadable, or over 64 KB.")
    ]


class ShellStep(StepType[ShellInput]):
    """Runs a script or program; logs its output, ends its process tree on cancel."""

    word = "shell"
    title = "Shell"
    description = (
        "Runs a script or a program. Its output is logged live; a line `::progress 0.4 text` reports progress; "
        "`name=value` lines (or JSON) written to the file $WFTUI_OUTPUT become `outputs`."
    )
    icon = "$"
    ascii_icon = "$"
    search_words = ("bash", "command", "script", "exec", "terminal", "program")
    input_model = ShellInput
    field_rules: ClassVar = exactly_one_of("script", "argv")
    example: ClassVar = {
        "script": 'echo "hello $NAME"; echo "length=${#NAME}" >> "$WFTUI_OUTPUT"',
        "env": {"NAME": "world"},
    }
    output_schema: ClassVar = ShellOutput.model_json_schema(by_alias=True)
    error_details: ClassVar = ShellErrorDetails.model_json_schema(by_alias=True)
    secret_fields = frozenset({"env", "stdin"})
    visible_fields = frozenset({"argv"})
    foreign_fields = frozenset({"script"})
    path_fields: ClassVar = {"argv.0": "program", "cwd": "machine"}

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check for one of script and argv, and values outside the script."""
        problems: list[tuple[str, str]] = []
        script = literal_input.get("script")
        if isinstance(script, str) and literal_text(script) is None:
            problems.append(("script", _NO_BRACES))
        if ("script" in literal_input) == ("argv" in literal_input):
            problems.append(("", 'Give exactly one of "script" (shell text) and "argv" (a list).'))
        return [*problems, *encoding_problems(literal_input)]

    @classmethod
    def repairs(cls, literal_input: Mapping[str, Json]) -> Mapping[str, Repair]:
        """Move values from the script to the environment, or keep braces as text."""
        script, env = literal_input.get("script"), literal_input.get("env", {})
        if not isinstance(script, str) or literal_text(script) is not None or not isinstance(env, dict):
            return {}
        if has_foreign_braces(script):
            return raw_repair("script", literal_input)
        found = values_by_environment(script, env)
        if found is None:
            return {}
        return {"script": Repair('pass the values in "env"', {"script": found[0], "env": found[1]})}

    @classmethod
    def programs(cls, literal_input: Mapping[str, Json], site: StepSite) -> Sequence[str]:
        """Return the program of `argv`, the given shell, and the listed programs.

        None with a PATH of its own.
        """
        env, argv = literal_input.get("env", {}), literal_input.get("argv")
        if not isinstance(env, dict) or "PATH" in env:
            return ()
        named = [argv[0] if isinstance(argv, list) and argv else None, literal_input.get("shell")]
        listed = literal_input.get("programs")
        return tuple(filter(is_program, [*named, *(listed if isinstance(listed, list) else [])]))

    async def run(self, input: ShellInput, context: StepContext) -> Json:
        """Run the process to its end.

        Raises:
            WorkflowError: `exit_code`, `not_found`, `process.start`, `output.parse`, `output.truncated`.
        """

        def log(text: str, stream: OutputStream) -> None:
            lines, progress = split_progress(text)
            for fraction, message in progress:
                context.progress(fraction, message)
            if lines:
                context.log(lines, "info", stream)

        with scratch_folder() as scratch:
            outputs_file = private_file(scratch / "outputs")
            result = await run_process(
                _argv(input),
                cwd=resolve_path(input.cwd, context.working_directory) if input.cwd else context.working_directory,
                env=_environment(input, context, outputs_file),
                started_for=ProcessMark(context.run_id, context.path, context.attempt),
                log=log,
                drain=context.drain_log,
                stdin=None if input.stdin is None else stdin_pieces(input.stdin),
                capture=input.max_output,
                background=input.background,
                encoding=input.encoding,
            )
            if result.exit_code not in input.expect:
                if result.stdout.total < BIG_TEXT:
                    raise _exit_error(result, input, outputs_file)
                raise await asyncio.to_thread(_exit_error, result, input, outputs_file)
            for name, captured in (("stdout", result.stdout), ("stderr", result.stderr)):
                if captured.total < BIG_TEXT and captured.replaced:
                    context.log(not_in_encoding(name, input.encoding), "warn")
                if captured.truncated:
                    context.log(
                        f"{name} was {captured.total:,} bytes; its middle was cut (maxOutput {input.max_output:,}).",
                        "warn",
                    )
            if result.stdout.total < BIG_TEXT:
                return _output(result, input, outputs_file)
            return await asyncio.to_thread(_output, result, input, outputs_file)


def _output(result: ProcessResult, input: ShellInput, outputs_file: Path) -> Json:
    stdout = result.stdout.text()
    value = parse_text(result.stdout, stdout, input.parse)
    output = ShellOutput(
        exit_code=result.exit_code,
        stdout=stdout,
        stderr=result.stderr.text(),
        value=None,
        outputs=read_outputs(outputs_file),
        truncated=result.stdout.truncated or result.stderr.truncated,
    )
    # The value is put in afterwards: the model would walk through all of it, and hold the interpreter meanwhile.
    return {**output.model_dump(by_alias=True), "value": value}


def _exit_error(result: ProcessResult, input: ShellInput, outputs_file: Path) -> WorkflowError:
    """Return the error `exit_code`, with what the process had produced."""
    detail = result.stderr.last_line() or result.stdout.last_line()
    code = result.exit_code
    how = f"was killed by signal {code - 128}" if 128 < code <= 192 else f"ended with exit code {code}"
    return WorkflowError(
        "exit_code",
        f"The process {how}: {detail}" if detail else f"The process {how}.",
        recoverable=True,
        details={
            "exitCode": code,
            "stdout": result.stdout.ending(DETAIL_BYTES),
            "stderr": result.stderr.ending(DETAIL_BYTES),
            "value": _unless_refused(lambda: parse_text(result.stdout, result.stdout.text(), input.parse)),
            "outputs": _unless_refused(lambda: read_outputs(outputs_file)),
        },
    )


def _unless_refused(read: Callable[[], Json]) -> Json:
    """Return a value of a failed process, or null when it is none or too big."""
    try:
        return if_small(read())
    except WorkflowError:
        return None


def _argv(step: ShellInput) -> list[str]:
    if step.argv is not None:
        return [str(part) for part in step.argv]
    shell = step.shell or ("bash" if shutil.which("bash") else "sh")
    options = ["--noprofile", "--norc", "-eo", "pipefail"] if shell == "bash" else ["-e"]
    return [shell, *options, "-c", step.script or ""]


def _environment(step: ShellInput, context: StepContext, outputs_file: Path) -> dict[str, str]:
    environment = {**context.environment, "WFTUI_OUTPUT": str(outputs_file)}
    for name, value in step.env.items():
        if not name or "=" in name or "\0" in name:
            raise WorkflowError("validation.env", f"{name!r} is not a valid name for an environment variable.")
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = environment_text(value)
    return environment
