"""Patterns of the ids of workflows and steps.

Apart from the models, so that a check of an id does not import pydantic.
"""

STEP_ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
WORKFLOW_ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
