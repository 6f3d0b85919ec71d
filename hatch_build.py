"""Build hook: ship the example workflows by list, whatever else lies in the checkout's `tables/`."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LIST = Path("wftui", "workspace", "shipped.txt")
FOLDERS = {"wheel": "wftui/workspace/examples", "sdist": "tables"}


class ExamplesHook(BuildHookInterface[Any]):
    """Add each file that `LIST` names to the wheel or the sdist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build; an editable install reads `tables/` itself."""
        if self.target_name == "wheel" and version == "editable":
            return
        root = Path(self.root)
        for name in (root / LIST).read_text(encoding="utf-8").split():
            build_data["force_include"][str(root / "tables" / name)] = f"{FOLDERS[self.target_name]}/{name}"
