"""Patterns of the ids of workflows and steps, and of the names of pools.

Apart from the models, so that a check of an id does not import pydantic.
"""

STEP_ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
WORKFLOW_ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
POOL_PATTERN = STEP_ID_PATTERN
HERE = "here"
"""In place of a pool: steps run in the process of their run, as they do without a pool."""
