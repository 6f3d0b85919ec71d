"""The workflow that `wftui new ID` writes: small, complete and ready to run."""

import json

_TEMPLATE = """{
  "$schema": "../../workflow.schema.json",
  "format": 1,
  "id": %(id)s,
  "name": %(name)s,
  "description": "Says hello and shows where it ran.",
  "inputSchema": {
    "type": "object",
    "properties": {
      "who": { "type": "string", "title": "Who", "description": "Whom to greet.", "default": "world" }
    }
  },
  "steps": [
    {
      "id": "greet",
      "type": "set",
      "input": { "text": "Hello, {{ inputs.who }}!" }
    },
    {
      "id": "system",
      "type": "shell",
      "input": {
        "script": "printf '%%s\\\\n' \\"$TEXT\\"; uname -srm",
        "env": { "TEXT": "{{ steps.greet.output.text }}" }
      }
    }
  ],
  "outputs": {
    "greeting": "{{ steps.greet.output.text }}",
    "system": "{{ steps.system.output.stdout }}"
  }
}
"""


def new_source(workflow_id: str) -> str:
    """Return the JSON text of a new workflow."""
    name = workflow_id.replace("_", " ").replace("-", " ").capitalize()
    return _TEMPLATE % {"id": json.dumps(workflow_id), "name": json.dumps(name)}
