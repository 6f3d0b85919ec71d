"""The `python` step type."""

import ast
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.model.python_source import parse_python
from wftui.model.text.raw_text import literal_text
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.findings import Repair, exactly_one_of, raw_repair
from wftui.steps.api.requirements import is_program
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepSite, StepType
from wftui.steps.files.paths import resolve_path
from wftui.steps.python.call import PythonCall, call_python
from wftui.steps.text.encodings import TextEncoding, encoding_problems

_NO_BRACES = (
    'Do not put values into the code: pass them in "args" ("args": {"name": "{{ … }}"}) '
    "and add the parameter to main(). Write literal braces between {% raw %} and {% endraw %}."
)
_READS_A_NAME = re.compile(r"\{\{\s*(?:inputs|steps|env|run|secrets|connection)\b")


class PythonInput(StepModel):
    """Input of `python`: exactly one of code and function."""

    code: Annotated[
        str | None, Field(description="Code that defines main(...), plain or async; its return value is the output.")
    ] = None
    function: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", description='"module:function", plain or async.'),
    ] = None
    args: Annotated[
        dict[str, Json] | list[Json], Field(description="Arguments: by name (object) or by position (list).")
    ] = Field(default_factory=dict)
    python: Annotated[
        str | None,
        Field(description="Python interpreter, such as one of a virtual environment; default: that of wftui."),
    ] = None
    env: Annotated[dict[str, str], Field(description="Additional environment variables.")] = Field(default_factory=dict)
    encoding: Annotated[
        TextEncoding, Field(description="Encoding of what the code and its programs print, such as latin-1.")
    ] = "utf-8"
    memory: Annotated[int | None, Field(ge=64, description="Memory limit in MiB of address space.")] = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "PythonInput":
        if (self.code is None) == (self.function is None):
            raise ValueError('give exactly one of "code" and "function"')
        return self


class PythonStep(StepType[PythonInput]):
    """Runs code in a child process: it can be stopped, and a crash is contained."""

    word = "python"
    title = "Python"
    description = (
        "Runs code in a child interpreter. It defines main(...), called with args; its return value is the output. "
        "print() writes to the log, progress(0.5, 'half') reports progress, "
        "wftui.fail('stock.empty', 'Nothing is left.') fails with an error of your own."
    )
    icon = "λ"
    ascii_icon = "p"
    search_words = ("code", "script", "function")
    input_model = PythonInput
    field_rules: ClassVar = exactly_one_of("code", "function")
    example: ClassVar = {"code": "def main(numbers):\n    return sum(numbers)\n", "args": {"numbers": [1, 2, 3]}}
    secret_fields = frozenset({"args", "env"})
    path_fields: ClassVar = {"python": "program"}
    foreign_fields = frozenset({"code"})

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check the syntax, `main` and its arguments, and that values are in `args`."""
        problems: list[tuple[str, str]] = []
        if ("code" in literal_input) == ("function" in literal_input):
            problems.append(("", 'Give exactly one of "code" (which defines main) and "function" ("module:name").'))
        code = literal_input.get("code")
        if isinstance(code, str):
            plain = literal_text(code)
            if plain is None:
                problems.append(("code", _NO_BRACES))
            elif sentence := _code_problem(plain):
                problems.append(("code", sentence))
            elif sentence := _arguments_problem(plain, literal_input.get("args", {})):
                problems.append(("args", sentence))
        return [*problems, *encoding_problems(literal_input)]

    @classmethod
    def repairs(cls, literal_input: Mapping[str, Json]) -> Mapping[str, Repair]:
        """Keep braces that are Python, such as those of a nested dict or an f-string."""
        code = literal_input.get("code")
        if not isinstance(code, str) or _code_problem(code) is not None or _READS_A_NAME.search(code):
            return {}
        return raw_repair("code", literal_input, only_foreign=False)

    @classmethod
    def programs(cls, literal_input: Mapping[str, Json], site: StepSite) -> Sequence[str]:
        """The interpreter, where one is named."""
        env = literal_input.get("env", {})
        if not isinstance(env, dict) or "PATH" in env:
            return ()
        python = literal_input.get("python")
        return (python,) if is_program(python) else ()

    async def run(self, input: PythonInput, context: StepContext) -> Json:
        """Call the function.

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
                encoding=input.encoding,
                memory=input.memory * 1024 * 1024 if input.memory else None,
            ),
            context,
        )


def _code_problem(code: str) -> str | None:
    try:
        tree = parse_python(code, "<code>")
    except SyntaxError as error:
        return f"Line {error.lineno} of the code: {error.msg}."
    except (ValueError, RecursionError, MemoryError) as error:
        return f"The code cannot be parsed: {str(error) or 'it is nested too deeply'}."
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    return None if "main" in names else "The code does not define main: add `def main(...): ...`."


def _arguments_problem(code: str, args: Json) -> str | None:
    """Return why `main` cannot take the arguments, as far as the code tells."""
    if not isinstance(args, dict | list):
        return None  # an expression
    tree = parse_python(code, "<code>")
    found = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "main"
    ]
    assigned = any(
        isinstance(node, ast.Name) and (node.id, type(node.ctx)) == ("main", ast.Store) for node in ast.walk(tree)
    )
    if len(found) != 1 or found[0].decorator_list or assigned:
        return None
    positions, names = (args, {}) if isinstance(args, list) else ((), args)
    try:
        _signature(found[0].args).bind(*positions, **names)
    except TypeError as error:
        given = f"{len(positions)} values" if positions else ", ".join(names) or "nothing"
        return f"main cannot be called: {error}; it is main({ast.unparse(found[0].args)}), args has {given}."
    return None


def _signature(args: ast.arguments) -> inspect.Signature:
    kind, unset = inspect.Parameter, inspect.Parameter.empty
    ordered = [*args.posonlyargs, *args.args]
    first_default = len(ordered) - len(args.defaults)
    found = [
        kind(
            each.arg,
            kind.POSITIONAL_ONLY if at < len(args.posonlyargs) else kind.POSITIONAL_OR_KEYWORD,
            default=None if at >= first_default else unset,
        )
        for at, each in enumerate(ordered)
    ]
    if args.vararg is not None:
        found.append(kind(args.vararg.arg, kind.VAR_POSITIONAL))
    for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        found.append(kind(each.arg, kind.KEYWORD_ONLY, default=unset if default is None else None))
    if args.kwarg is not None:
        found.append(kind(args.kwarg.arg, kind.VAR_KEYWORD))
    return inspect.Signature(found)
