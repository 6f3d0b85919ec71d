"""Regions of `recipes.md`: what each recipe takes."""

import json
from pathlib import Path

from making.tables import fields_table

RECIPES = Path(__file__).parents[1] / "recipes"


def recipe(name: str) -> str:
    """The link to a recipe, its inputs and its connections."""
    workflow = json.loads((RECIPES / name / "workflow.json").read_text(encoding="utf-8"))
    lines = [f"[{name}/workflow.json](recipes/{name}/workflow.json)", fields_table("input", workflow["inputSchema"])]
    for connection, need in workflow.get("connections", {}).items():
        lines.append(f"\nConnection `{connection}`, of kind `{need['kind']}`: {need['description']}\n")
    return "\n".join(lines)
