"""Report of an unexpected error.

It is bounded: Rich lays out a long message for seconds.
"""

from rich.traceback import Trace, Traceback

_CHAIN = 5
"""Exceptions shown of a chain, the last raised first, and of a group; notes shown of an exception."""
_TEXT = 1000
"""Characters shown of a message, a note or a line of source."""
_DEPTH = 2
"""Levels shown of groups in groups."""


def crash_report() -> Traceback:
    """Return the report of the exception being handled, without local variables."""
    report = Traceback(show_locals=False, width=None)
    _shorten(report.trace, _DEPTH)
    return report


def _shorten(trace: Trace, depth: int) -> None:
    del trace.stacks[_CHAIN:]
    for stack in trace.stacks:
        stack.exc_value = _clip(stack.exc_value)
        stack.notes = [_clip(note) for note in stack.notes[:_CHAIN]]
        if stack.syntax_error is not None:
            stack.syntax_error.line = _clip(stack.syntax_error.line)
            stack.syntax_error.msg = _clip(stack.syntax_error.msg)
            stack.syntax_error.notes = stack.notes
        del stack.exceptions[_CHAIN if depth else 0 :]
        for each in stack.exceptions:
            _shorten(each, depth - 1)


def _clip(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"
