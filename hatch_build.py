"""Build hooks: the dependencies of the C library at hand, and the shipped examples and pages by list."""

import os
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

LIST = Path("wftui", "workspace", "shipped.txt")
FOLDERS = {"wheel": "wftui/workspace/examples", "sdist": "tables"}
PAGES = Path("wftui", "agents", "pages.txt")
ASKED = os.environ.get("WFTUI_LIBC")
MUSL = ASKED == "musl" or (ASKED is None and "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""))
MUSL_TAG = "py3-none-musllinux_1_2_aarch64.musllinux_1_2_x86_64"
"""Of the wheel for Alpine, which pip prefers there to the one for every machine."""


class Dependencies(MetadataHookInterface):
    """Make the dependencies: musl goes without the packages that have no wheel for it."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called before each build, and by whoever asks for the metadata alone."""
        more = [] if MUSL else self.config["dependencies-with-glibc"]
        metadata["dependencies"] = [*self.config["dependencies"], *more]


class Examples(BuildHookInterface[Any]):
    """Add each file that `LIST` names, whatever else lies in the checkout's `tables/`, and each page of `PAGES`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build; an editable install reads `tables/` and `docs/` itself."""
        if self.target_name == "wheel" and version == "editable":
            return
        root = Path(self.root)
        for name in (root / LIST).read_text(encoding="utf-8").split():
            build_data["force_include"][str(root / "tables" / name)] = f"{FOLDERS[self.target_name]}/{name}"
        if self.target_name == "wheel":
            for name in (root / PAGES).read_text(encoding="utf-8").split():
                build_data["force_include"][str(root / "docs" / name)] = f"wftui/agents/pages/{name}"
        if self.target_name == "wheel" and ASKED == "musl":
            build_data["tag"] = MUSL_TAG
