"""Search for text in runs."""

import re
from typing import Annotated

from wftui.model.base import Field, Timestamp, WireModel


class TextMatch(WireModel):
    """A place at which a run has the text."""

    run_id: str
    workflow_id: str = ""
    seq: Annotated[int, Field(description="Number of the event.")]
    timestamp: Timestamp
    path: Annotated[str | None, Field(description="Address of the step; absent: the run itself.")] = None
    where: Annotated[str, Field(description="log, inputs, input, output, outputs, error, or another field.")]
    text: Annotated[str, Field(description="The line, or what is around the match in a long one.")]


REGEX = "re:"
"""Beginning of a text that is searched for as a regular expression."""


def finder(text: str) -> re.Pattern[str]:
    """Return a pattern that finds a text; case matters only with a capital in it.

    Raises:
        re.error: it is an invalid regular expression; `search_service.check_search` says so before.
    """
    if not text.startswith(REGEX):
        return re.compile(re.escape(text), re.IGNORECASE if text == text.lower() else 0)
    pattern = text.removeprefix(REGEX)
    letters = re.sub(r"\\.", "", pattern)
    return re.compile(pattern, re.MULTILINE | (re.IGNORECASE if letters == letters.lower() else 0))
