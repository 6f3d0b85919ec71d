"""Step types from plain functions: the signature is the schema."""

import inspect
import warnings
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar, get_type_hints

from pydantic import BaseModel, PydanticSchemaGenerationError, TypeAdapter, create_model
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import PydanticSerializationError

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.api.thread_context import ThreadContext
from wftui.steps.api.threads import run_stoppable

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_MARK = "__wftui_step__"
_CONTEXT = "context"


class FunctionStep(StepType[BaseModel]):
    """Base of the step types that `step` makes.

    A plain function runs in a thread, an async one on the event loop.

    A plain function runs in a thread, an async one on the event loop.
    """

    function: ClassVar[Callable[..., Any]]
    takes_context: ClassVar[bool] = False
    returned: ClassVar[TypeAdapter[Any] | None] = None

    async def run(self, input: BaseModel, context: StepContext) -> Json:
        """Call the function with the fields of the input.

        Raises:
            WorkflowError: `validation.output` when what it returns cannot be written as JSON.
        """
        arguments: dict[str, Any] = {name: getattr(input, name) for name in type(input).model_fields}
        function = type(self).function
        if inspect.iscoroutinefunction(function):
            if self.takes_context:
                arguments[_CONTEXT] = context
            result = await function(**arguments)
        else:
            if self.takes_context:
                arguments[_CONTEXT] = ThreadContext(context)
            result = await run_stoppable(lambda: function(**arguments), lambda: None)
        return self._written(result)

    def _written(self, result: Any) -> Json:
        if self.returned is None:
            return result.model_dump(mode="json", by_alias=True) if isinstance(result, BaseModel) else result
        try:
            return self.returned.dump_python(result, mode="json", by_alias=True, warnings=False)
        except PydanticSerializationError as error:
            raise WorkflowError(
                "validation.output", f"{self.word} returned a value that is not JSON: {error}."
            ) from None


def step(
    word: str,
    *,
    title: str | None = None,
    icon: str = "•",
    ascii_icon: str = "*",
    version: str = "1",
    connection_kind: str | None = None,
    secret_fields: Iterable[str] = (),
) -> Callable[[FunctionT], FunctionT]:
    """Make a step type of a function and return the function.

    Its parameters are the fields of the input (`max_rows` is `maxRows` in workflow.json); defaults make them optional,
    `Annotated[int, Field(description=…)]` documents them. A parameter `context` gets the `StepContext`. What it
    returns is the output; the first line of its docstring is the description.

    Raises:
        TypeError: when the signature cannot be a schema.
    """

    def decorate(function: FunctionT) -> FunctionT:
        model, returned, takes_context = _schemas(function, word)
        documentation = inspect.getdoc(function) or ""
        made = type(
            f"{function.__name__}_step",
            (FunctionStep,),
            {
                "__module__": function.__module__,
                "__doc__": documentation or f"The step {word}.",
                "word": word,
                "title": title or function.__name__.replace("_", " ").capitalize(),
                "description": documentation.partition("\n")[0],
                "version": version,
                "icon": icon,
                "ascii_icon": ascii_icon,
                "input_model": model,
                "output_schema": returned.json_schema(mode="serialization") if returned is not None else {},
                "returned": returned,
                "connection_kind": connection_kind,
                "secret_fields": frozenset(secret_fields),
                "function": staticmethod(function),
                "takes_context": takes_context,
            },
        )
        setattr(function, _MARK, made)
        return function

    return decorate


def step_type_of(thing: object) -> type[StepType[Any]] | None:
    """Return the step type of a class or decorated function, or None."""
    if isinstance(thing, type) and issubclass(thing, StepType):
        return thing
    made = getattr(thing, _MARK, None)
    return made if isinstance(made, type) and issubclass(made, StepType) else None


def _schemas(function: Callable[..., Any], word: str) -> tuple[type[BaseModel], TypeAdapter[Any] | None, bool]:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    takes_context = False
    for name, parameter in inspect.signature(function).parameters.items():
        if name == _CONTEXT:
            takes_context = True
        elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise TypeError(f"the parameter {name} of the step {word} must be a plain named parameter")
        elif name not in hints:
            raise TypeError(f"the parameter {name} of the step {word} needs a type hint")
        else:
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[name] = (hints[name], default)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # a parameter may be called as a method of the model is: json, copy
        model = create_model(f"{function.__name__}_input", __base__=StepModel, __module__=function.__module__, **fields)
    returns = hints.get("return", Any)
    if returns in (Any, type(None)):
        return model, None, takes_context
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(returns)
        adapter.json_schema(mode="serialization")
    except (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema) as error:
        raise TypeError(f"the return type of the step {word} is not JSON: {error.message}") from None
    return model, adapter, takes_context
