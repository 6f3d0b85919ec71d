"""Request bodies: JSON, forms, files, text."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wftui.model.json.writing import encode_pieces
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.files.paths import resolve_path
from wftui.steps.http.input import HttpInput, Scalar
from wftui.steps.http.redirects import FileContent


def query_pairs(query: Mapping[str, Scalar | list[Scalar] | None]) -> list[tuple[str, Scalar | None]]:
    """Return query parameters as pairs: lists repeat the name, null is left out."""
    return [
        (name, _text(item))
        for name, value in query.items()
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    ]


def _text(value: Scalar) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def request_body(step: HttpInput, base: Path, headers: dict[str, str]) -> dict[str, Any]:
    """Return the library's arguments for the body and set its headers; blocking.

    Raises:
        WorkflowError: `file.missing`, `file.path`.
    """
    if "json_" in step.model_fields_set:
        # Not the library's `json`, which takes null for "no body".
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
        return {"content": b"".join(encode_pieces(step.json_))}
    if step.text is not None:
        return {"content": step.text.encode()}
    if step.file is not None:
        path = _readable(step.file, base)
        headers["Content-Length"] = str(path.stat().st_size)
        return {"content": FileContent(path)}
    form: dict[str, Any] = {
        name: [_text(item) for item in value] if isinstance(value, list) else _text(value)
        for name, value in (step.form or {}).items()
    }
    if step.files is not None:
        paths = {name: _readable(path, base) for name, path in step.files.items()}
        return {"data": form, "files": {name: (path.name, path.read_bytes()) for name, path in paths.items()}}
    return {"data": form} if step.form is not None else {}


def _readable(text: str, base: Path) -> Path:
    path = resolve_path(text, base)
    if not path.is_file():
        raise WorkflowError("file.missing", f"The file {text!r} does not exist.")
    return path
