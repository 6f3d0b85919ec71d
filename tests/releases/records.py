"""The parts of a run's record that depend on the workflow and its inputs alone."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

CHECKSUMS = "checksums.json"
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT[0-9:.]+Z")
_STEP_KEYS = ("status", "input", "output", "skipReason", "handled", "masked")


def without_folder(data: Any, folder: Path) -> Any:
    """Return JSON data with `FOLDER` instead of the folder of the command."""
    return json.loads(json.dumps(data).replace(str(folder), "FOLDER"))


def comparable(record: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a record without ids, times, hashes, wording and order of parallel steps."""
    record = json.loads(_TIME.sub("TIME", json.dumps(without_folder(record, folder))))
    return {
        "workflowId": record["workflowId"],
        "status": record["status"],
        "inputs": record["inputs"],
        "outputs": record.get("outputs"),
        "error": _comparable_error(record.get("error")),
        "warnings": record["warnings"],
        "steps": {step["path"]: _comparable_step(step) for step in record["stepResults"]},
    }


def _comparable_step(step: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: step[key] for key in _STEP_KEYS if key in step},
        "error": _comparable_error(step.get("error")),
        "attempts": len(step["attempts"]),
        "reused": step.get("keptFrom") is not None,
        "iterations": step.get("iterations"),
    }


def _comparable_error(error: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if error is None else {key: error[key] for key in ("type", "path") if key in error}


def checksums(release: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a release's folder except the list of these."""
    return {
        str(path.relative_to(release)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(release.rglob("*"))
        if path.is_file() and path.name != CHECKSUMS and "__pycache__" not in path.parts
    }
