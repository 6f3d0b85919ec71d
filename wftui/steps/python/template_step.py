"""The `template` step type."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

import wftui
from wftui.model.base import Json
from wftui.model.text.raw_text import literal_text
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.findings import Repair, exactly_one_of, raw_repair
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.files.paths import replacing, resolve_path
from wftui.steps.python.call import PythonCall, call_python

MEMORY_BYTES = 512 * 1024 * 1024
"""Memory limit of the rendering interpreter: a template can ask for any amount."""
RENDER_SECONDS = 60.0
"""A template that takes longer has no end in sight."""
MAX_TEMPLATE = 4 * 1024 * 1024
_IN_TEXT = ["[[", "]]"]
_IN_FILE = ["{{", "}}"]
_NO_BRACES = (
    "{{ }} is evaluated before the step runs; use [[ name ]] here, or keep the template in a file. "
    "Write literal braces between {% raw %} and {% endraw %}."
)


class TemplateInput(StepModel):
    """Input of `template`: exactly one of template and file."""

    template: Annotated[
        str | None, Field(description="Jinja text with [[ name ]] for values and {% for … %} for statements.")
    ] = None
    file: Annotated[str | None, Field(description="Path of a Jinja file, with {{ name }} for values.")] = None
    values: Annotated[dict[str, Json], Field(description="Variables of the template, by name.")] = Field(
        default_factory=dict
    )
    escape: Annotated[bool, Field(description="Escape values for HTML.")] = False
    to: Annotated[str | None, Field(min_length=1, description="Path of a file to write the text to.")] = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "TemplateInput":
        if (self.template is None) == (self.file is None):
            raise ValueError('give exactly one of "template" and "file"')
        return self


class TemplateStep(StepType[TemplateInput]):
    """Renders in a child process, in Jinja's sandbox, with limited memory."""

    word = "template"
    title = "Template"
    description = "Renders a Jinja template: a report, a message, a page."
    icon = "¶"
    ascii_icon = "t"
    search_words = ("jinja", "text", "html", "markdown", "report", "render")
    input_model = TemplateInput
    field_rules: ClassVar = exactly_one_of("template", "file")
    example: ClassVar = {"template": "{% for row in rows %}- [[ row ]]\n{% endfor %}", "values": {"rows": ["a", "b"]}}
    foreign_fields = frozenset({"template"})
    raw_fields = frozenset({"template"})
    path_fields: ClassVar = {"file": "file", "to": "file"}
    output_schema: ClassVar = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "Rendered text."},
            "file": {"type": ["string", "null"], "description": "File written, with `to`."},
        },
        "required": ["text", "file"],
        "additionalProperties": False,
    }

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check for one source, and braces that clash with expressions."""
        problems: list[tuple[str, str]] = []
        text = literal_input.get("template")
        if isinstance(text, str) and literal_text(text) is None:
            problems.append(("template", _NO_BRACES))
        if ("template" in literal_input) == ("file" in literal_input):
            problems.append(("", 'Give exactly one of "template" (the text) and "file" (its path).'))
        return problems

    @classmethod
    def repairs(cls, literal_input: Mapping[str, Json]) -> Mapping[str, Repair]:
        """Keep braces as text."""
        return raw_repair("template", literal_input)

    async def run(self, input: TemplateInput, context: StepContext) -> Json:
        """Render the template.

        Raises:
            WorkflowError: `template.error` with the line in the template, `template.limit`, `file.missing`.
        """
        if input.file is not None:
            path = resolve_path(input.file, context.working_directory)
            text, name, delimiters = await asyncio.to_thread(_read, path), input.file, _IN_FILE
        else:
            text, name, delimiters = input.template or "", "<template>", _IN_TEXT
        call = PythonCall(
            code=None,
            function="wftui.steps.python.template_child:render",
            args=[text, name, input.values, delimiters, input.escape],
            interpreter=sys.executable,
            cwd=context.working_directory,
            modules=Path(wftui.__file__).parents[1],
            env=context.environment,
            memory=MEMORY_BYTES,
        )
        try:
            async with asyncio.timeout(RENDER_SECONDS):
                result = await call_python(call, context)
        except TimeoutError:
            raise WorkflowError("template.limit", f"The template takes longer than {RENDER_SECONDS:g} s.") from None
        except WorkflowError as error:
            if error.type not in ("python.memory", "output.too_big"):
                raise
            raise WorkflowError(
                "template.limit", "The template needs too much memory, or its text is too long."
            ) from None
        if "error" in result:
            where = f"Line {result['line']} of the template" if result["line"] else "The template"
            raise WorkflowError("template.error", f"{where}: {result['error'].rstrip('.')}.")
        written = resolve_path(input.to, context.working_directory) if input.to else None
        if written is not None:
            await asyncio.to_thread(_write, written, result["text"])
        return {"text": result["text"], "file": str(written) if written else None}


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_TEMPLATE:
            raise WorkflowError("template.error", f"{str(path)!r} is larger than {MAX_TEMPLATE:,} bytes.")
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise WorkflowError("file.format", f"{str(path)!r} is not UTF-8 text.") from None
    except OSError as error:
        raise WorkflowError("file.missing", f"{str(path)!r} cannot be read: {error.strerror or error}.") from None


def _write(path: Path, text: str) -> None:
    try:
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise WorkflowError("file.write", f"{str(path)!r} cannot be written: {error.strerror or error}.") from None
