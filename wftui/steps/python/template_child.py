"""Rendering of Jinja templates in a child interpreter with limited memory."""

from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment


def render(text: str, name: str, values: dict[str, Any], delimiters: list[str], escape: bool) -> dict[str, Any]:
    """Return `{"text": …}`, or `{"error": …, "line": …}` for a wrong template.

    Args:
        delimiters: the signs around a value.
        escape: whether values are escaped for HTML.
    """
    environment = ImmutableSandboxedEnvironment(
        variable_start_string=delimiters[0],
        variable_end_string=delimiters[1],
        undefined=jinja2.StrictUndefined,
        autoescape=escape,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        code = environment.compile(text, name=name, filename=name)
        template = jinja2.Template.from_code(environment, code, environment.make_globals(None))
        return {"text": template.render(values)}
    except jinja2.TemplateSyntaxError as error:
        return {"error": str(error.message), "line": error.lineno}
    except RecursionError as error:
        return {"error": "infinite recursion, or nested too deeply", "line": _line(error, name)}
    except SyntaxError as error:  # of the Python that it becomes
        return {"error": str(error.msg), "line": None}
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        return {"error": str(error) or type(error).__name__, "line": _line(error, name)}


def _line(error: BaseException, name: str) -> int | None:
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
