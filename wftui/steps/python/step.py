"""`python`: run Python code in a child interpreter."""

import ast
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.requirements import is_program
from wftui.steps.api.step_type import StepContext, StepModel, StepSite, StepType
from wftui.steps.files.paths import resolve_path
from wftui.steps.python.call import PythonCall, call_python

_NO_BRACES = (
    'Values do not go into the code: put them into "args" ("args": {"name": "{{ … }}"}) and give main() that parameter.'
)


class PythonInput(StepModel):
    """Input of `python`: exactly one of code and function."""

    code: Annotated[
        str | None, Field(description="Defines main(...), plain or async; what it returns is the output.")
    ] = None
    function: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", description='"module:function", plain or async.'),
    ] = None
    args: Annotated[
        dict[str, Json] | list[Json], Field(description="Arguments: by name (object) or by position (list).")
    ] = Field(default_factory=dict)
    python: Annotated[
        str | None, Field(description="Interpreter to use, as of a virtual environment; absent: that of wftui.")
    ] = None
    env: Annotated[dict[str, str], Field(description="More environment variables.")] = Field(default_factory=dict)
    memory: Annotated[int | None, Field(ge=64, description="Most memory, in MiB of address space.")] = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "PythonInput":
        if (self.code is None) == (self.function is None):
            raise ValueError('give exactly one of "code" and "function"')
        return self


class PythonStep(StepType[PythonInput]):
    """Runs apart from wftui: it can be stopped at any time, and a crash of it harms nobody."""

    word = "python"
    title = "Python"
    description = (
        "Runs code in an interpreter of its own. It defines main(...), which gets the args; what it returns is the "
        "output. print() goes to the log, progress(0.5, 'half') shows how far it is."
    )
    icon = "λ"
    ascii_icon = "p"
    input_model = PythonInput
    example: ClassVar = {"code": "def main(numbers):\n    return sum(numbers)\n", "args": {"numbers": [1, 2, 3]}}
    secret_fields = frozenset({"args", "env"})
    foreign_fields = frozenset({"code"})

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Syntax, a main, and values by args only."""
        problems: list[tuple[str, str]] = []
        if ("code" in literal_input) == ("function" in literal_input):
            problems.append(("", 'Give exactly one of "code" (which defines main) and "function" ("module:name").'))
        code = literal_input.get("code")
        if isinstance(code, str):
            if "{{" in code:
                problems.append(("code", _NO_BRACES))
            elif sentence := _code_problem(code):
                problems.append(("code", sentence))
        return problems

    @classmethod
    def programs(cls, literal_input: Mapping[str, Json], site: StepSite) -> Sequence[str]:
        """The interpreter, where one is named."""
        env = literal_input.get("env", {})
        if not isinstance(env, dict) or "PATH" in env:
            return ()
        python = literal_input.get("python")
        return (python,) if is_program(python) else ()

    async def run(self, input: PythonInput, context: StepContext) -> Json:
        """Call it.

        Raises:
            WorkflowError: `python.exception`, `python.exit`, `python.crash`, `python.memory`, `validation.output`,
                `not_found`.
        """
        if input.function is None and input.code is not None and (sentence := _code_problem(input.code)):
            raise WorkflowError("python.syntax", sentence)
        interpreter = sys.executable
        if input.python is not None:
            named = input.python
            interpreter = str(resolve_path(named, context.working_directory)) if "/" in named else named
        return await call_python(
            PythonCall(
                code=input.code,
                function=input.function,
                args=input.args,
                interpreter=interpreter,
                cwd=context.working_directory,
                modules=context.working_directory,
                env={**context.environment, **input.env},
                memory=input.memory * 1024 * 1024 if input.memory else None,
            ),
            context,
        )


def _code_problem(code: str) -> str | None:
    try:
        tree = ast.parse(code, "<code>")
    except SyntaxError as error:
        return f"Line {error.lineno} of the code: {error.msg}."
    except ValueError as error:
        return f"The code cannot be read: {error}."
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    return None if "main" in names else "The code defines no function main: write `def main(...): ...`."
