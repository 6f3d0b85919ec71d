"""The templates of new workflows: complete and ready to run, or empty."""

import json
from typing import Literal

Template = Literal["empty", "example", "fetch", "files"]

TEMPLATES: dict[Template, str] = {
    "empty": "no steps",
    "fetch": "an HTTP request whose response is written to a file",
    "files": "a step for each file of a folder",
    "example": "a greeting by two steps, with an input and outputs",
}
"""Contents of each template."""

_EMPTY = """{
  "$schema": "../../workflow.schema.json",
  "format": 1,
  "id": %(id)s,
  "name": %(name)s,
  "steps": []
}
"""

_FETCH = """{
  "$schema": "../../workflow.schema.json",
  "format": 1,
  "id": %(id)s,
  "name": %(name)s,
  "inputSchema": {
    "type": "object",
    "properties": {
      "url": { "type": "string", "format": "uri", "title": "URL" },
      "file": { "type": "string", "title": "File", "default": "response.txt" }
    },
    "required": ["url"]
  },
  "steps": [
    {
      "id": "fetch",
      "type": "http",
      "input": { "url": "{{ inputs.url }}", "parse": "text" }
    },
    {
      "id": "write",
      "type": "file",
      "input": { "action": "write", "path": "{{ inputs.file }}", "content": "{{ steps.fetch.output.body }}" }
    }
  ]
}
"""

_FILES = """{
  "$schema": "../../workflow.schema.json",
  "format": 1,
  "id": %(id)s,
  "name": %(name)s,
  "inputSchema": {
    "type": "object",
    "properties": {
      "folder": { "type": "string", "title": "Folder", "default": "." },
      "pattern": { "type": "string", "title": "Pattern", "default": "*" }
    }
  },
  "steps": [
    {
      "id": "list",
      "type": "file",
      "input": { "action": "glob", "path": "{{ inputs.folder }}", "pattern": "{{ inputs.pattern }}" }
    },
    {
      "id": "each",
      "type": "set",
      "forEach": { "in": "steps.list.output.files", "as": "file" },
      "input": { "name": "{{ file.name }}" }
    }
  ],
  "outputs": {
    "names": "{{ steps.each.output }}"
  }
}
"""

_EXAMPLE = """{
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


_TEXTS: dict[Template, str] = {"empty": _EMPTY, "example": _EXAMPLE, "fetch": _FETCH, "files": _FILES}


def new_source(workflow_id: str, template: Template = "example") -> str:
    """Return the JSON text of a new workflow."""
    name = workflow_id.replace("_", " ").replace("-", " ").capitalize()
    return _TEXTS[template] % {"id": json.dumps(workflow_id), "name": json.dumps(name)}
