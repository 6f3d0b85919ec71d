"""Patterns of the ids of workflows and steps, and of the names of pools.

Apart from the models, so that a check of an id does not import pydantic.
"""

import re

STEP_ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
WORKFLOW_ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
POOL_PATTERN = STEP_ID_PATTERN
HERE = "here"
"""In place of a pool: steps run in the process of their run, as they do without a pool."""


def pool_problem(name: str) -> str | None:
    """Return what is wrong with the name of a pool; None if it is one, or `here`."""
    if re.fullmatch(POOL_PATTERN, name) is not None:
        return None
    return f"{name!r} is not the name of a pool: lower-case letters, digits and _, the first a letter; or {HERE}"
