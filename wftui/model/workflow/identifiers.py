"""What may name a workflow or a step. Apart from the models, so that those who only check a name import no pydantic."""

STEP_ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
WORKFLOW_ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
